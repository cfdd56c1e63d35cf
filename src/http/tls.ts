/** The server's certificate and key: read at the start, and again when the files change, without a restart. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { filesSignature } from "../intake/file-signature.ts";
import { fileErrorReason } from "../kube/file-errors.ts";

export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

/** PEM. */
export interface TlsPair {
  cert: string;
  key: string;
}

/** TLS 1.0 and 1.1 are deprecated by RFC 8996. */
export const MIN_TLS_VERSION = "TLSv1.2";

/** The pair of the files, proved to belong together. Rejects with words that name the files and show none of the key. */
export async function loadTlsPair({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  const [cert, key] = await Promise.all([read(certFile, "certificate"), read(keyFile, "key")]);
  try {
    createSecureContext({ cert, key, minVersion: MIN_TLS_VERSION });
  } catch (error) {
    const reason = error instanceof Error && "reason" in error ? error.reason : "they cannot be read as PEM";
    throw new Error(`certificate ${certFile} and key ${keyFile} cannot be used together: ${String(reason)}`);
  }
  return { cert, key };
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${what} ${path}: ${fileErrorReason(error)}`);
  }
}

/** When the first certificate of the pair stops being valid, as it says itself; for the log. */
export function validUntil({ cert }: TlsPair): string {
  return new X509Certificate(cert).validTo;
}

export interface FollowTls {
  files: TlsFiles;
  /** The pair in use. */
  first: TlsPair;
  signal: AbortSignal;
  onPair: (pair: TlsPair) => void;
  /** Told once for each state of the files that cannot be used; the old pair goes on. */
  onTrouble: (error: unknown) => void;
  /** Milliseconds between two looks. Default 1000. */
  everyMs?: number;
}

/** Looks at the files every second until the signal. A pair that is exchanged one file at a time is taken when it fits. */
export function followTls({ files, first, signal, onPair, onTrouble, everyMs = 1000 }: FollowTls): void {
  const paths = [files.certFile, files.keyFile];
  let seen: string | undefined;
  let held = first.cert + first.key;
  let looking = false;
  const look = async (): Promise<void> => {
    const signature = await filesSignature(paths);
    if (signature === seen) return;
    try {
      const pair = await loadTlsPair(files);
      if (pair.cert + pair.key !== held) onPair(pair);
      held = pair.cert + pair.key;
    } catch (error) {
      // Exchanged while it was read: the next look meets it whole.
      if ((await filesSignature(paths)) !== signature) return;
      onTrouble(error);
    }
    seen = signature;
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, everyMs);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
