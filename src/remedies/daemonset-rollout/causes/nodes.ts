/** C15/C16 node down · C19 node object gone. What happens on such a node says nothing about the revision. */
import type { Finding } from "../../../engine/types.ts";
import type { NodeFacts } from "../facts.ts";
import { maxUnavailable } from "../recount.ts";
import type { Situation } from "../situation.ts";

/** Nodes that do not answer and matter here: they should run the pod or still have one. */
function deadNodes({ slots }: Situation): NodeFacts[] {
  return slots
    .filter(({ node, shouldRun, pods }) => node.ready !== "True" && (shouldRun || pods.length > 0))
    .map(({ node }) => node);
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}

/** Nodes of this DaemonSet are NotReady. Deleting their pods cannot help; a restart adds a second stall. */
export function nodeDown(here: Situation): Finding | undefined {
  const dead = deadNodes(here);
  if (dead.length === 0) return undefined;
  const { daemonSet } = here.observation;
  const names = dead.map(({ name }) => name);
  const stillCounted = here.slots.some(({ node, shouldRun }) => shouldRun && node.ready !== "True");
  const budget = maxUnavailable(daemonSet, here.counters.desired) + dead.length;
  const raise = `kubectl patch ${here.ref} -n ${daemonSet.namespace} --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":${budget}}}}}'`;
  return {
    cause: stillCounted ? "C16" : "C15",
    reason: "NodeDown",
    message: `${names.length === 1 ? `Node ${names[0]} does` : `Nodes ${listed(names)} do`} not answer; ${stillCounted ? "the rollout waits for what cannot run there" : "the pod there counts as misscheduled"}. Repair or remove the node; nothing about the DaemonSet is wrong there.`,
    evidence: dead.map(
      ({ name, ready, readyChangedAt }) =>
        `node ${name} Ready=${ready}${readyChangedAt ? ` since ${new Date(readyChangedAt).toISOString()}` : ""}`,
    ),
    pods: here.slots
      .filter(({ node }) => names.includes(node.name))
      .flatMap(({ pods }) => pods.map(({ name }) => name)),
    nodes: names,
    commands: [
      `kubectl describe node ${names[0]}`,
      ...(stillCounted && daemonSet.strategy === "RollingUpdate" ? [raise] : []),
    ],
  };
}

/** Pods whose node object no longer exists; the pod garbage collector removes them within about two minutes. */
export function orphaned(here: Situation): Finding | undefined {
  const pods = here.orphans.filter((pod) => pod.bound);
  if (pods.length === 0) return undefined;
  const { daemonSet } = here.observation;
  return {
    cause: "C19",
    reason: "NodeGone",
    message: `${pods.length === 1 ? `Pod ${pods[0]?.name} belongs` : `${pods.length} pods belong`} to a node that no longer exists; the cluster's pod garbage collection removes it.`,
    evidence: pods.map(({ name, node }) => `pod ${name}: node ${node} is not in the cluster`),
    pods: pods.map(({ name }) => name),
    nodes: [...new Set(pods.map(({ node }) => node))],
    commands: [`kubectl get pods -n ${daemonSet.namespace} -o wide --field-selector spec.nodeName=${pods[0]?.node}`],
  };
}
