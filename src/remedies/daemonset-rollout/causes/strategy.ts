/** C24 OnDelete with outdated pods · C26 misscheduled pods. Neither is a fault that a write of ours should end. */
import type { Finding } from "../../../engine/types.ts";
import { isDrained, untoleratedTaints } from "../eligibility.ts";
import type { NodeFacts, PodFacts } from "../facts.ts";
import { isTerminating, isUpdated } from "../recount.ts";
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";
import type { Trouble } from "./trouble.ts";

/** Under OnDelete a person decides when a pod gets the new template. */
export function onDeleteOutdated(here: Situation): Finding | undefined {
  const { daemonSet } = here.observation;
  if (daemonSet.strategy !== "OnDelete") return undefined;
  const outdated = here.slots
    .filter(({ node, shouldRun }) => shouldRun && node.ready === "True")
    .flatMap(({ pods }) => pods)
    .filter((pod) => !isUpdated(pod, daemonSet) && !isTerminating(pod));
  if (outdated.length === 0) return undefined;
  const troubleOf = ({ uid }: PodFacts): Trouble | undefined => {
    const standing = here.standings.get(uid);
    return standing?.kind === "troubled" ? standing.trouble : undefined;
  };
  const ill = outdated.filter((pod) => troubleOf(pod) !== undefined);
  const [first] = ill;
  // Nobody but a person replaces them; those that do not work cost nothing and come first.
  const inOrder = [...ill, ...outdated.filter((pod) => !ill.includes(pod))];
  return {
    cause: "C24",
    reason: "OnDeleteOutdated",
    message: `${outdated.length} of ${here.counters.desired} pods run an older template because the update strategy is OnDelete: each is replaced only when somebody deletes it.${first ? ` ${ill.length} of them ${ill.length === 1 ? "does" : "do"} not work; pod ${first.name} on ${first.node} ${troubleOf(first)?.sentence}.` : ""}`,
    evidence: [
      `updateStrategy OnDelete, updated ${here.counters.updated} of ${here.counters.desired}`,
      ...ill
        .slice(0, 5)
        .flatMap((pod) => (troubleOf(pod)?.evidence ?? []).map((line) => `pod ${pod.name} on ${pod.node}: ${line}`)),
    ],
    pods: inOrder.map(({ name }) => name),
    nodes: inOrder.map(({ node }) => node),
    commands: inOrder
      .slice(0, 3)
      .map(
        ({ name, node }) =>
          `kubectl delete pod ${name} -n ${daemonSet.namespace}   # on ${node}; wait for its replacement before the next`,
      ),
  };
}

interface Misplaced {
  node: NodeFacts;
  pods: readonly PodFacts[];
  taints: string;
}

/** Pods on Ready nodes that should not run them. Dead nodes are reported by their own cause. */
function misplaced({ slots, observation: { daemonSet } }: Situation): Misplaced[] {
  return slots
    .filter(({ node, shouldRun, pods }) => !shouldRun && pods.length > 0 && node.ready === "True")
    .map(({ node, pods }) => ({
      node,
      pods,
      taints: untoleratedTaints(node, daemonSet.template)
        .map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`)
        .join(", "),
    }));
}

/** Pods that a taint makes misscheduled: they run on, and whether they should is a person's decision (C26). */
export function misscheduled(here: Situation): Finding | undefined {
  const { daemonSet } = here.observation;
  const wrong = misplaced(here).filter(({ taints }) => taints !== "");
  const first = wrong[0];
  if (!first) return undefined;
  const why = wrong.map(({ node, taints }) => `${node.name}: taint ${taints}`);
  const pods = wrong.flatMap((slot) => slot.pods);
  const leaving = wrong.filter(({ node }) => isDrained(node)).map(({ node }) => node.name);
  const isLeavingAll = leaving.length === wrong.length;
  const decision = isLeavingAll
    ? "These nodes are being drained: they and their pods go once the drain is through."
    : "Whether these nodes should be covered is a person's decision.";
  return {
    cause: "C26",
    reason: isLeavingAll ? "NodeDraining" : "Misscheduled",
    message: `${pods.length} pod${pods.length === 1 ? " runs" : "s run"} on nodes that should not have one (${why.slice(0, 3).join("; ")}). ${decision}`,
    evidence: why,
    pods: pods.map(({ name }) => name),
    nodes: wrong.map(({ node }) => node.name),
    commands: isLeavingAll
      ? [
          `kubectl get pods -A -o wide --field-selector spec.nodeName=${first.node.name}   # what still holds up the drain of ${first.node.name}`,
        ]
      : [
          `kubectl edit ${here.ref} -n ${daemonSet.namespace}   # add a toleration if ${first.node.name} should keep its pod`,
          `kubectl delete pod ${pods[0]?.name} -n ${daemonSet.namespace}   # it will not come back: ${first.node.name} loses this agent`,
        ],
  };
}

/** Pods on nodes that the node selector or affinity no longer selects: the controller deletes them itself (C27). */
export function deselected(here: Situation): Finding | undefined {
  const { daemonSet } = here.observation;
  const wrong = misplaced(here).filter(({ taints }) => taints === "");
  const first = wrong[0];
  if (!first) return undefined;
  const pods = wrong.flatMap((slot) => slot.pods);
  const names = wrong.map(({ node }) => node.name);
  const lacking = ({ labels }: NodeFacts): string =>
    Object.entries(daemonSet.template.nodeSelector)
      .filter(([key, value]) => labels[key] !== value)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  const selectors = [...new Set(wrong.map(({ node }) => lacking(node)))].filter((each) => each !== "");
  return {
    cause: "C27",
    reason: "NodeDeselected",
    message: `${pods.length} pod${pods.length === 1 ? " is" : "s are"} on nodes that are not selected by the template any more (${names.slice(0, 5).join(", ")}): a label or the node selector changed. The controller deletes them, and ${here.counters.desired} nodes remain.`,
    evidence: wrong.map(({ node }) => {
      const labels = lacking(node);
      return `node ${node.name}: ${labels ? `lacks ${labels}` : "does not match the node affinity"}`;
    }),
    pods: pods.map(({ name }) => name),
    nodes: names,
    commands: [
      `kubectl get nodes --show-labels ${names.slice(0, 5).join(" ")}   # put the label back if it was taken by mistake: ${selectors.join(" or ") || "see the node affinity"}`,
    ],
  };
}

export const strategyCauses: readonly Cause[] = [
  {
    id: "C24",
    title: "OnDelete: outdated pods wait for a person",
    signature: "The update strategy is OnDelete and available pods run an older template. It is often deliberate.",
    shownBy: "spec.updateStrategy.type; controller-revision-hash of the pods",
    helps: {
      delete: "by a person, one pod after the other",
      restart: "no: every pod becomes outdated",
      rollback: "by a person: it clears the alert without restarts, and gives the change up",
    },
    forbidden: "every write",
    person: ["kubectl delete pod {pod} -n {namespace}   # on {node}; wait for its replacement before the next"],
    source: "pkg/controller/daemon/daemon_controller.go; devantler-tech/platform#2963",
  },
  {
    id: "C26",
    title: "misscheduled by a taint",
    signature:
      "A pod runs on a Ready node with a NoSchedule taint that it does not tolerate. A node that is being drained takes care of itself. Where the recount finds none and the status still tells some, the counter is stale.",
    shownBy: "taints of the node; status.numberMisscheduled against a recount",
    helps: {
      delete: "by a person: the pod does not come back",
      restart: "no: the pod would go without coming back",
      rollback: "no: the template is not at fault",
    },
    forbidden: "deletions",
    person: [
      "kubectl edit daemonset/{daemonset} -n {namespace}   # add a toleration if {node} should keep its pod",
      "kubectl get pods -A -o wide --field-selector spec.nodeName={node}   # what still holds up the drain of {node}",
      "kubectl annotate daemonset/{daemonset} -n {namespace} --overwrite operarius.openfero.io/touched-at=now   # the controller counts again",
    ],
    source: "pkg/controller/daemon NodeShouldRunDaemonPod; kubernetes#132459",
  },
  {
    id: "C27",
    title: "a node is not selected any more",
    signature:
      "A pod is on a Ready node that the node selector or affinity does not match: a label was taken from the node, or the template changed. The controller deletes such pods itself, under OnDelete as well.",
    shownBy: "labels of the node, nodeSelector and affinity of the template",
    helps: {
      delete: "no: the controller has done it",
      restart: "no: other nodes are well",
      rollback: "by a person, if the new selector is a mistake",
    },
    forbidden: "every write: labels of nodes are a person's",
    person: ["kubectl get nodes --show-labels {node}   # put the label back if it was taken by mistake: {name}"],
    source: "kubernetes#105017; pkg/controller/daemon NodeShouldRunDaemonPod",
  },
];
