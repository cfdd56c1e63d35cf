/** Clients of the cluster. */
import type { Issued } from "../../sandbox/apiserver/authn/authority.ts";
import type { Credentials } from "../../src/kube/authentication.ts";
import { createKube } from "../../src/kube/client.ts";
import { loadCredentials } from "../../src/kube/credentials.ts";
import type { Kube } from "../../src/kube/types.ts";

/** A client that acts as the user of this certificate. The field manager is the last word of its name. */
export function connectWith(input: { url: string; caPem: string; user: string; issued: Issued }): Kube {
  const { url, caPem, user, issued } = input;
  const authentication = { headers: {}, tls: { ca: caPem, cert: issued.certPem, key: issued.keyPem } };
  const credentials: Credentials = {
    server: url,
    source: `the cluster's ${user}`,
    authenticate: () => Promise.resolve(authentication),
    forget: () => undefined,
  };
  return clientOf(credentials, user);
}

/** The same from a kubeconfig file. */
export async function connectFrom(kubeconfig: string, user: string): Promise<Kube> {
  return clientOf(await loadCredentials({ kubeconfig, env: {} }), user);
}

function clientOf(credentials: Credentials, user: string): Kube {
  const component = user.startsWith("system:node:") ? "kubelet" : (user.split(":").at(-1) ?? user);
  return createKube(credentials, { userAgent: `${component} (operarius-cluster)`, fieldManager: component });
}

/** The groups that a user of the cluster's own is in by nature. */
export function groupsOf(user: string): string[] {
  return user.startsWith("system:node:") ? ["system:nodes"] : [];
}
