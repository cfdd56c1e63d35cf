/** The DaemonSet's status counters (updateDaemonSetStatus): one pod per node counts. */
import type { DaemonSet, DaemonSetStatus } from "kubernetes-types/apps/v1";
import type { Live } from "../../../src/kube/types.ts";
import { isPodAvailable, isPodReady } from "../rules/pods.ts";
import { eligibility } from "./eligibility.ts";
import type { DaemonSetView } from "./node-pods.ts";
import { podsByNode } from "./node-pods.ts";
import { isUpdated } from "./pod-template.ts";

/** Counts nodes and pods. `observe` raises observedGeneration; it is false while earlier writes are not seen yet. */
export function daemonSetStatus(view: DaemonSetView, observe: boolean): DaemonSetStatus {
  const { ds, hash, now } = view;
  const minReadySeconds = ds.spec?.minReadySeconds ?? 0;
  const byNode = podsByNode(view.pods);
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const node of view.nodes) {
    const first = byNode.get(node.metadata.name)?.[0];
    if (!eligibility(ds, node).shouldRun) {
      if (first !== undefined) count.misscheduled++;
      continue;
    }
    count.desired++;
    if (first === undefined) continue;
    count.current++;
    if (isPodReady(first)) count.ready++;
    if (isPodAvailable(first, minReadySeconds, now)) count.available++;
    if (isUpdated(first, ds, hash)) count.updated++;
  }
  const observedGeneration = observe ? ds.metadata.generation : ds.status?.observedGeneration;
  const collisionCount = ds.status?.collisionCount;
  return {
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    desiredNumberScheduled: count.desired,
    numberReady: count.ready,
    ...(count.updated > 0 && { updatedNumberScheduled: count.updated }),
    ...(count.available > 0 && { numberAvailable: count.available }),
    ...(count.desired > count.available && { numberUnavailable: count.desired - count.available }),
    ...(observedGeneration !== undefined && { observedGeneration }),
    ...(collisionCount !== undefined && { collisionCount }),
  };
}

/** Whether the stored status already says the same. */
export function isStatusCurrent(ds: Live<DaemonSet>, wanted: DaemonSetStatus): boolean {
  const have = ds.status;
  if (have === undefined) return false;
  return (
    have.currentNumberScheduled === wanted.currentNumberScheduled &&
    have.numberMisscheduled === wanted.numberMisscheduled &&
    have.desiredNumberScheduled === wanted.desiredNumberScheduled &&
    have.numberReady === wanted.numberReady &&
    (have.updatedNumberScheduled ?? 0) === (wanted.updatedNumberScheduled ?? 0) &&
    (have.numberAvailable ?? 0) === (wanted.numberAvailable ?? 0) &&
    (have.numberUnavailable ?? 0) === (wanted.numberUnavailable ?? 0) &&
    (have.observedGeneration ?? 0) >= (wanted.observedGeneration ?? 0)
  );
}

/** Milliseconds until a Ready pod becomes available by time alone, or undefined when none is waiting for that. */
export function nextAvailabilityMs(view: DaemonSetView): number | undefined {
  const minReadyMs = (view.ds.spec?.minReadySeconds ?? 0) * 1000;
  let soonest: number | undefined;
  for (const pod of view.pods) {
    if (!isPodReady(pod) || isPodAvailable(pod, minReadyMs / 1000, view.now)) continue;
    const since = Date.parse(pod.status?.conditions?.find((each) => each.type === "Ready")?.lastTransitionTime ?? "");
    const wait = Number.isFinite(since) ? since + minReadyMs - view.now : minReadyMs;
    soonest = Math.min(soonest ?? wait, wait);
  }
  return soonest;
}
