/** ControllerRevisions: the DaemonSet's history (pkg/controller/daemon/update.go, pkg/controller/history). */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod, PodTemplateSpec } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import { shortHash, stableJson } from "../rules/stable-json.ts";
import { ownerReference, revisionLabel } from "./pod-template.ts";

/** Hash of the template, varied by `collisionCount` when another revision has taken the name. */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  return shortHash(stableJson(template) + (collisionCount === undefined ? "" : String(collisionCount)));
}

/**
 * What a revision stores: a strategic merge patch that puts the whole template back. Its fields are in order, as Go
 * writes a map: kubectl compares the text.
 */
export function revisionData(ds: DaemonSet) {
  const data = { spec: { template: { ...ds.spec?.template, $patch: "replace" } } };
  return JSON.parse(stableJson(data)) as typeof data;
}

export function matchesTemplate(revision: ControllerRevision, ds: DaemonSet): boolean {
  return stableJson(revision.data) === stableJson(revisionData(ds));
}

export type HistoryPlan =
  /** `raiseTo`: the number it must get to be the newest again, after a rollback. */
  | { kind: "use"; current: Live<ControllerRevision>; raiseTo: number | undefined }
  | { kind: "create"; revision: ControllerRevision };

/** Picks the revision of the present template: an equal one, its number raised above all others, or a new one. */
export function planHistory(ds: Live<DaemonSet>, revisions: readonly Live<ControllerRevision>[]): HistoryPlan {
  const equal = revisions.filter((each) => matchesTemplate(each, ds)).sort((a, b) => b.revision - a.revision);
  const highestOther = Math.max(0, ...revisions.filter((each) => !equal.includes(each)).map((each) => each.revision));
  const current = equal[0];
  if (current === undefined) return { kind: "create", revision: newRevision(ds, highestOther + 1) };
  const raiseTo = current.revision < highestOther + 1 ? highestOther + 1 : undefined;
  return { kind: "use", current, raiseTo };
}

function newRevision(ds: Live<DaemonSet>, revision: number): ControllerRevision {
  const template = ds.spec?.template ?? {};
  const hash = templateHash(template, ds.status?.collisionCount);
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${ds.metadata.name}-${hash}`,
      ...(ds.metadata.namespace !== undefined && { namespace: ds.metadata.namespace }),
      labels: { ...template.metadata?.labels, [revisionLabel]: hash },
      annotations: { ...ds.metadata.annotations },
      ownerReferences: [ownerReference(ds)],
    },
    data: revisionData(ds),
    revision,
  };
}

/** Old revisions beyond revisionHistoryLimit, oldest first, sparing those that live pods still run. */
export function surplusRevisions(input: {
  ds: DaemonSet;
  old: readonly Live<ControllerRevision>[];
  pods: readonly Pod[];
}): Live<ControllerRevision>[] {
  const excess = input.old.length - (input.ds.spec?.revisionHistoryLimit ?? 10);
  if (excess <= 0) return [];
  const inUse = new Set(input.pods.map((pod) => pod.metadata?.labels?.[revisionLabel]));
  return [...input.old]
    .sort((a, b) => a.revision - b.revision)
    .filter((each) => !inUse.has(each.metadata.labels?.[revisionLabel]))
    .slice(0, excess);
}
