/** Where a pod goes, or the sentence that says why it goes nowhere. Pure. */
import type { Pod } from "kubernetes-types/core/v1";
import { pinnedNodes } from "../rules/node-affinity.ts";
import type { NodeLoad } from "./fit.ts";
import { freeShare, misfits } from "./fit.ts";

export type Placement = { kind: "bind"; node: string } | { kind: "unschedulable"; message: string };

/** Picks the fitting node with the largest free share (by name among equals). */
export function place(pod: Pod, loads: readonly NodeLoad[]): Placement {
  if (loads.length === 0) return { kind: "unschedulable", message: "no nodes available to schedule pods" };
  const pinned = pod.spec === undefined ? undefined : pinnedNodes(pod.spec);
  const reasons = new Map<string, number>();
  let preemptible = 0;
  const fitting: { load: NodeLoad; share: number }[] = [];
  for (const load of loads) {
    // Nodes outside the pod's match fields never reach the filters (PreFilter, 1.22+): they have a sentence of their own.
    const why =
      pinned !== undefined && !pinned.includes(load.node.metadata?.name ?? "")
        ? ["node(s) didn't satisfy plugin(s) [NodeAffinity]"]
        : misfits(pod, load);
    if (why.length === 0) fitting.push({ load, share: freeShare(pod, load) });
    if (why.length > 0 && why.every(isRoom) && misfits(pod, { node: load.node, pods: [] }).length === 0)
      preemptible += 1;
    for (const reason of why) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  fitting.sort((a, b) => b.share - a.share || nameOf(a.load).localeCompare(nameOf(b.load)));
  const best = fitting[0];
  if (best !== undefined) return { kind: "bind", node: nameOf(best.load) };
  return { kind: "unschedulable", message: refusal(loads.length, reasons, preemptible) };
}

/** Order in which pods are tried: higher priority first, then older first. */
export function byPriorityThenAge(a: Pod, b: Pod): number {
  const priority = (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0);
  if (priority !== 0) return priority;
  return Date.parse(a.metadata?.creationTimestamp ?? "") - Date.parse(b.metadata?.creationTimestamp ?? "");
}

/** Reasons that go away when other pods do. */
function isRoom(reason: string): boolean {
  return /^(Insufficient|Too many)|free ports/.test(reason);
}

/** `preemptible`: nodes that would take the pod if nothing else ran there. */
function refusal(total: number, reasons: ReadonlyMap<string, number>, preemptible: number): string {
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const helpless = total - preemptible;
  const preemption = [
    ...(preemptible > 0 ? [`${preemptible} No preemption victims found for incoming pod`] : []),
    ...(helpless > 0 ? [`${helpless} Preemption is not helpful for scheduling`] : []),
  ].sort();
  return (
    `0/${total} nodes are available: ${counted.join(", ")}. ` +
    `no new claims to deallocate, preemption: 0/${total} nodes are available: ${preemption.join(", ")}.`
  );
}

function nameOf(load: NodeLoad): string {
  return load.node.metadata?.name ?? "";
}
