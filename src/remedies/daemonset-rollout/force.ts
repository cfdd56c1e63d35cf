/** Forced deletion (pure): only of a pod whose uid a person named, stuck past its deadline, held by no finalizer. */
import type { PlanContext, Step } from "../../engine/types.ts";
import type { Assessment } from "./diagnose.ts";

/** Steps for the approved pods that meet PC-FORCE of FAILURES §3; others are silently not in it. None while deletions are off. */
export function forcedDeletions({ here }: Assessment, { policies }: Pick<PlanContext, "policies">): Step[] {
  if (policies.delete === "off") return [];
  return (
    here.observation.pods
      .filter((pod) => policies.forceDelete.includes(pod.uid) && pod.finalizers.length === 0)
      .filter((pod) => {
        const standing = here.standings.get(pod.uid);
        return standing?.kind === "terminating" && standing.stuck;
      })
      // The order of a list must not make another plan of the same pods.
      .sort((a, b) => (a.node < b.node ? -1 : 1))
      .map((pod) => ({
        kind: "delete-pod",
        pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid, resourceVersion: pod.resourceVersion },
        node: pod.node,
        reason: "ForceDeleteApproved",
        trouble: "TerminationStuck",
        force: true,
        summary: `delete pod ${pod.name} on ${pod.node} without waiting for its node (approved by uid ${pod.uid})`,
      }))
  );
}
