/** `operarius serve`, the built program, under the identity that deploy/kustomize gives it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { end, isAlive, launch, tailOf } from "../../scripts/cluster/processes.ts";
import { until } from "../support/until.ts";
import type { SenderAuth } from "./monitoring/config.ts";

export interface ServerOptions {
  /** The bundled program. */
  entry: string;
  /** Of its ServiceAccount. */
  kubeconfig: string;
  method: SenderAuth["method"];
  flags: readonly string[];
  /** Existing folder for its log and the secrets' files. */
  directory: string;
  note: (started: OwnProcess) => void;
}

/** A line of its log. */
export interface LogLine {
  level: string;
  time: string;
  msg: string;
  [field: string]: unknown;
}

export interface RunningServer {
  url: string;
  /** What a sender has to be told. */
  auth: SenderAuth;
  /** All it has logged so far. */
  log(): LogLine[];
  logFile: string;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
}

const common = ["--pace", "fast", "--addr", "127.0.0.1:0"];
const user = "alertmanager";
const secret = "pass:word with 'quotes' and ü";

/** Starts it; resolves when it is ready to receive. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { entry, kubeconfig, method, flags, directory } = options;
  const name = `operarius-serve-${method}`;
  const logFile = join(directory, `${name}.log`);
  const secretFile = join(directory, `${name}.secret`);
  // A bearer token goes into a header as it is; a password is encoded and may be anything.
  writeFileSync(secretFile, method === "bearer" ? "tOken-9f3b.7c1~e+/=" : secret, { mode: 0o600 });
  const auth: SenderAuth =
    method === "none"
      ? { method }
      : method === "basic"
        ? { method, user, passwordFile: secretFile }
        : { method, tokenFile: secretFile };
  const authFlags = {
    none: [],
    basic: ["--authBasicUser", user, "--authBasicPassFile", secretFile],
    bearer: ["--authBearerTokenFile", secretFile],
  }[method];
  const started = await launch({
    name,
    file: process.execPath,
    args: [entry, "serve", ...common, "--kubeconfig", kubeconfig, "--authMethod", method, ...authFlags, ...flags],
    env: {},
    logFile,
  });
  options.note(started);
  const log = (): LogLine[] => linesOf(logFile);
  const port = await until("the server to listen", () => {
    if (!isAlive(started)) throw new Error(`operarius serve ended by itself:\n${tailOf(logFile, 8)}`);
    return log().find(({ msg }) => msg === "listening")?.port as number | undefined;
  });
  const url = `http://127.0.0.1:${port}`;
  await until("the server to be ready", async () => (await fetch(`${url}/readiness`)).ok, {
    seen: () => tailOf(logFile, 3),
  });
  return { url, auth, log, logFile, stop: () => end([started]) };
}

function linesOf(file: string): LogLine[] {
  const text = readFileSync(file, "utf8");
  // The last piece is empty, or a line that is still being written.
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
}
