/** Credentials of a pod: the mounted ServiceAccount token and CA, and the service variables of the API server. */
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Credentials } from "./authentication.ts";
import { CredentialsError } from "./authentication.ts";
import { cacheAuthentication } from "./authentication-cache.ts";
import { fileErrorReason } from "./file-errors.ts";

export interface InClusterOptions {
  /** KUBERNETES_SERVICE_HOST */
  host: string;
  /** KUBERNETES_SERVICE_PORT */
  port: string;
  /** Holds `token`, `ca.crt` and usually `namespace`. */
  directory: string;
  /** Milliseconds; a clock that never goes back. For tests. */
  now?: () => number;
}

/** Reads token and CA now, so that a broken mount is reported at start. Rejects with `CredentialsError`. */
export async function inClusterCredentials(options: InClusterOptions): Promise<Credentials> {
  const { host, port, directory, now } = options;
  // Bound tokens rotate on disk, the CA may; kubelet refreshes a token well before it expires.
  const cache = cacheAuthentication(async () => {
    const [token, ca] = await Promise.all([readMounted(directory, "token"), readMounted(directory, "ca.crt")]);
    return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
  }, now);
  await cache.authenticate();
  const namespace = await readFile(join(directory, "namespace"), "utf8").catch(() => "");
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    source: "the pod's ServiceAccount",
    ...(namespace.trim() === "" ? {} : { namespace: namespace.trim() }),
    authenticate: () => cache.authenticate(),
    forget: (refused) => cache.forget(refused),
  };
}

async function readMounted(directory: string, name: string): Promise<string> {
  const file = join(directory, name);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new CredentialsError(
      `cannot read ${file}: ${fileErrorReason(error)}. A pod needs its ServiceAccount token and CA there; check automountServiceAccountToken.`,
      { cause: error },
    );
  }
  if (text.trim() === "")
    throw new CredentialsError(`${file} is empty; the ServiceAccount volume of the pod is broken.`);
  return text;
}
