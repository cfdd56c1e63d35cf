/** Clients of the sandbox's own components: a static token over TLS. */
import { createKube } from "../../src/kube/client.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { ApiServer } from "../apiserver/server.ts";

/** The groups that a component's user is in by nature; ServiceAccounts get theirs from the server. */
function groupsOf(user: string): string[] {
  return user.startsWith("system:node:") ? ["system:nodes"] : [];
}

/** The component's own name, as its real counterpart writes it; whoever is no component is a person with kubectl. */
function componentOf(user: string): string {
  if (user.startsWith("system:node:")) return "kubelet";
  // All controllers are one program, whatever account each acts under.
  if (user.startsWith("system:serviceaccount:kube-system:")) return "kube-controller-manager";
  return user.startsWith("system:") ? (user.split(":").at(-1) ?? user) : "kubectl";
}

/** A client that acts as `user`. The field manager is the component's name, as in a real cluster. */
export function connectAs(server: ApiServer, user: string, groups: readonly string[] = groupsOf(user)): Kube {
  const component = componentOf(user);
  const authentication = {
    headers: { Authorization: `Bearer ${server.token(user, groups)}` },
    tls: { ca: server.caPem },
  };
  return createKube(
    {
      server: server.url,
      source: `the sandbox's ${user}`,
      authenticate: () => Promise.resolve(authentication),
      forget: () => undefined,
    },
    { userAgent: `${component}/v1.35.0 (operarius-sandbox)`, fieldManager: component },
  );
}
