/** What the silence or the conditions of a node mean for its status, taints and pods. Pure. */
import type { Node, NodeCondition, Pod, Taint } from "kubernetes-types/core/v1";
import { firstUntolerated, isSameTaint, tolerates } from "../rules/taints.ts";

const taintByCondition: Readonly<Record<string, string>> = {
  MemoryPressure: "node.kubernetes.io/memory-pressure",
  DiskPressure: "node.kubernetes.io/disk-pressure",
  PIDPressure: "node.kubernetes.io/pid-pressure",
  NetworkUnavailable: "node.kubernetes.io/network-unavailable",
};

const owned = new Set([
  ...Object.values(taintByCondition),
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
  "node.kubernetes.io/unschedulable",
]);

/** The conditions after the grace period passed without a heartbeat; undefined when they already say so. */
export function unknownConditions(node: Node, at: string): NodeCondition[] | undefined {
  const wanted = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
  const have = node.status?.conditions ?? [];
  if (wanted.every((type) => have.find((each) => each.type === type)?.status === "Unknown")) return undefined;
  const neverHeard = have.length === 0;
  const unknown = wanted.map((type): NodeCondition => {
    const before = have.find((each) => each.type === type);
    if (before?.status === "Unknown") return before;
    return {
      ...before,
      type,
      status: "Unknown",
      reason: neverHeard ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
      message: neverHeard ? "Kubelet never posted node status." : "Kubelet stopped posting node status.",
      lastTransitionTime: at,
    };
  });
  return [...have.filter((each) => !wanted.includes(each.type)), ...unknown];
}

/** The taints the node should carry; undefined when it does. Taints that are not the controller's stay as they are. */
export function wantedTaints(node: Node, at: string): Taint[] | undefined {
  const have = node.spec?.taints ?? [];
  const wanted: Taint[] = [];
  const ready = node.status?.conditions?.find((each) => each.type === "Ready")?.status;
  if (ready !== "True") {
    const key = ready === "Unknown" ? "node.kubernetes.io/unreachable" : "node.kubernetes.io/not-ready";
    wanted.push({ key, effect: "NoSchedule" }, { key, effect: "NoExecute" });
  }
  for (const condition of node.status?.conditions ?? []) {
    const key = taintByCondition[condition.type];
    if (key !== undefined && condition.status === "True") wanted.push({ key, effect: "NoSchedule" });
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" });
  const isKept = (taint: Taint): boolean => !owned.has(taint.key) || wanted.some((each) => isSameTaint(each, taint));
  const kept = have.filter(isKept);
  const added = wanted.filter((taint) => !have.some((each) => isSameTaint(each, taint)));
  if (kept.length === have.length && added.length === 0) return undefined;
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: at }))];
}

/** Whether the node's pods must be shown as not Ready because nobody reports on them. */
export function mustMarkPods(node: Node): boolean {
  return node.status?.conditions?.find((each) => each.type === "Ready")?.status === "Unknown";
}

/**
 * When a pod must leave its node for a NoExecute taint: milliseconds since the epoch, undefined = never. The shortest
 * tolerationSeconds among the tolerations that apply decides, counted from the youngest of the taints; taints that
 * people add say no time, then it is counted from `noticedAt`.
 */
export function evictionTime(pod: Pod, node: Node, noticedAt: number): number | undefined {
  const taints = (node.spec?.taints ?? []).filter((taint) => taint.effect === "NoExecute");
  if (taints.length === 0) return undefined;
  const tolerations = pod.spec?.tolerations ?? [];
  if (firstUntolerated(taints, tolerations, ["NoExecute"]) !== undefined) return 0;
  const used = tolerations.filter((each) => taints.some((taint) => tolerates(each, taint)));
  const limits = used.flatMap((each) => (each.tolerationSeconds === undefined ? [] : [each.tolerationSeconds]));
  if (limits.length === 0) return undefined;
  const times = taints.map((taint) => Date.parse(taint.timeAdded ?? "")).filter(Number.isFinite);
  const since = times.length > 0 ? Math.max(...times) : noticedAt;
  return since + Math.max(0, Math.min(...limits)) * 1000;
}
