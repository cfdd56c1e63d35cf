/** Opens the listener and the files behind it: the certificate and the webhook's secrets, both followed as they change. */
import type { Hono } from "hono";
import type { AuthSettings } from "../intake/auth.ts";
import type { Secrets } from "../intake/secrets.ts";
import { followSecretFile } from "../intake/secrets.ts";
import type { Logger } from "../reporting/log.ts";
import { errorText } from "../reporting/log.ts";
import type { ListenOptions, RunningServer } from "./server.ts";
import { listen } from "./server.ts";
import type { TlsFiles, TlsPair } from "./tls.ts";
import { followTls, loadTlsPair, validUntil } from "./tls.ts";

export interface OpenOptions extends Omit<ListenOptions, "tls"> {
  /** Absent: plain HTTP. */
  files: TlsFiles | undefined;
  log: Logger;
  /** Ends the following of the certificate, not the listener. */
  signal: AbortSignal;
}

/** Listens; rejects with what to change when it cannot. A certificate that is renewed takes effect without a restart. */
export async function openServer(app: Hono, { files, log, signal, ...options }: OpenOptions): Promise<RunningServer> {
  const first = files === undefined ? undefined : await loadTlsPair(files);
  const server = await listen(app, first === undefined ? options : { ...options, tls: first }).catch(
    (error: unknown) => {
      const { port } = options.address;
      throw new Error(`cannot listen on port ${port}; choose another one with --addr`, { cause: error });
    },
  );
  if (files === undefined || first === undefined) return server;
  const onPair = (pair: TlsPair): void => {
    server.renew(pair);
    log.info({ validUntil: validUntil(pair) }, "the certificate was renewed");
  };
  const onTrouble = (error: unknown): void =>
    log.error({ error: errorText(error) }, "the new certificate cannot be used; the old one stays");
  followTls({ files, first, signal, onPair, onTrouble });
  return server;
}

/** The webhook's secrets as their file has them now; undefined where no file holds them. */
export function followSecrets(auth: AuthSettings, log: Logger, now: () => number): Secrets | undefined {
  if (auth.method === "none" || auth.file === undefined) return undefined;
  const { file: path, secrets: first } = auth;
  return followSecretFile({
    path,
    first,
    now,
    onTrouble: (reason) => log.error({ file: path, reason }, "the file of secrets cannot be used; the old ones hold"),
    onChange: (count) => log.info({ file: path, count }, "the file of secrets was read again"),
  });
}
