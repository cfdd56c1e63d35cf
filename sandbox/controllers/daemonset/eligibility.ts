/** Where a DaemonSet's pods belong (NodeShouldRunDaemonPod). Resources, ports and readiness are the scheduler's job. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Node } from "kubernetes-types/core/v1";
import { admitsNode } from "../rules/node-affinity.ts";
import { firstUntolerated } from "../rules/taints.ts";
import { daemonTolerations } from "./pod-template.ts";

export interface Eligibility {
  /** A pod is to be created and counts as desired. */
  shouldRun: boolean;
  /** An existing pod may stay. With `shouldRun` false it is misscheduled. */
  shouldContinue: boolean;
}

export function eligibility(ds: DaemonSet, node: Node): Eligibility {
  const spec = ds.spec?.template.spec ?? { containers: [] };
  const wanted = spec.nodeName ?? "";
  if ((wanted !== "" && wanted !== node.metadata?.name) || !admitsNode(spec, node)) {
    return { shouldRun: false, shouldContinue: false };
  }
  const taints = node.spec?.taints;
  const tolerations = daemonTolerations(spec);
  if (firstUntolerated(taints, tolerations, ["NoSchedule", "NoExecute"]) === undefined) {
    return { shouldRun: true, shouldContinue: true };
  }
  const mustLeave = firstUntolerated(taints, tolerations, ["NoExecute"]) !== undefined;
  return { shouldRun: false, shouldContinue: !mustLeave };
}
