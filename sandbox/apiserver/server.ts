/** The embedded Kubernetes API server: TLS, storage, admission, RBAC and audit in one process. */
import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAdmission } from "./admission/admission.ts";
import { openAuditLog } from "./audit/audit-log.ts";
import { createAuthenticator } from "./authn/authenticate.ts";
import { createAuthority } from "./authn/authority.ts";
import { createTokenIssuer } from "./authn/service-account-tokens.ts";
import { bootstrapPolicy } from "./authz/bootstrap-policy.ts";
import { createAuthorizer } from "./authz/rbac.ts";
import { followCrds } from "./crd/custom-resources.ts";
import type { Backend } from "./handlers/context.ts";
import { createHandler } from "./http/handler.ts";
import { kubeconfigYaml } from "./kubeconfig.ts";
import { createRegistry } from "./registry/registry.ts";
import { keyOf } from "./registry/resource-info.ts";
import { createSnapshotCache } from "./storage/snapshots.ts";
import { createStore } from "./storage/store.ts";

export interface ApiServer {
  /** https://host:port */
  url: string;
  host: string;
  port: number;
  caPem: string;
  /** The audit log: audit.k8s.io/v1 Events, one a line. */
  auditFile: string;
  /** The `iss` of ServiceAccount tokens and their default audience. */
  serviceAccountIssuer: string;
  /** A static bearer token for a component. */
  token(user: string, groups: readonly string[]): string;
  /** A kubeconfig with a client certificate for this user. */
  kubeconfig(user: string, groups: readonly string[]): Promise<string>;
  /** Forgets the history: every watch that resumes from before gets 410, lists in pages start over. For tests. */
  compact(): void;
  /** Ends all watches and connections. */
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  /** 0 or absent: one that is free. */
  port?: number;
  host?: string;
  /** Where the audit log is written; made when missing. */
  directory: string;
  log?: (message: string, fields?: object) => void;
}

const issuer = "https://kubernetes.default.svc.cluster.local";

function createBackend(): Backend {
  const store = createStore();
  const registry = createRegistry();
  followCrds(store, registry);
  const authorizer = createAuthorizer(store);
  for (const { bucket, object } of bootstrapPolicy())
    store.put(bucket, keyOf(object.metadata.namespace, object.metadata.name ?? ""), object);
  const tokens = createTokenIssuer(issuer, (bucket, namespace, name) => store.get(bucket, keyOf(namespace, name)));
  const authenticator = createAuthenticator(tokens, () => randomBytes(24).toString("hex"));
  const admission = createAdmission(store, registry);
  return { store, registry, admission, authorizer, authenticator, tokens, snapshots: createSnapshotCache() };
}

/** Rejects with the system's error when the port is taken or the directory cannot be written. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host = "127.0.0.1", directory, log = () => undefined } = options;
  mkdirSync(directory, { recursive: true });
  const authority = await createAuthority();
  const names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  const certificate = await authority.server([...new Set([host, ...names])]);
  const auditFile = join(directory, "audit.log");
  const audit = openAuditLog(auditFile);
  const backend = createBackend();
  const closing = new AbortController();
  // One listener per open watch.
  setMaxListeners(0, closing.signal);
  const address = () => `${host}:${(server.address() as AddressInfo | null)?.port ?? 0}`;
  const handle = createHandler({ backend, audit, address, closing: closing.signal, log });
  const tls = {
    key: certificate.keyPem,
    cert: certificate.certPem,
    ca: authority.caPem,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer(
    { ...tls, keepAliveTimeout: 90_000 },
    (request, response) => void handle(request, response),
  );
  // A client that breaks off a handshake or a request is none of our business.
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      audit.close();
      reject(error);
    });
    server.listen(options.port ?? 0, host, resolve);
  });
  const url = `https://${address()}`;
  return {
    url,
    host,
    port: (server.address() as AddressInfo).port,
    caPem: authority.caPem,
    auditFile,
    serviceAccountIssuer: issuer,
    token: (user, groups) => backend.authenticator.token(user, groups),
    kubeconfig: async (user, groups) =>
      kubeconfigYaml({ url, user, caPem: authority.caPem, ...(await authority.client(user, groups)) }),
    compact() {
      backend.store.compact();
      backend.snapshots.clear();
    },
    async stop() {
      closing.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      audit.close();
    },
  };
}
