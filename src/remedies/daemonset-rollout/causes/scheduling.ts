/** C13 no node resources, ports or claims · C14 Failed and evicted pods. */

import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import type { PodCase, Recognise, Trouble } from "./trouble.ts";
import { clause, quote } from "./trouble.ts";

/** Room that another pod on the same node will not give back: its ports are this DaemonSet's own. */
function heldBySibling({ pod, daemonSet, observation }: PodCase): boolean {
  const isSurge = Number.parseFloat(String(daemonSet.maxSurge)) > 0;
  const ports = daemonSet.template.admission.hostPorts.split(",").filter(Boolean);
  const older = observation.pods.find(({ uid, node, bound }) => uid !== pod.uid && node === pod.node && bound);
  const theirs = observation.revisions.find(({ hash }) => hash === older?.revisionHash)?.admission.hostPorts.split(",");
  return isSurge && (theirs?.some((port) => ports.includes(port)) ?? false);
}

/** A more important pod took the place of this pod's predecessor: the scheduler's own event says so. */
function preempted({ pod, events }: PodCase): string | undefined {
  const soon = events.find(
    ({ reason, message, lastAt }) =>
      reason === "Preempted" && message.endsWith(`on node ${pod.node}`) && lastAt >= pod.createdAt - PREEMPTED_MS,
  );
  return soon?.message;
}

/** The replacement of a preempted pod is created this soon. */
const PREEMPTED_MS = 2 * 60_000;

const NO_PORTS = /free ports for the requested pod ports/i;

/** Never looked at: the scheduler is down, or the template names one that is not there. */
function notScheduled({
  daemonSet,
}: PodCase): Pick<Trouble, "cause" | "reason" | "sentence" | "evidence" | "commands"> {
  const { schedulerName } = daemonSet.template;
  const own = schedulerName !== "default-scheduler";
  return {
    cause: "C13",
    reason: "NotScheduled",
    sentence: own
      ? `was never looked at by a scheduler: the template names ${schedulerName}, which does not answer`
      : "was never looked at by a scheduler: it is down",
    evidence: [`no node and no PodScheduled condition, schedulerName ${schedulerName}`],
    commands: [
      own
        ? `kubectl edit daemonset/${daemonSet.name} -n ${daemonSet.namespace}   # schedulerName, unless ${schedulerName} is to be started`
        : "kubectl get lease kube-scheduler -n kube-system -o yaml   # renewTime: whether a scheduler works",
    ],
  };
}

function unschedulable(podCase: PodCase, message: string): Pick<Trouble, "cause" | "reason" | "sentence" | "commands"> {
  const { pod, daemonSet } = podCase;
  const sentence = `cannot be scheduled to ${pod.node || "its node"}: ${clause(message)}`;
  if (!NO_PORTS.test(message)) {
    const taker = preempted(podCase);
    return taker === undefined
      ? { cause: "C13", reason: "Unschedulable", sentence }
      : {
          cause: "C39",
          reason: "Preempted",
          sentence: `lost its place to a more important pod (${clause(taker)}) and ${sentence}`,
        };
  }
  if (!heldBySibling(podCase)) return { cause: "C13", reason: "HostPortTaken", sentence };
  const value = '{"spec":{"updateStrategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}}}';
  return {
    cause: "C25",
    reason: "SurgeHostPort",
    sentence: `cannot be scheduled to ${pod.node}: the older pod that maxSurge keeps there holds the same host port`,
    commands: [
      `kubectl patch daemonset/${daemonSet.name} -n ${daemonSet.namespace} --type merge -p '${value}'   # host ports and maxSurge exclude each other`,
    ],
  };
}

/** Recognises a pod that the scheduler cannot place. Its node is known from the controller's affinity. */
export const recogniseUnschedulable: Recognise = (podCase) => {
  const { pod, at, settings, allowanceMs } = podCase;
  if (pod.bound) return undefined;
  const base = { blame: "surroundings", recreationCanHelp: false, ranBefore: false } as const;
  if (!pod.unscheduled) {
    if (at - pod.createdAt < allowanceMs) return undefined;
    return { ...base, ...notScheduled(podCase) };
  }
  if (at - pod.createdAt < settings.terminationSlackMs) return undefined;
  const { reason, message } = pod.unscheduled;
  const evidence = [`${reason}: ${quote(message)}`];
  if (reason === "SchedulingGated") {
    const sentence = "waits for its scheduling gates, which another controller must lift";
    return { ...base, cause: "C13", reason: "SchedulingGated", sentence, evidence };
  }
  return { ...base, ...unschedulable(podCase, message), evidence };
};

/**
 * Recognises a pod in phase Failed, which the controller replaces only after a back-off of up to 15 minutes, or in phase
 * Succeeded, which older controllers leave alone.
 */
export const recogniseFailed: Recognise = ({ pod, node }) => {
  if (pod.phase !== "Failed" && pod.phase !== "Succeeded") return undefined;
  const pressures = node?.pressures ?? [];
  return {
    cause: "C14",
    reason: "PodFailed",
    blame: "either",
    sentence:
      pressures.length > 0
        ? `failed (${pod.reason || pod.phase}) and its node still reports ${pressures.join(", ")}`
        : `failed (${pod.reason || pod.phase}) and waits for the controller's back-off`,
    evidence: [`phase ${pod.phase}, ${pod.reason || "no reason"}: ${quote(pod.message)}`],
    recreationCanHelp: pressures.length === 0,
    ranBefore: false,
  };
};

export const schedulingCauses: readonly Cause[] = [
  {
    id: "C13",
    title: "no room on the node",
    signature:
      "The pod is Pending without a node: resources, pods, host ports or claims; or its gates are not lifted; or no scheduler looks at it. The node is known from the affinity that the controller sets.",
    shownBy: "PodScheduled=False with Unschedulable or SchedulingGated, or no such condition",
    helps: {
      delete: "no: the new pod fails the same way",
      restart: RESTART_NO,
      rollback: "only if the new revision asks for more, or for another host port",
    },
    forbidden: "deleting other workloads' pods",
    person: [
      "kubectl get pods -A -o wide --field-selector spec.nodeName={node}   # make room there, or give the DaemonSet a higher priorityClassName",
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
    ],
    source: "kubernetes#140984; pkg/scheduler/framework/plugins/noderesources",
  },
  {
    id: "C14",
    title: "evicted or otherwise Failed",
    signature:
      "The pod's phase is Failed: evicted, rejected by the kubelet, shut down. The controller replaces it after a back-off of up to 15 minutes.",
    shownBy: "status.phase, status.reason; pressure conditions of the node",
    helps: {
      delete: "yes, once the pressure is gone: it skips the back-off",
      restart: RESTART_NO,
      rollback: "no: the template is not at fault",
    },
    forbidden: "deletions while the pressure lasts: the next pod is evicted, too",
    person: ["kubectl describe node {node}   # relieve {name}", "kubectl delete pod {pod} -n {namespace}"],
    source: "kubernetes#65240, kubernetes#128908; pkg/controller/daemon failedPodsBackoff",
  },
  {
    id: "C25",
    title: "maxSurge and a host port exclude each other",
    signature:
      "The new pod does not fit because the older pod, which maxSurge keeps beside it on the node, holds the same host port.",
    shownBy: `"didn't have free ports for the requested pod ports"; spec.updateStrategy; hostPort or hostNetwork`,
    helps: {
      delete: "no: deleting the older pod breaks what maxSurge promises",
      restart: RESTART_NO,
      rollback: "no: the template cannot roll out by this strategy, whatever it says",
    },
    forbidden: "deleting the older pod",
    person: [
      "kubectl patch daemonset/{daemonset} -n {namespace} --type merge -p '{name}'   # host ports and maxSurge exclude each other",
    ],
    source: "kubernetes#106417",
  },
  {
    id: "C39",
    title: "displaced by a more important pod",
    signature: "The scheduler preempted the pod, and its successor finds no room on the node.",
    shownBy: "event Preempted that names the node; PodScheduled=False with Unschedulable",
    helps: {
      delete: "no: the new pod fails the same way",
      restart: RESTART_NO,
      rollback: "no: the template is not at fault",
    },
    forbidden: "deleting the more important pod",
    person: [
      "kubectl get pods -A -o wide --field-selector spec.nodeName={node}   # make room there, or give the DaemonSet a higher priorityClassName",
    ],
    source: "pkg/scheduler/framework/preemption",
  },
];
