/** The findings about pods in phase Failed, in words (pure): C14. */
import type { Situation, TroubledPod } from "../situation.ts";
import type { Group } from "./group.ts";
import { evidenceOf, nodeNames, placed, podNames, running } from "./group.ts";

/** The kubelet had no place for the pod, or the pod itself took more than it may: the node's conditions do not show that. */
const UNSEEN = /^(OutOf|NodeAffinity|UnexpectedAdmissionError)|exceed/i;

/** Pods in phase Failed: those whose node is well again, and those whose node is still under pressure. */
export function failedPods(here: Situation, failed: readonly TroubledPod[]): Group[] {
  const over = failed.filter(({ trouble }) => trouble.recreationCanHelp);
  const pressed = failed.filter(({ trouble }) => !trouble.recreationCanHelp);
  return [
    ...(over[0] ? [whereGone(here, over, over[0])] : []),
    ...(pressed[0] ? [underPressure(here, pressed, pressed[0])] : []),
  ];
}

function told(here: Situation, pods: readonly TroubledPod[], { pod, trouble }: TroubledPod): string {
  const many = pods.length === 1 ? "" : `${pods.length} pods ${placed(nodeNames(pods))} failed, the first of them: `;
  return `${running(here)}; ${many}pod ${pod.name} on ${pod.node} ${trouble.sentence}`;
}

function whereGone(here: Situation, pods: readonly TroubledPod[], first: TroubledPod): Group {
  const { reason, message, name, namespace } = first.pod;
  const verdict =
    UNSEEN.test(reason) || UNSEEN.test(message)
      ? "Its node reports no pressure; deleting the failed pod brings its replacement at once, which shows whether the cause is gone."
      : "The cause is gone, so deleting the failed pod brings its replacement at once.";
  return {
    kind: "failed-pods",
    pods,
    finding: {
      cause: "C14",
      reason: "PodFailed",
      message: `${told(here, pods, first)}. ${verdict}`,
      evidence: evidenceOf(pods),
      pods: podNames(pods),
      nodes: nodeNames(pods),
      commands: [`kubectl delete pod ${name} -n ${namespace}`],
    },
  };
}

function underPressure(here: Situation, pods: readonly TroubledPod[], first: TroubledPod): Group {
  const node = here.slots.find((slot) => slot.node.name === first.pod.node)?.node;
  const nodes = nodeNames(pods);
  return {
    kind: "failed-pods",
    pods: [],
    finding: {
      cause: "C14",
      reason: "NodePressure",
      message: `${told(here, pods, first)}. A new pod would be evicted again while that lasts.`,
      evidence: evidenceOf(pods),
      pods: podNames(pods),
      nodes,
      commands: [`kubectl describe node ${first.pod.node}   # relieve ${node?.pressures.join(", ")}`],
      ...(nodes.length === 1 ? { root: `node/${first.pod.node}` } : {}),
    },
  };
}
