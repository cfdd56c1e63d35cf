/** What this server serves: /version, /api, /apis and the lists of resources. */
import { reviews } from "../registry/groups.ts";
import type { Registry } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { apiVersionOf, verbsOf } from "../registry/resource-info.ts";

export const version = {
  major: "1",
  minor: "35",
  gitVersion: "v1.35.0+operarius-sandbox",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "linux/amd64",
} as const;

function groupVersions(registry: Registry): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, version: one } of [...registry.all(), ...reviews]) {
    const known = groups.get(group) ?? [];
    if (!known.includes(one)) groups.set(group, [...known, one]);
  }
  return groups;
}

function apiGroup(name: string, versions: readonly string[]): object {
  const list = versions.map((one) => ({ groupVersion: `${name}/${one}`, version: one }));
  return { name, versions: list, preferredVersion: list[0] };
}

/** The answer to GET /api. */
export function coreVersions(address: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

/** The answer to GET /apis. */
export function groupList(registry: Registry): object {
  const groups = [...groupVersions(registry)].filter(([name]) => name !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(([name, versions]) => apiGroup(name, versions)) };
}

/** The answer to GET /apis/GROUP, or undefined for a group that is not served. */
export function oneGroup(registry: Registry, name: string): object | undefined {
  const versions = groupVersions(registry).get(name);
  return name === "" || versions === undefined
    ? undefined
    : { kind: "APIGroup", apiVersion: "v1", ...apiGroup(name, versions) };
}

function entries(resource: ResourceInfo): { name: string }[] {
  const { plural, singular, kind, namespaced, shortNames, categories } = resource;
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: verbsOf(resource),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const status = resource.status
    ? [{ name: `${plural}/status`, singularName: "", namespaced, kind, verbs: ["get", "patch", "update"] }]
    : [];
  const others = resource.subresources.map((sub) => ({
    name: `${plural}/${sub.name}`,
    singularName: "",
    namespaced,
    kind: sub.kind ?? kind,
    verbs: sub.verbs,
    ...(sub.group === undefined ? {} : { group: sub.group, version: sub.version ?? "v1" }),
  }));
  return [own, ...status, ...others];
}

/** The answer to GET /api/v1 and /apis/GROUP/VERSION, or undefined when it is not served. */
export function resourceList(registry: Registry, group: string, served: string): object | undefined {
  const stored = registry.all().filter((one) => one.group === group && one.version === served);
  const asked = reviews.filter((one) => one.group === group && one.version === served);
  if (stored.length + asked.length === 0) return undefined;
  const resources = [
    ...stored.flatMap(entries),
    ...asked.map(({ plural, kind, namespaced }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ["create"],
    })),
  ];
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version: served }),
    resources: resources.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
