/** Files that credentials are read from, and a server to try them on. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { createKube } from "../client.ts";
import type { Credentials } from "../credentials.ts";
import type { TestAuthority } from "./certificates.ts";
import type { Behaviour, FaultServer } from "./fault-server.ts";
import { json, startFaultServer } from "./fault-server.ts";

/** Must never show up in a message. */
export const secret = "s3cr3t-token";

export interface Files {
  directory: string;
  /** Writes text, or an object as JSON; returns the path. */
  write(name: string, content: string | object): Promise<string>;
  /** Writes a ServiceAccount volume; returns its directory. */
  mount(files: { token?: string; ca?: string; namespace?: string }): Promise<string>;
}

/** An empty directory that goes away with the test. */
export async function makeFiles(): Promise<Files> {
  const directory = await mkdtemp(join(tmpdir(), "kube-credentials-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  async function write(name: string, content: string | object): Promise<string> {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }
  return {
    directory,
    write,
    async mount({ token, ca, namespace }) {
      if (token !== undefined) await write("sa/token", token);
      if (ca !== undefined) await write("sa/ca.crt", ca);
      if (namespace !== undefined) await write("sa/namespace", namespace);
      return join(directory, "sa");
    },
  };
}

export interface KubeconfigParts {
  server?: string;
  cluster?: object;
  user?: object;
  context?: object;
  name?: string;
}

/** A kubeconfig with one context; JSON is YAML. */
export function kubeconfig(parts: KubeconfigParts = {}): object {
  const name = parts.name ?? "main";
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server: parts.server ?? "https://10.0.0.1:6443/", ...parts.cluster } }],
    users: [{ name, user: parts.user ?? { token: secret } }],
    contexts: [{ name, context: { cluster: name, user: name, ...parts.context } }],
  };
}

/** The variables of a pod. */
export function inPod(port = 443): Record<string, string> {
  return { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(port) };
}

/** GET /version with these credentials. */
export async function ask(credentials: Credentials): Promise<unknown> {
  const kube = createKube(credentials, { userAgent: "test" });
  try {
    return await kube.raw("/version");
  } finally {
    kube.close();
  }
}

/** A TLS server of this authority; ends with the test. */
export async function serveTls(
  authority: TestAuthority,
  options: { requestCert?: boolean; name?: { dns: string }; behaviours?: Behaviour[] } = {},
): Promise<FaultServer> {
  const issued = await authority.issue(options.name ?? { ip: "127.0.0.1" });
  const requested = options.requestCert ? { requestCert: true, rejectUnauthorized: true } : {};
  const behaviours = options.behaviours ?? json({ major: "1" });
  const server = await startFaultServer(behaviours, { ...issued, ca: authority.ca, ...requested });
  onTestFinished(() => server.close());
  return server;
}
