/** What the user's credentials must allow, asked before anything is written. */
import type { Kube } from "../../../src/kube/types.ts";

export interface Right {
  verb: string;
  /** "" for the core group. */
  group: string;
  resource: string;
  subresource?: string;
  /** Absent: any. */
  name?: string;
}

/** One for each verb, in every namespace. */
export function rightsOn(group: string, resource: string, verbs: readonly string[]): Right[] {
  const [plural = resource, subresource] = resource.split("/");
  return verbs.map((verb) => ({
    verb,
    group,
    resource: plural,
    ...(subresource === undefined ? {} : { subresource }),
  }));
}

/** What the user must be allowed to start simulated nodes of these names. */
export function rightsForNodes(names: readonly string[]): Right[] {
  return [
    ...names.map((name): Right => ({ verb: "impersonate", group: "", resource: "users", name: `system:node:${name}` })),
    { verb: "impersonate", group: "", resource: "groups", name: "system:nodes" },
    ...rightsOn("", "nodes", ["get", "list", "watch", "patch", "delete"]),
  ];
}

const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** Those that the API server denies (SelfSubjectAccessReview), in the order given. */
export async function deniedOf(kube: Kube, rights: readonly Right[]): Promise<Right[]> {
  const denied: Right[] = [];
  for (const right of rights) {
    const { status } = await kube.post<{ status?: { allowed?: boolean } }>(path, {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: right },
    });
    if (status?.allowed !== true) denied.push(right);
  }
  return denied;
}

/** "create nodes", "create serviceaccounts/token", "impersonate groups system:nodes". */
export function wordsOfRight({ verb, group, resource, subresource, name }: Right): string {
  const what = [resource, subresource].filter((part) => part !== undefined).join("/");
  return [verb, group === "" ? what : `${what}.${group}`, name].filter((part) => part !== undefined).join(" ");
}
