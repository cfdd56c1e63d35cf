/** C17 termination stuck on a Ready node · C18 held by a finalizer. A termination within its grace period is not stuck. */
import type { Finding } from "../../../engine/types.ts";
import type { PodFacts } from "../facts.ts";
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";

function terminating(here: Situation, stuck: boolean): PodFacts[] {
  return here.slots
    .filter(({ node }) => node.ready === "True")
    .flatMap(({ pods }) => pods)
    .filter((pod) => {
      const standing = here.standings.get(pod.uid);
      return standing?.kind === "terminating" && standing.stuck === stuck;
    });
}

/** Pods that still have time to end, with the moment at which they would count as stuck. */
export function endingPods(here: Situation): { pod: PodFacts; until: number }[] {
  return terminating(here, false).map((pod) => ({
    pod,
    until: (pod.deletionDeadline ?? here.at) + here.settings.terminationSlackMs + 1000,
  }));
}

/** Pods past their termination deadline on nodes that answer. */
export function stuckTerminating(here: Situation): Finding[] {
  const { daemonSet } = here.observation;
  const pods = terminating(here, true);
  const held = pods.filter((pod) => pod.finalizers.length > 0);
  const wedged = pods.filter((pod) => pod.finalizers.length === 0);
  const overdue = (pod: PodFacts) => Math.round((here.at - (pod.deletionDeadline ?? here.at)) / 1000);
  return [
    ...held.map((pod) => ({
      cause: "C18" as const,
      reason: "FinalizerHolds",
      message: `Pod ${pod.name} on ${pod.node} cannot go: finalizer ${pod.finalizers.join(", ")} holds it. Its owner must release it.`,
      evidence: [`Terminating ${overdue(pod)} s past its deadline, finalizers ${pod.finalizers.join(", ")}`],
      pods: [pod.name],
      nodes: [pod.node],
      commands: [`kubectl get pod ${pod.name} -n ${daemonSet.namespace} -o jsonpath='{.metadata.finalizers}'`],
    })),
    ...wedged.map((pod) => ({
      cause: "C17" as const,
      reason: "TerminationStuck",
      message: `Pod ${pod.name} on ${pod.node} should have ended ${overdue(pod)} s ago; the node answers but its container runtime does not finish it.`,
      evidence: [`deletionTimestamp passed ${overdue(pod)} s ago, node ${pod.node} Ready, no finalizers`],
      pods: [pod.name],
      nodes: [pod.node],
      commands: [
        `operarius heal daemonset ${daemonSet.name} -n ${daemonSet.namespace} --force-delete=${pod.uid}   # after making sure on ${pod.node} that its processes are gone`,
        `kubectl describe node ${pod.node}`,
      ],
    })),
  ];
}

export const terminatingCauses: readonly Cause[] = [
  {
    id: "C17",
    title: "a termination that does not end",
    signature:
      "The pod is past its deletion deadline on a Ready node and has no finalizer: its container runtime does not finish it.",
    shownBy: "metadata.deletionTimestamp, which contains the grace period; events KillPodSandbox",
    helps: {
      delete: "no: it is being deleted already",
      restart: "no: the rollout waits for this pod",
      rollback: "no: the rollout waits for this pod",
    },
    forbidden: "forced deletion without a person's approval that names the uid",
    person: [
      "operarius heal daemonset {daemonset} -n {namespace} --force-delete={uid}   # after making sure on {node} that its processes are gone",
      "kubectl describe node {node}",
    ],
    source: "containerd#5708; amazon-eks-ami#693",
  },
  {
    id: "C18",
    title: "a finalizer holds the pod",
    signature: "The pod is past its deletion deadline and has finalizers.",
    shownBy: "metadata.finalizers",
    helps: {
      delete: "no: not even by force",
      restart: "no: the rollout waits for this pod",
      rollback: "no: the rollout waits for this pod",
    },
    forbidden: "stripping the finalizer",
    person: ["kubectl get pod {pod} -n {namespace} -o jsonpath='{.metadata.finalizers}'"],
    source: "apimachinery: finalizers",
  },
];
