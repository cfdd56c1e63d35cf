/** Pods that nobody will ever finish (pkg/controller/podgc). Pure. */
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import { isTerminating } from "../rules/pods.ts";

export interface PodGcView {
  pods: readonly Live<Pod>[];
  nodes: readonly Live<Node>[];
  /** Since when (ms) each node that pods name has been missing. */
  missingSince: ReadonlyMap<string, number>;
  quarantineMs: number;
  now: number;
}

export interface OrphanedPod {
  pod: Live<Pod>;
  reason: "NodeGone" | "UnscheduledTerminating" | "OutOfService";
  message: string;
}

/** Pods to be removed by force: their node is gone for longer than the quarantine, or they can never be confirmed. */
export function orphanedPods(view: PodGcView): OrphanedPod[] {
  const nodes = new Map(view.nodes.map((node) => [node.metadata.name, node]));
  return view.pods.flatMap((pod): OrphanedPod[] => {
    const name = pod.spec?.nodeName ?? "";
    if (name === "") {
      if (!isTerminating(pod)) return [];
      return [{ pod, reason: "UnscheduledTerminating", message: "terminating and never scheduled" }];
    }
    const node = nodes.get(name);
    if (node !== undefined) {
      if (!isTerminating(pod) || !isOutOfService(node)) return [];
      return [{ pod, reason: "OutOfService", message: `terminating on out-of-service node ${name}` }];
    }
    const since = view.missingSince.get(name);
    if (since === undefined || view.now - since < view.quarantineMs) return [];
    return [{ pod, reason: "NodeGone", message: "PodGC: node no longer exists" }];
  });
}

function isOutOfService(node: Node): boolean {
  const ready = node.status?.conditions?.find((each) => each.type === "Ready")?.status;
  return (
    ready !== "True" && (node.spec?.taints ?? []).some((taint) => taint.key === "node.kubernetes.io/out-of-service")
  );
}
