/** Which pods must exist and which must go, updates apart (podsShouldBeOnNode). */
import type { Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import { byScheduledThenOldest, isPodAvailable, isPodReady, isTerminating } from "../rules/pods.ts";
import { eligibility } from "./eligibility.ts";
import type { DaemonSetView } from "./node-pods.ts";
import { allowsSurge, podsByNode } from "./node-pods.ts";
import { revisionLabel } from "./pod-template.ts";

/** What to do about the pods of one DaemonSet. */
export interface PodPlan {
  /** Names of the nodes that need a pod. */
  create: string[];
  remove: Live<Pod>[];
  /** Pods that ended by themselves and are removed for it: each gets an event. */
  ended: { pod: Live<Pod>; node: string }[];
  /** Nodes whose failed pod waits for its back-off, with the time left in milliseconds. */
  waiting: { node: string; remainingMs: number }[];
}

/** Milliseconds that the failed pod on `node` still has to wait; 0 or less when it may be removed. */
export type FailedPodBackoff = (node: string) => number;

export function planPods(view: DaemonSetView, backoffMs: FailedPodBackoff): PodPlan {
  const plan: PodPlan = { create: [], remove: [], ended: [], waiting: [] };
  const byNode = podsByNode(view.pods);
  for (const node of view.nodes) {
    const name = node.metadata.name;
    const { shouldRun, shouldContinue } = eligibility(view.ds, node);
    const pods = byNode.get(name) ?? [];
    if (shouldRun && pods.length === 0) plan.create.push(name);
    else if (shouldContinue) pruneNode({ view, plan, name, pods, backoffMs });
    else plan.remove.push(...pods.filter((pod) => !isTerminating(pod)));
  }
  plan.remove.push(...unscheduledWithoutNode(view, byNode));
  return plan;
}

interface NodeWork {
  view: DaemonSetView;
  plan: PodPlan;
  name: string;
  pods: readonly Live<Pod>[];
  backoffMs: FailedPodBackoff;
}

function pruneNode({ view, plan, name, pods, backoffMs }: NodeWork): void {
  const running: Live<Pod>[] = [];
  for (const pod of pods) {
    if (isTerminating(pod)) continue;
    const phase = pod.status?.phase;
    if (phase !== "Failed" && phase !== "Succeeded") {
      running.push(pod);
      continue;
    }
    const remainingMs = phase === "Failed" ? backoffMs(name) : 0;
    if (remainingMs > 0) {
      plan.waiting.push({ node: name, remainingMs });
    } else {
      plan.ended.push({ pod, node: name });
      plan.remove.push(pod);
    }
  }
  if (running.length <= 1) return;
  running.sort(byScheduledThenOldest);
  plan.remove.push(...(allowsSurge(view.ds) ? surgeExcess(view, running) : running.slice(1)));
}

/** With surge one old and one new pod may stand side by side until the new one can take over. */
function surgeExcess(view: DaemonSetView, running: readonly Live<Pod>[]): Live<Pod>[] {
  const isNew = (pod: Pod): boolean => pod.metadata?.labels?.[revisionLabel] === view.hash;
  const oldestNew = running.find(isNew);
  const oldestOld = running.find((pod) => !isNew(pod));
  const excess = running.filter((pod) => pod !== oldestNew && pod !== oldestOld);
  if (oldestNew === undefined || oldestOld === undefined) return excess;
  const minReadySeconds = view.ds.spec?.minReadySeconds ?? 0;
  const replaced = !isPodReady(oldestOld) || isPodAvailable(oldestNew, minReadySeconds, view.now);
  return replaced ? [...excess, oldestOld] : excess;
}

/** Pods that were meant for a node which no longer exists and never got there. */
function unscheduledWithoutNode(view: DaemonSetView, byNode: ReadonlyMap<string, Live<Pod>[]>): Live<Pod>[] {
  const known = new Set(view.nodes.map((node) => node.metadata.name));
  return [...byNode]
    .filter(([name]) => !known.has(name))
    .flatMap(([, pods]) => pods.filter((pod) => (pod.spec?.nodeName ?? "") === "" && !isTerminating(pod)));
}
