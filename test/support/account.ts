/** Credentials of a ServiceAccount by the TokenRequest API. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Kube } from "../../src/kube/types.ts";
import type { AccountFiles } from "./cluster.ts";
import { userOf } from "./cluster.ts";

export interface AccountOptions {
  kube: Kube;
  namespace: string;
  name: string;
  url: string;
  caPem: string;
  /** Where the files go. */
  directory: string;
}

/** Writes token, ca.crt and a kubeconfig. Rejects with the server's error when the account does not exist. */
export async function accountFiles(options: AccountOptions): Promise<AccountFiles> {
  const { kube, namespace, name, url, caPem, directory } = options;
  const token = await tokenOf(kube, { namespace, name });
  return writeAccount({ user: userOf({ namespace, name }), name, token, url, caPem, directory });
}

/** A token for an hour. Rejects with the server's error when the account does not exist. */
export async function tokenOf(kube: Kube, { namespace, name }: { namespace: string; name: string }): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
  return (await kube.post<{ status: { token: string } }>(path, request)).status.token;
}

/** The files of an account with this token, for the server at `url`. */
export function writeAccount(account: {
  user: string;
  name: string;
  token: string;
  url: string;
  caPem: string;
  directory: string;
}): AccountFiles {
  const { user, name, token, url, caPem, directory } = account;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(join(directory, "token"), token, { mode: 0o600 });
  writeFileSync(join(directory, "ca.crt"), caPem);
  writeFileSync(kubeconfig, tokenKubeconfig({ url, caPem, user: name, token }), { mode: 0o600 });
  return { user, kubeconfig, directory };
}

/** A kubeconfig with one user who presents a token. */
export function tokenKubeconfig(parts: { url: string; caPem: string; user: string; token: string }): string {
  const { url, caPem, user, token } = parts;
  const ca = Buffer.from(caPem).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "certificate-authority-data": ca } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user } }],
    "current-context": "test",
  });
}
