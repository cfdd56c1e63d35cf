/** C15/C16 node down · C19 node object gone. What happens on such a node says nothing about the revision. */
import type { Finding } from "../../../engine/types.ts";
import { zoneOf } from "../eligibility.ts";
import type { DaemonSetFacts, NodeFacts, PodFacts } from "../facts.ts";
import { isUpdated, maxUnavailable } from "../recount.ts";
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";

/** A node may take this long to become Ready for the first time (DESIGN.md, node storm). */
const YOUNG_MS = 10 * 60_000;
/** A condition that changed this soon after the node was registered came with it. */
const REGISTERED_MS = 5000;

/** The node has never been Ready and is young: it starts, and is not dead. Its own network may be what it waits for. */
function isBooting({ ready, createdAt, readyChangedAt }: NodeFacts, at: number): boolean {
  if (ready === "True" || at - createdAt >= YOUNG_MS) return false;
  return readyChangedAt === undefined || readyChangedAt - createdAt <= REGISTERED_MS;
}

/** Nodes that should run the pod and are still starting, and until when they may. */
export function bootingNodes({ slots, at }: Situation): { node: string; until: number }[] {
  return slots
    .filter(({ node, shouldRun }) => shouldRun && isBooting(node, at))
    .map(({ node }) => ({ node: node.name, until: node.createdAt + YOUNG_MS }));
}

/** Nodes that do not answer and matter here: they should run the pod or still have one. */
function deadNodes({ slots, at }: Situation): NodeFacts[] {
  return slots
    .filter(({ node, shouldRun, pods }) => node.ready !== "True" && (shouldRun || pods.length > 0))
    .map(({ node }) => node)
    .filter((node) => !isBooting(node, at));
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}

/** A node that goes NotReady this soon after its new pod started may have been killed by it (kubernetes#117658). */
const SUSPECT_MS = 10 * 60_000;

function diedAfterUpdate({ slots, observation: { daemonSet } }: Situation): string[] {
  return slots
    .filter(({ node, pods }) => {
      const started = pods.find((pod) => isUpdated(pod, daemonSet))?.createdAt;
      const { ready, readyChangedAt } = node;
      if (ready === "True" || started === undefined || readyChangedAt === undefined) return false;
      return readyChangedAt >= started && readyChangedAt - started <= SUSPECT_MS;
    })
    .map(({ node }) => node.name);
}

/** The one node that is down, or the zone that holds all that are down while there are other zones. */
function rootOf(dead: readonly NodeFacts[], { slots }: Situation): Pick<Finding, "root"> {
  const [first, ...rest] = dead;
  if (first === undefined) return {};
  if (rest.length === 0) return { root: `node/${first.name}` };
  const zone = zoneOf(first);
  const isOneZone = zone !== "" && rest.every((node) => zoneOf(node) === zone);
  return isOneZone && slots.some(({ node }) => zoneOf(node) !== zone) ? { root: `zone/${zone}` } : {};
}

/** What the update may use up at once. Under maxSurge it is that: maxUnavailable must be 0 then. */
function budgetOf(daemonSet: DaemonSetFacts, desired: number) {
  const { maxSurge } = daemonSet;
  const isSurge = Number.parseFloat(String(maxSurge)) > 0;
  return isSurge
    ? { name: "maxSurge", written: maxSurge, pods: maxUnavailable({ ...daemonSet, maxUnavailable: maxSurge }, desired) }
    : { name: "maxUnavailable", written: daemonSet.maxUnavailable, pods: maxUnavailable(daemonSet, desired) };
}

/** PC-BUDGET: a larger budget lets a rollout go on that nothing but dead nodes holds up; any other would take more pods. */
function isOnlyHeldByNodes({ slots, standings }: Situation): boolean {
  return slots
    .filter(({ node, shouldRun }) => shouldRun && node.ready === "True")
    .every(({ pods }) => pods.length > 0 && pods.every(({ uid }) => standings.get(uid)?.kind === "available"));
}

/** Nodes of this DaemonSet are NotReady. Deleting their pods cannot help; a restart adds a second stall. */
export function nodeDown(here: Situation): Finding | undefined {
  const dead = deadNodes(here);
  if (dead.length === 0) return undefined;
  const { daemonSet } = here.observation;
  const suspects = diedAfterUpdate(here);
  const names = dead.map(({ name }) => name);
  const stillCounted = here.slots.some(({ node, shouldRun }) => shouldRun && dead.includes(node));
  // A kubelet that says False answers: its runtime or its network is down.
  const isSilent = dead.some(({ ready }) => ready === "Unknown");
  const isRolling = daemonSet.strategy === "RollingUpdate";
  const budget = budgetOf(daemonSet, here.counters.desired);
  const raise = `kubectl patch ${here.ref} -n ${daemonSet.namespace} --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"${budget.name}":${budget.pods + dead.length}}}}}'`;
  const counts = isRolling
    ? "the rollout waits for what cannot run there"
    : "what should run there counts as unavailable";
  return {
    cause: stillCounted ? "C16" : "C15",
    reason: "NodeDown",
    message: `${names.length === 1 ? `Node ${names[0]} ${isSilent ? "does not answer" : "is not Ready"}` : `Nodes ${listed(names)} ${isSilent ? "do not answer" : "are not Ready"}`}; ${stillCounted ? counts : "the pod there counts as misscheduled"}. ${
      suspects.length > 0
        ? `${listed(suspects)} went down within 10 min of its pod of the present revision starting: the update may have killed it, so stop the rollout and find out before anything else.`
        : "Repair or remove the node; nothing about the DaemonSet is wrong there."
    }`,
    evidence: [
      ...dead.map(
        ({ name, ready, readyChangedAt }) =>
          `node ${name} Ready=${ready}${readyChangedAt ? ` since ${new Date(readyChangedAt).toISOString()}` : ""}`,
      ),
      ...(stillCounted && isRolling
        ? [
            `${budget.name} ${budget.written} of ${here.counters.desired} nodes is ${budget.pods}, and ${dead.length} dead ${dead.length === 1 ? "node counts" : "nodes count"} against it`,
          ]
        : []),
    ],
    pods: here.slots
      .filter(({ node }) => names.includes(node.name))
      .flatMap(({ pods }) => pods.map(({ name }) => name)),
    nodes: names,
    commands: [
      `kubectl describe node ${names[0]}`,
      ...(stillCounted && isRolling && suspects.length === 0 && isOnlyHeldByNodes(here) ? [raise] : []),
    ],
    ...rootOf(dead, here),
  };
}

/** Who removes the pods of removed nodes, or what is in the way once that has taken too long. */
function removal(pods: readonly PodFacts[], { observation, at, settings }: Situation): string {
  const them = pods.length === 1 ? "it" : "them";
  const late = pods.filter(({ uid }) => at - (observation.orphanedSince[uid] ?? at) >= settings.controllerSlackMs);
  if (late.length === 0) return `the cluster's pod garbage collection removes ${them}`;
  const held = late.find(({ finalizers }) => finalizers.length > 0);
  return held
    ? `finalizer ${held.finalizers.join(", ")} holds ${held.name}, and its owner must release it`
    : `the cluster's pod garbage collection should have removed ${them} by now: see whether the controller manager works`;
}

/** Pods whose node object no longer exists; the pod garbage collector removes them within about two minutes. */
export function orphaned(here: Situation): Finding | undefined {
  const pods = here.orphans.filter((pod) => pod.bound);
  if (pods.length === 0) return undefined;
  const { daemonSet } = here.observation;
  const nodes = [...new Set(pods.map(({ node }) => node))];
  return {
    cause: "C19",
    reason: "NodeGone",
    message: `${pods.length === 1 ? `Pod ${pods[0]?.name} belongs` : `${pods.length} pods belong`} to ${nodes.length === 1 ? "a node that no longer exists" : "nodes that no longer exist"}; ${removal(pods, here)}.`,
    evidence: pods.map(({ name, node }) => `pod ${name}: node ${node} is not in the cluster`),
    pods: pods.map(({ name }) => name),
    nodes,
    commands: [`kubectl get pods -n ${daemonSet.namespace} -o wide --field-selector spec.nodeName=${pods[0]?.node}`],
  };
}

export const nodeCauses: readonly Cause[] = [
  {
    id: "C15",
    title: "a dead node that should not count",
    signature:
      "A NotReady node has a pod of the DaemonSet but should not run one any more, because its unreachable taint is not tolerated: it counts as misscheduled.",
    shownBy: "Ready=False or Unknown; status.numberMisscheduled",
    helps: {
      delete: "no: only the node's kubelet can end it",
      restart: "no: the other nodes are well",
      rollback: "no: the template is not at fault",
    },
    forbidden: "restart, rollback, forced deletion without proof that the machine is off",
    person: ["kubectl describe node {node}"],
    source: "pkg/controller/daemon NodeShouldRunDaemonPod",
  },
  {
    id: "C16",
    title: "a dead node that counts",
    signature:
      "A NotReady node should run a pod, because the DaemonSet tolerates everything, and uses up maxUnavailable. If it died within ten minutes of getting the new revision, the update may have killed it.",
    shownBy: "Ready=False or Unknown, since when; the pod's age",
    helps: {
      delete: "no: the successor would be Pending on the dead node",
      restart: "no: it adds a second stall",
      rollback: "only if the revision is bad as well",
    },
    forbidden:
      "forced deletion; raising the budget where the update may have killed the node or pods on Ready nodes fail",
    person: [
      "kubectl describe node {node}",
      "kubectl patch daemonset/{daemonset} -n {namespace} --type merge -p '{name}'",
    ],
    source: "kubernetes#73011, kubernetes#117658",
  },
  {
    id: "C19",
    title: "the node is gone, its pod is not",
    signature:
      "The pod's node does not exist. The pod garbage collection removes it within about a minute; while it does not, a finalizer or the controller manager is in the way.",
    shownBy: "spec.nodeName without a Node",
    helps: {
      delete: "no need: it is harmless and useless",
      restart: "no: the other nodes are well",
      rollback: "no: the template is not at fault",
    },
    forbidden: "nothing needs to be done within two minutes",
    person: ["kubectl get pods -n {namespace} -o wide --field-selector spec.nodeName={node}"],
    source: "pkg/controller/podgc",
  },
];
