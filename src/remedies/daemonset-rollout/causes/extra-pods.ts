/** C38 more pods on a node than the controller keeps there. */
import type { Finding } from "../../../engine/types.ts";
import type { PodFacts } from "../facts.ts";
import { isTerminating, isUpdated } from "../recount.ts";
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";

/** Nodes with too many pods, and the newest pod there. Under maxSurge an old and a new pod belong together. */
export function crowded({
  slots,
  observation: { daemonSet },
}: Situation): { node: string; pods: PodFacts[]; newest: PodFacts }[] {
  return slots.flatMap(({ node, pods }) => {
    const live = pods.filter((pod) => !isTerminating(pod));
    const updated = live.filter((pod) => isUpdated(pod, daemonSet)).length;
    const isSurge = Number.parseFloat(String(daemonSet.maxSurge)) > 0;
    const isTooMany = isSurge ? updated > 1 || live.length - updated > 1 : live.length > 1;
    const newest = [...live].sort((a, b) => b.createdAt - a.createdAt)[0];
    return isTooMany && newest ? [{ node: node.name, pods: live, newest }] : [];
  });
}

/** The controller removes what is too many within one sync; when it does not, somebody must look. */
export function extraPods(here: Situation): Finding | undefined {
  const { observation, at, settings } = here;
  const lasting = crowded(here).filter(({ newest }) => at - newest.createdAt > settings.controllerSlackMs);
  const first = lasting[0];
  if (!first) return undefined;
  const { namespace } = observation.daemonSet;
  const names = lasting.flatMap(({ pods }) => pods.map(({ name }) => name));
  return {
    cause: "C38",
    reason: "ExtraPods",
    message: `${first.pods.length} pods of this DaemonSet are on ${first.node}${lasting.length > 1 ? ` and too many on ${lasting.length - 1} more` : ""}, and the controller does not remove what is too many. Which of them serves is a person's decision.`,
    evidence: lasting.map(({ node, pods }) => `node ${node}: ${pods.map(({ name }) => name).join(", ")}`),
    pods: names,
    nodes: lasting.map(({ node }) => node),
    commands: [
      `kubectl get pods -n ${namespace} -o wide --field-selector spec.nodeName=${first.node}   # ${first.newest.name} is the newest`,
      `kubectl describe ${here.ref} -n ${namespace}`,
    ],
  };
}

export const extraPodCauses: readonly Cause[] = [
  {
    id: "C38",
    title: "more pods on a node than there should be",
    signature:
      "A node has two pods of the DaemonSet that are not being deleted (under maxSurge: two of one revision) for longer than a sync takes: adopted, restored or created by hand.",
    shownBy: "pods that the DaemonSet's uid controls, by node",
    helps: {
      delete: "perhaps, but which of them serves is not known here",
      restart: RESTART_NO,
      rollback: "no: the template is not at fault",
    },
    forbidden: "deletions: the controller removes the excess itself once it works",
    person: ["kubectl get pods -n {namespace} -o wide --field-selector spec.nodeName={node}   # {pod} is the newest"],
    source: "pkg/controller/daemon/daemon_controller.go podsShouldBeOnNode",
  },
];
