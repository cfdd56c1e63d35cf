/** How a request proves who it is; filled by credentials.ts, used by transport.ts. */
import type { Agent } from "node:http";

/** What TLS needs to know the server and, with client certificates, ourselves. */
export interface TlsMaterial {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  pfx?: string | Buffer;
  passphrase?: string;
  /** The name the server's certificate is checked against, when it is not the host name. */
  servername?: string;
  rejectUnauthorized?: boolean;
}

/** Everything one request needs. `tls` keeps its identity until its content changes: connections are pooled by it. */
export interface Authentication {
  headers: Record<string, string>;
  tls: TlsMaterial;
  /** Set only where a proxy is configured; it replaces our own connection pool. */
  agent?: Agent;
}

/** Where the API server is and how to authenticate to it. */
export interface Credentials {
  /** Base URL of the API server without a trailing slash; may carry a path prefix. */
  readonly server: string;
  /** Where this was read from, for messages: a file path or "the pod's ServiceAccount". */
  readonly source: string;
  /** The context's, or the pod's, namespace. */
  readonly namespace?: string;
  /** Cheap: cached for at most 60 s. Rejects with `CredentialsError`. */
  authenticate(): Promise<Authentication>;
  /** Called after a 401 with what was refused: the next `authenticate` reads everything again. */
  forget(refused?: Authentication): void;
}

/** No usable credentials. The message names the file, the cause and the way out, and never a secret. */
export class CredentialsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CredentialsError";
  }
}
