/** The files that a pod finds in its ServiceAccount directory, with a token that is renewed in time. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "kubernetes-types/core/v1";
import type { Kube, Live } from "../../../src/kube/types.ts";

const lifetimeSeconds = 3607;

interface TokenRequest {
  status?: { token?: string; expirationTimestamp?: string };
}

/** Asks for a token bound to the pod and writes token, ca.crt and namespace. Returns when (ms) to do it again. */
export async function writeServiceAccount(input: {
  /** Acts as the node. */
  kube: Kube;
  pod: Live<Pod>;
  directory: string;
  caPem: string;
  now: number;
}): Promise<number> {
  const { kube, pod, directory, caPem, now } = input;
  const { name, namespace = "", uid } = pod.metadata;
  const account = pod.spec?.serviceAccountName ?? "default";
  const answer = await kube.post<TokenRequest>(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {
      audiences: [],
      expirationSeconds: lifetimeSeconds,
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
    },
  });
  const token = answer.status?.token;
  if (token === undefined) throw new Error(`the API server gave no token for service account ${namespace}/${account}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await Promise.all([
    writeAtomically(join(directory, "token"), token),
    writeAtomically(join(directory, "ca.crt"), caPem),
    writeAtomically(join(directory, "namespace"), namespace),
  ]);
  const expires = Date.parse(answer.status?.expirationTimestamp ?? "");
  const left = Number.isFinite(expires) ? expires - now : lifetimeSeconds * 1000;
  return now + Math.max(1_000, left * 0.8);
}

/** A reader never sees half a token. */
async function writeAtomically(file: string, text: string): Promise<void> {
  const next = `${file}.next`;
  await writeFile(next, text, { mode: 0o600 });
  await rename(next, file);
}
