/** C30/C31 the controller does not act on the spec · C32 the DaemonSet is being deleted · C40 the status is stale. */
import type { Finding } from "../../../engine/types.ts";
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";
import { quote } from "./trouble.ts";

/** The DaemonSet itself is going away: its status is frozen and nothing may be changed. */
export function beingDeleted({ observation: { daemonSet }, ref }: Situation): Finding | undefined {
  if (!daemonSet.deleting) return undefined;
  return {
    cause: "C32",
    reason: "BeingDeleted",
    message: `${ref} is being deleted; its status no longer changes.`,
    evidence: ["metadata.deletionTimestamp is set"],
    pods: [],
    nodes: [],
    commands: [`kubectl get ${ref} -n ${daemonSet.namespace} -o jsonpath='{.metadata.finalizers}'`],
  };
}

/** Milliseconds that the controller has been behind the spec, 0 when it is not. */
export function controllerLagMs({ observation: { daemonSet }, at }: Situation): number {
  if (daemonSet.generation <= daemonSet.observedGeneration) return 0;
  return Math.max(1, at - (daemonSet.specChangedAt ?? at));
}

/** The controller has not observed the spec for longer than it may take: for nobody (C30), or only for this one (C31). */
export function controllerBehind(here: Situation): Finding | undefined {
  const { daemonSet, controllerSeenAt = 0 } = here.observation;
  const lag = controllerLagMs(here);
  if (lag <= here.settings.controllerSlackMs) return undefined;
  const worksSince = daemonSet.specChangedAt !== undefined && controllerSeenAt > daemonSet.specChangedAt;
  const seconds = Math.round(lag / 1000);
  const evidence = [`generation ${daemonSet.generation}, observedGeneration ${daemonSet.observedGeneration}`];
  return worksSince
    ? refusedByController(here, seconds, evidence)
    : {
        cause: "C30",
        reason: "ControllerBehind",
        message: `The DaemonSet controller has not acted on generation ${daemonSet.generation} for ${seconds} s (it is at ${daemonSet.observedGeneration}); changing the template or the pods would only queue more.`,
        evidence,
        pods: [],
        nodes: [],
        commands: [
          "kubectl get lease kube-controller-manager -n kube-system -o yaml",
          `kubectl describe ${here.ref} -n ${daemonSet.namespace}`,
        ],
      };
}

function refusedByController(here: Situation, seconds: number, evidence: readonly string[]): Finding {
  const { daemonSet, controllerSeenAt = 0, events } = here.observation;
  const words = events
    .filter(({ about, lastAt }) => about === `DaemonSet/${daemonSet.name}` && lastAt >= (daemonSet.specChangedAt ?? 0))
    .map(({ reason, message }) => `${reason}: ${quote(message)}`);
  return {
    cause: "C31",
    reason: "ControllerRefuses",
    message: `The controller serves other DaemonSets but has not acted on generation ${daemonSet.generation} of this one for ${seconds} s: it cannot write its ControllerRevision (a quota or a webhook on controllerrevisions, a duplicate), or another selector overlaps. Nothing else moves until that is repaired.`,
    evidence: [
      ...evidence,
      `the controller wrote the status of another DaemonSet at ${new Date(controllerSeenAt).toISOString()}, after the last change here`,
      ...words.slice(0, 3),
    ],
    pods: [],
    nodes: [],
    commands: [
      `kubectl get resourcequota,controllerrevisions -n ${daemonSet.namespace}   # a quota on count/controllerrevisions.apps, a duplicate`,
      "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations   # one with rules for controllerrevisions",
      `kubectl describe ${here.ref} -n ${daemonSet.namespace}`,
    ],
  };
}

export const controllerCauses: readonly Cause[] = [
  {
    id: "C30",
    title: "the DaemonSet controller does not work",
    signature:
      "The newest generation has not been observed for two minutes, and the controller has written no other DaemonSet's status since either.",
    shownBy: "metadata.generation against status.observedGeneration; the Lease kube-controller-manager",
    helps: {
      delete: "no: nothing would make a new pod",
      restart: "no: it only queues one more change",
      rollback: "no: it only queues one more change",
    },
    forbidden: "every write",
    person: ["kubectl get lease kube-controller-manager -n kube-system -o yaml"],
    source: "cmd/kube-controller-manager; the alert itself is silent about it",
  },
  {
    id: "C31",
    title: "the controller refuses this DaemonSet only",
    signature:
      "The newest generation has not been observed for two minutes although the controller has written another DaemonSet's status since: it cannot write the ControllerRevision, or selectors overlap.",
    shownBy:
      "managedFields times of other DaemonSets' statuses; quotas and webhooks for controllerrevisions; event SelectingAll",
    helps: {
      delete: "no: nothing would make a new pod",
      restart: "no: it cannot be observed either",
      rollback: "no: it cannot be observed either",
    },
    forbidden: "every write; deleting ControllerRevisions",
    person: [
      "kubectl get resourcequota,controllerrevisions -n {namespace}   # a quota on count/controllerrevisions.apps, a duplicate",
    ],
    source: "pkg/controller/daemon/update.go constructHistory; kubernetes#111280",
  },
  {
    id: "C32",
    title: "the DaemonSet is being deleted",
    signature:
      "metadata.deletionTimestamp is set and a finalizer or foreground deletion holds the object; its status is frozen.",
    shownBy: "metadata.deletionTimestamp, metadata.finalizers",
    helps: { delete: "no", restart: "no", rollback: "no" },
    forbidden: "every write",
    person: ["kubectl get daemonset/{daemonset} -n {namespace} -o jsonpath='{.metadata.finalizers}'"],
    source: "pkg/controller/daemon/daemon_controller.go syncDaemonSet",
  },
];
