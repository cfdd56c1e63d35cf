/** Facts about one pod, after pkg/api/v1/pod and pkg/controller/controller_utils.go. */
import type { Pod, PodCondition } from "kubernetes-types/core/v1";
import type { ObjectMeta, OwnerReference } from "kubernetes-types/meta/v1";
import { pinnedNodes } from "./node-affinity.ts";

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((each) => each.type === type);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Ready for at least `minReadySeconds` at `now` (ms). Ignores phase and deletionTimestamp, as Kubernetes does. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds === 0) return true;
  const since = Date.parse(ready.lastTransitionTime ?? "");
  return Number.isFinite(since) && since + minReadySeconds * 1000 <= now;
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** Phase Succeeded or Failed: its containers will never run again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** The owner that manages the object, if any. */
export function controllerOf(object: { metadata?: ObjectMeta }): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((owner) => owner.controller === true);
}

/** The node a DaemonSet's pod runs on, or is meant for while it is not scheduled (GetTargetNodeName). */
export function targetNode(pod: Pod): string | undefined {
  const bound = pod.spec?.nodeName;
  if (bound !== undefined && bound !== "") return bound;
  return pod.spec === undefined ? undefined : pinnedNodes(pod.spec)?.[0];
}

/** Sort order in which the first pod of a node is the one that counts: scheduled first, then oldest, then by name. */
export function byScheduledThenOldest(a: Pod, b: Pod): number {
  const unscheduled = Number((a.spec?.nodeName ?? "") === "") - Number((b.spec?.nodeName ?? "") === "");
  if (unscheduled !== 0) return unscheduled;
  const created = Date.parse(a.metadata?.creationTimestamp ?? "") - Date.parse(b.metadata?.creationTimestamp ?? "");
  if (Number.isFinite(created) && created !== 0) return created;
  return (a.metadata?.name ?? "").localeCompare(b.metadata?.name ?? "");
}
