/** All served resources: the built-in ones and those that CustomResourceDefinitions add while the server runs. */
import { coreResources } from "./core.ts";
import { groupResources } from "./groups.ts";
import type { ResourceInfo } from "./resource-info.ts";

export interface Registry {
  find(group: string, version: string, plural: string): ResourceInfo | undefined;
  byKind(group: string, kind: string): ResourceInfo | undefined;
  /** Whether there is any kind of this group and version. */
  serves(group: string, version: string): boolean;
  all(): ResourceInfo[];
  /** Replaces what one CRD serves; an empty list removes it. */
  setCustom(crd: string, resources: ResourceInfo[]): void;
}

export function createRegistry(): Registry {
  const builtin = [...coreResources, ...groupResources];
  const custom = new Map<string, ResourceInfo[]>();
  const all = () => [...builtin, ...[...custom.values()].flat()];
  return {
    all,
    find: (group, version, plural) =>
      all().find((one) => one.plural === plural && one.group === group && one.version === version),
    serves: (group, version) => all().some((one) => one.group === group && one.version === version),
    byKind: (group, kind) => all().find((one) => one.kind === kind && one.group === group),
    setCustom(crd, resources) {
      if (resources.length === 0) custom.delete(crd);
      else custom.set(crd, resources);
    },
  };
}
