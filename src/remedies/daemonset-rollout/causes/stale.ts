/** C29 Ready but not counted as available · C40 the recount is healthy · counters that the controller left stale (C26, C29). */
import type { Finding } from "../../../engine/types.ts";
import type { StatusCounters } from "../facts.ts";
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import type { Recognise } from "./trouble.ts";

/** Clocks of a cluster that differ by more than this are wrong, not just imprecise. */
const SKEW_MS = 30_000;

/** Recognises a pod whose readiness began in the future: the controller counts minReadySeconds from there. */
export const recogniseSkew: Recognise = ({ pod, at, daemonSet }) => {
  const ahead = (pod.readyChangedAt ?? at) - at;
  if (!pod.ready || ahead <= SKEW_MS) return undefined;
  const seconds = Math.round(ahead / 1000);
  return {
    cause: "C29",
    reason: "ClockSkew",
    blame: "surroundings",
    sentence: `is Ready by a clock that is ${seconds} s ahead, so its ${daemonSet.minReadySeconds} s of minReadySeconds have not begun`,
    evidence: [`Ready since ${new Date(pod.readyChangedAt ?? at).toISOString()}, which is still to come`],
    recreationCanHelp: false,
    ranBefore: false,
    commands: [
      `kubectl debug node/${pod.node} -it --image=busybox -- date -u   # set the clock of ${pod.node} (NTP); a new pod would begin to count anew`,
    ],
  };
};

const COUNTERS: readonly (keyof StatusCounters)[] = [
  "desired",
  "current",
  "updated",
  "ready",
  "available",
  "misscheduled",
];

/** When a status that differs from the healthy recount counts as stale, epoch milliseconds; undefined = it does not differ. */
export function staleFrom({ observation, settings }: Situation): number | undefined {
  return observation.staleSince === undefined ? undefined : observation.staleSince + settings.controllerSlackMs;
}

/** The recount is healthy, the status is not, and the controller does not look again by itself: any metadata write makes it. */
export function staleStatus(here: Situation): Finding {
  const { observation, counters, ref, at } = here;
  const { daemonSet, staleSince = at } = observation;
  const wrong = COUNTERS.filter((name) => daemonSet.status[name] !== counters[name]);
  const told = wrong.map((name) => `${name} ${daemonSet.status[name]} instead of ${counters[name]}`).join(", ");
  return {
    cause: wrong.every((name) => name === "misscheduled") ? "C26" : "C29",
    reason: "StatusStale",
    message: `All ${counters.desired} pods run and are up to date, but the status still says ${told}; one annotation on ${ref} makes the controller count again and restarts nothing.`,
    evidence: [
      `status and recount have differed for ${Math.round((at - staleSince) / 1000)} s`,
      `generation ${daemonSet.generation} is observed`,
    ],
    pods: [],
    nodes: [],
    commands: [
      `kubectl annotate ${ref} -n ${daemonSet.namespace} --overwrite operarius.openfero.io/touched-at=now   # the controller counts again`,
    ],
  };
}

export const staleCauses: readonly Cause[] = [
  {
    id: "C29",
    title: "Ready but never available",
    signature:
      "A pod is Ready, but since a moment that is still to come (the node's clock is ahead); or pods have been available for long and the status does not say so.",
    shownBy: "the pod's Ready condition, lastTransitionTime; status.numberAvailable against a recount",
    helps: {
      delete: "no: the new pod begins to count anew",
      restart: RESTART_NO,
      rollback: "no: the template is not at fault",
    },
    forbidden: "deletions",
    person: [
      "kubectl debug node/{node} -it --image=busybox -- date -u   # set the clock of {node} (NTP); a new pod would begin to count anew",
      "kubectl annotate daemonset/{daemonset} -n {namespace} --overwrite operarius.openfero.io/touched-at=now   # the controller counts again",
    ],
    source: "kubernetes#53023, kubernetes#77203; pkg/api/v1/pod/util.go IsPodAvailable",
  },
  {
    id: "C40",
    title: "nothing is wrong any more",
    signature: "A recount from pods and nodes meets every condition of a finished rollout, and the status agrees.",
    shownBy: "pods, nodes and status",
    helps: { delete: "not needed", restart: "not needed", rollback: "not needed" },
    forbidden: "everything: the alert is older than the recovery",
    person: [],
    source: "pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus",
  },
];
