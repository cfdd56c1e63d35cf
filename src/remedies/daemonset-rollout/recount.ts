/**
 * The counters of a DaemonSet from its pods and nodes (pure), because .status can lie.
 * Source: updateDaemonSetStatus in pkg/controller/daemon/daemon_controller.go; FAILURES §1.2.
 */
import { eligibility } from "./eligibility.ts";
import type { DaemonSetFacts, NodeFacts, Observation, PodFacts, RevisionFacts, StatusCounters } from "./facts.ts";

/** One node and what the DaemonSet has on it. `pods` are in the controller's order: bound first, then oldest. */
export interface Slot {
  node: NodeFacts;
  shouldRun: boolean;
  pods: readonly PodFacts[];
}

/** True when the pod counts as available: Ready for minReadySeconds. Termination does not matter to the controller. */
export function isAvailable(pod: PodFacts, minReadySeconds: number, at: number): boolean {
  if (!pod.ready) return false;
  return (
    minReadySeconds === 0 || (pod.readyChangedAt !== undefined && pod.readyChangedAt + minReadySeconds * 1000 <= at)
  );
}

export function isTerminating(pod: PodFacts): boolean {
  return pod.deletionDeadline !== undefined;
}

/** A Failed or Succeeded pod that is being deleted is ignored by the controller since 1.27.4. */
function isGone(pod: PodFacts): boolean {
  return isTerminating(pod) && (pod.phase === "Failed" || pod.phase === "Succeeded");
}

function byControllerOrder(a: PodFacts, b: PodFacts): number {
  if (a.bound !== b.bound) return a.bound ? -1 : 1;
  return a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1);
}

/** Every node with its pods, nodes in name order. Pods of nodes that do not exist are in `orphans`. */
export function slots(observation: Observation): { slots: Slot[]; orphans: PodFacts[] } {
  const byNode = new Map<string, PodFacts[]>();
  for (const pod of observation.pods) {
    if (isGone(pod)) continue;
    byNode.set(pod.node, [...(byNode.get(pod.node) ?? []), pod]);
  }
  const known = new Set(observation.nodes.map((node) => node.name));
  return {
    slots: observation.nodes
      .map((node) => ({
        node,
        shouldRun: eligibility(node, observation.daemonSet.template).shouldRun,
        pods: (byNode.get(node.name) ?? []).sort(byControllerOrder),
      }))
      .sort((a, b) => (a.node.name < b.node.name ? -1 : 1)),
    orphans: [...byNode].filter(([node]) => !known.has(node)).flatMap(([, pods]) => pods),
  };
}

/** True when the pod runs the present revision of the template. */
export function isUpdated(pod: PodFacts, daemonSet: DaemonSetFacts): boolean {
  return daemonSet.currentHash !== "" && pod.revisionHash === daemonSet.currentHash;
}

function hasContainers(pod: PodFacts, specs: Readonly<Record<string, string>>): boolean {
  const own = Object.entries(specs);
  return own.length > 0 && own.every(([name, spec]) => pod.specs[name] === spec);
}

/**
 * False when the pod's containers are those of another revision, whatever its label says (FAILURES §5.15: relabelled
 * pods). Containers of no revision are the template's as admission rewrote them: a registry mirror, a pinned digest.
 */
export function runsTemplate(pod: PodFacts, daemonSet: DaemonSetFacts, revisions: readonly RevisionFacts[]): boolean {
  if (hasContainers(pod, daemonSet.template.specs)) return true;
  return !revisions.some(
    (revision) => revision.templateHash !== daemonSet.template.hash && hasContainers(pod, revision.specs),
  );
}

/** The six counters as the controller would compute them now. */
export function recount(observation: Observation): StatusCounters {
  const { daemonSet, at } = observation;
  const counters: StatusCounters = { desired: 0, current: 0, updated: 0, ready: 0, available: 0, misscheduled: 0 };
  for (const slot of slots(observation).slots) {
    const pod = slot.pods[0];
    if (!slot.shouldRun) {
      if (pod) counters.misscheduled += 1;
      continue;
    }
    counters.desired += 1;
    if (!pod) continue;
    counters.current += 1;
    if (pod.ready) counters.ready += 1;
    if (isAvailable(pod, daemonSet.minReadySeconds, at)) counters.available += 1;
    if (isUpdated(pod, daemonSet)) counters.updated += 1;
  }
  return counters;
}

/** The alert's own predicate on counters: any arm of KubeDaemonSetRolloutStuck. */
export function alertHolds(counters: StatusCounters): boolean {
  return (
    counters.current !== counters.desired ||
    counters.misscheduled !== 0 ||
    counters.updated !== counters.desired ||
    counters.available !== counters.desired
  );
}

/** maxUnavailable in pods: a percentage of desired is rounded up (multiplied first, as Kubernetes does), at least 1 for our purposes. */
export function maxUnavailable(daemonSet: DaemonSetFacts, desired: number): number {
  const { maxUnavailable: value } = daemonSet;
  const count = typeof value === "number" ? value : Math.ceil((Number.parseFloat(value) * desired) / 100);
  return Math.max(1, Number.isFinite(count) ? count : 1);
}
