/**
 * How lists inside built-in objects merge: the `patchMergeKey` and `x-kubernetes-list-map-keys` of the Kubernetes types,
 * by the name of the field that holds the list. A list that is not named here is atomic (tolerations are).
 */
import { isMap } from "../object.ts";

/** The key of strategic merge patch. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  volumes: "name",
  env: "name",
  imagePullSecrets: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
  resourceClaims: "name",
  schedulingGates: "name",
  conditions: "type",
  addresses: "type",
  ownerReferences: "uid",
  taints: "key",
  secrets: "name",
  webhooks: "name",
  matchConditions: "name",
  podIPs: "ip",
  hostIPs: "ip",
  volumeAttributes: "name",
};

/** The keys that identify an item for field ownership, where they are more than the merge key. */
const mapKeys: Readonly<Record<string, readonly string[]>> = {
  topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
};

/** Lists of plain values that merge as sets. */
const sets: ReadonlySet<string> = new Set(["finalizers"]);

/** The strategic merge key of the list in `field` with these items, or undefined when the list is replaced. */
export function mergeKeyOf(field: string, items: readonly unknown[]): string | undefined {
  if (field === "ports")
    return items.some((item) => isMap(item) && item.containerPort !== undefined) ? "containerPort" : "port";
  // A Secret's or a volume source's `secrets`, `conditions` ... hold maps; a list of strings of that name does not merge.
  return items.every(isMap) ? mergeKeys[field] : undefined;
}

/** The keys of field ownership (`k:{...}`), or undefined for an atomic list. */
export function listKeysOf(field: string, items: readonly unknown[]): readonly string[] | undefined {
  const key = mergeKeyOf(field, items);
  if (key === undefined || field === "taints") return undefined;
  if (field === "ports") return [key, "protocol"];
  return mapKeys[field] ?? [key];
}

export function isSet(field: string): boolean {
  return sets.has(field);
}
