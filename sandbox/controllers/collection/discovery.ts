/** The kinds that the server offers right now, custom ones included. */
import type { Kube, Resource } from "../../../src/kube/types.ts";

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

/** Every kind that can be listed, watched and deleted, each in its group's preferred version. Events are left out. */
export async function discover(kube: Kube): Promise<Resource<unknown>[]> {
  const groups = (await kube.raw("/apis")) as { groups?: { preferredVersion: { groupVersion: string } }[] };
  const versions = ["v1", ...(groups.groups ?? []).map((group) => group.preferredVersion.groupVersion)];
  const found: Resource<unknown>[] = [];
  for (const version of versions) found.push(...(await discoverVersion(kube, version)));
  return found;
}

/** "apps/v1/DaemonSet": how an owner reference names a kind. */
export function kindKey(resource: Resource<unknown>): string {
  return `${apiVersionOf(resource)}/${resource.kind}`;
}

export function apiVersionOf(resource: Resource<unknown>): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

async function discoverVersion(kube: Kube, groupVersion: string): Promise<Resource<unknown>[]> {
  const slash = groupVersion.indexOf("/");
  const group = slash < 0 ? "" : groupVersion.slice(0, slash);
  const version = groupVersion.slice(slash + 1);
  const answer = (await kube.raw(slash < 0 ? `/api/${groupVersion}` : `/apis/${groupVersion}`)) as {
    resources?: ApiResource[];
  };
  return (answer.resources ?? [])
    .filter((each) => !each.name.includes("/") && each.kind !== "Event")
    .filter((each) => ["list", "watch", "delete"].every((verb) => each.verbs.includes(verb)))
    .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
}
