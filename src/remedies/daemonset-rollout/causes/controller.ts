/** C30/C31 the controller does not act on the spec · C32 the DaemonSet is being deleted · C40 the status is stale. */
import type { Finding } from "../../../engine/types.ts";
import type { Situation } from "../situation.ts";

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

/** The controller has not observed the spec for longer than it may take. */
export function controllerBehind(here: Situation): Finding | undefined {
  const { daemonSet } = here.observation;
  const lag = controllerLagMs(here);
  if (lag <= here.settings.controllerSlackMs) return undefined;
  return {
    cause: "C30",
    reason: "ControllerBehind",
    message: `The DaemonSet controller has not acted on generation ${daemonSet.generation} for ${Math.round(lag / 1000)} s (it is at ${daemonSet.observedGeneration}); changing the template or the pods would only queue more.`,
    evidence: [`generation ${daemonSet.generation}, observedGeneration ${daemonSet.observedGeneration}`],
    pods: [],
    nodes: [],
    commands: [
      "kubectl get lease kube-controller-manager -n kube-system -o yaml",
      `kubectl describe ${here.ref} -n ${daemonSet.namespace}`,
    ],
  };
}
