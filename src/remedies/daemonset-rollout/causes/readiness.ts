/** C07 never Ready · the part of C41 that is seen on one pod: it was Ready and lost it. */

import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import type { Recognise } from "./trouble.ts";
import { startedAt } from "./trouble.ts";

/**
 * True when a running pod lost readiness since its containers started: Ready changes to False before the first start
 * and only again after having been True. Times have whole seconds, so a change within the second of the start does not count.
 */
function lostReadiness(changedAt: number | undefined, startedAt: number | undefined): boolean {
  return changedAt !== undefined && startedAt !== undefined && changedAt > startedAt;
}

/** Recognises running containers without readiness. */
export const recogniseReadiness: Recognise = ({ pod, at, allowanceMs }) => {
  if (pod.phase !== "Running" || pod.ready) return undefined;
  const main = pod.containers.filter((container) => !container.init);
  if (main.length === 0 || main.some((container) => container.runningSince === undefined)) return undefined;
  const started = Math.max(...main.map((container) => container.runningSince ?? 0));
  const unready = main.filter((container) => !container.ready).map((container) => container.name);
  const container = unready[0] === undefined ? {} : { container: unready[0] };
  const gates = pod.readyReason === "ReadinessGatesNotReady";
  if (!gates && lostReadiness(pod.readyChangedAt, started)) {
    return {
      cause: "C41",
      reason: "LostReadiness",
      blame: "either",
      sentence: `was Ready and lost it (${unready.join(", ") || pod.readyReason})`,
      evidence: [`Ready=False since ${new Date(pod.readyChangedAt ?? 0).toISOString()}, running without restart`],
      recreationCanHelp: true,
      ranBefore: true,
      ...container,
    };
  }
  if (at - startedAt(pod) < allowanceMs) return undefined;
  return {
    cause: "C07",
    reason: gates ? "ReadinessGates" : "NeverReady",
    blame: gates ? "surroundings" : "either",
    sentence: gates ? "waits for a readiness gate that another controller sets" : "runs but never becomes Ready",
    evidence: [`running for ${Math.round((at - started) / 1000)} s, ${pod.readyReason || "not Ready"}`],
    recreationCanHelp: !gates,
    ranBefore: false,
    ...container,
  };
};

export const readinessCauses: readonly Cause[] = [
  {
    id: "C07",
    title: "never Ready",
    signature:
      "The containers run and the pod does not become Ready within its start-up allowance; where a readiness gate is missing, another controller must set it.",
    shownBy: "Ready=False with ContainersNotReady or ReadinessGatesNotReady; events Unhealthy",
    helps: {
      delete: "no; one node among good siblings: once",
      restart: RESTART_NO,
      rollback: "yes, if no pod of the revision is Ready; no for a readiness gate",
    },
    forbidden: "restarts",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl edit daemonset/{daemonset} -n {namespace}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/prober; pkg/kubelet/status/generate.go",
  },
];
