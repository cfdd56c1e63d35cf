/** Which old pods a RollingUpdate replaces now (pkg/controller/daemon/update.go as of 1.31 and 1.30.6). */
import type { Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import { isPodAvailable, isTerminating } from "../rules/pods.ts";
import type { DaemonSetView } from "./node-pods.ts";
import { desiredNodes, podsByNode, updateBudget } from "./node-pods.ts";
import { isUpdated } from "./pod-template.ts";

export interface UpdatePlan {
  remove: Live<Pod>[];
  /** Names of the nodes that get a new pod beside the old one (maxSurge). */
  create: string[];
}

/** The node's live pods of the new and the old revision; undefined when there is more than one of either. */
type Pair = { fresh: Live<Pod> | undefined; old: Live<Pod> | undefined } | undefined;

/**
 * Nodes count when they hold pods of the DaemonSet or should run one: misscheduled pods eat budget too.
 * `shuffle` orders the nodes; Kubernetes takes them in no particular order.
 */
export function planUpdate(view: DaemonSetView, shuffle: <T>(items: T[]) => T[] = (items) => items): UpdatePlan {
  const byNode = podsByNode(view.pods);
  const desired = desiredNodes(view);
  for (const node of desired) if (!byNode.has(node.metadata.name)) byNode.set(node.metadata.name, []);
  const budget = updateBudget(view.ds, desired.length);
  const pairs = shuffle([...byNode]).map(([node, pods]): [string, Pair] => [node, pairOf(view, pods)]);
  return budget.maxSurge > 0 ? surge(view, pairs, budget.maxSurge) : replaceInPlace(view, pairs, budget.maxUnavailable);
}

function pairOf(view: DaemonSetView, pods: readonly Live<Pod>[]): Pair {
  let fresh: Live<Pod> | undefined;
  let old: Live<Pod> | undefined;
  for (const pod of pods) {
    if (isTerminating(pod)) continue;
    if (isUpdated(pod, view.ds, view.hash)) {
      if (fresh !== undefined) return undefined;
      fresh = pod;
    } else {
      if (old !== undefined) return undefined;
      old = pod;
    }
  }
  return { fresh, old };
}

function isAvailable(view: DaemonSetView, pod: Pod): boolean {
  return isPodAvailable(pod, view.ds.spec?.minReadySeconds ?? 0, view.now);
}

function replaceInPlace(view: DaemonSetView, pairs: readonly [string, Pair][], maxUnavailable: number): UpdatePlan {
  let unavailable = 0;
  const atOnce: Live<Pod>[] = [];
  const candidates: Live<Pod>[] = [];
  for (const [, pair] of pairs) {
    const { fresh, old } = pair ?? {};
    // None (a terminating pod blocks its node), both, or several: unavailable until the next pass tidied up.
    if ((fresh === undefined) === (old === undefined)) unavailable++;
    else if (fresh !== undefined) unavailable += isAvailable(view, fresh) ? 0 : 1;
    else if (old !== undefined && !isAvailable(view, old)) {
      atOnce.push(old);
      unavailable++;
    } else if (old !== undefined) candidates.push(old);
  }
  const spare = Math.max(0, maxUnavailable - unavailable);
  return { remove: [...atOnce, ...candidates.slice(0, spare)], create: [] };
}

function surge(view: DaemonSetView, pairs: readonly [string, Pair][], maxSurge: number): UpdatePlan {
  let surging = 0;
  const plan: UpdatePlan = { remove: [], create: [] };
  const candidates: string[] = [];
  for (const [node, pair] of pairs) {
    if (pair === undefined) {
      surging++;
      continue;
    }
    const { fresh, old } = pair;
    if (old === undefined) continue;
    if (fresh === undefined) {
      if (isAvailable(view, old)) candidates.push(node);
      else plan.create.push(node);
    } else if (isAvailable(view, fresh)) plan.remove.push(old);
    else surging++;
  }
  plan.create.push(...candidates.slice(0, Math.max(0, maxSurge - surging)));
  return plan;
}
