/** The DaemonSet's pods by node, and its update budget. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import { byScheduledThenOldest, isTerminal, isTerminating, targetNode } from "../rules/pods.ts";
import { eligibility } from "./eligibility.ts";

/** Everything one decision about a DaemonSet is taken from. */
export interface DaemonSetView {
  ds: Live<DaemonSet>;
  nodes: readonly Live<Node>[];
  /** Only pods controlled by this DaemonSet's UID. */
  pods: readonly Live<Pod>[];
  /** Hash of the current revision. */
  hash: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Pods by target node, the one that counts first. A pod that has ended and is being deleted is left out: its
 * replacement need not wait for it (1.28+, kubernetes#118716).
 */
export function podsByNode(pods: readonly Live<Pod>[]): Map<string, Live<Pod>[]> {
  const byNode = new Map<string, Live<Pod>[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node === undefined || (isTerminal(pod) && isTerminating(pod))) continue;
    const others = byNode.get(node);
    if (others === undefined) byNode.set(node, [pod]);
    else others.push(pod);
  }
  for (const each of byNode.values()) each.sort(byScheduledThenOldest);
  return byNode;
}

/** maxUnavailable and maxSurge as whole pods of `desired`; percentages round up for both. */
export function updateBudget(ds: DaemonSet, desired: number): { maxUnavailable: number; maxSurge: number } {
  const rolling = ds.spec?.updateStrategy?.rollingUpdate;
  const maxSurge = resolve(rolling?.maxSurge ?? 0, desired);
  const maxUnavailable = resolve(rolling?.maxUnavailable ?? (maxSurge > 0 ? 0 : 1), desired);
  // Both can come out as 0 when nothing is desired; one keeps the update moving.
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

/** Whether replacements are created beside the old pods. */
export function allowsSurge(ds: DaemonSet): boolean {
  return updateBudget(ds, 1).maxSurge > 0;
}

export function desiredNodes(view: DaemonSetView): Live<Node>[] {
  return view.nodes.filter((node) => eligibility(view.ds, node).shouldRun);
}

function resolve(value: number | string, total: number): number {
  if (typeof value === "number") return Math.max(0, value);
  const number = Number.parseInt(value, 10);
  if (!Number.isFinite(number)) return 0;
  return value.endsWith("%") ? Math.ceil((number * total) / 100) : number;
}
