/**
 * Common cause (DESIGN.md): several DaemonSets that fall ill on one node, or in one zone, within 15 minutes are one incident.
 * What the others depend on, the network path and the drivers, goes on under its own guards; the dependents wait for it.
 * Registries and webhooks need no judge here: what fails by them (C02, C03, C21) is never written to in the first place.
 */
import type { GuardFacts } from "../types.ts";
import type { ActPlan, Guard, GuardResult } from "./guard.ts";
import { pass, writesTemplate } from "./guard.ts";
import type { Classified } from "./workload-class.ts";
import { classOf } from "./workload-class.ts";

/** Troubles that began within this time of each other belong together. */
export const TOGETHER_MS = 15 * 60_000;

/** Another DaemonSet with pods in trouble. */
export interface Neighbour {
  /** "namespace/name". */
  ref: string;
  classified: Classified;
  /** Where and since when its pods are in trouble, in milliseconds since the epoch. */
  pods: readonly { node: string; since: number }[];
}

/** What was read of the target's surroundings. */
export type Surroundings =
  | { kind: "read"; neighbours: readonly Neighbour[] }
  /** These rights do not reach them. */
  | { kind: "unread"; scope: string };

/** What must be read for a plan: the pods of the one node with trouble, or the cluster's DaemonSets. */
export type SurroundingsQuery =
  | { kind: "node"; node: string }
  | {
      kind: "cluster";
      /** When the target's trouble began. */
      since: number;
      /** All its troubled nodes are in one zone, so that ordinary DaemonSets matter, too. */
      oneZone: boolean;
    };

type NodeFact = GuardFacts["nodes"][number];

function troubled({ nodes }: GuardFacts): NodeFact[] {
  return nodes.filter(({ troubledSince }) => troubledSince !== undefined);
}

function beganAt(facts: GuardFacts): number {
  return Math.min(...troubled(facts).map(({ troubledSince = 0 }) => troubledSince));
}

/** The zone that holds all nodes with trouble while there are others; "" when there is none. */
function commonZone(facts: GuardFacts): string {
  const ill = troubled(facts);
  const zone = ill.length > 1 ? (ill[0]?.zone ?? "") : "";
  const only = ill.every((node) => node.zone === zone) && facts.nodes.some((node) => node.zone !== zone);
  return only ? zone : "";
}

/** The least reading that the judge below needs; undefined when nothing in trouble is known to have neighbours. */
export function surroundingsQuery(facts: GuardFacts): SurroundingsQuery | undefined {
  const [first, ...rest] = troubled(facts);
  if (first === undefined) return undefined;
  return rest.length === 0
    ? { kind: "node", node: first.name }
    : { kind: "cluster", since: beganAt(facts), oneZone: commonZone(facts) !== "" };
}

function isTogether(one: number, other: number | undefined): boolean {
  return other !== undefined && Math.abs(one - other) <= TOGETHER_MS;
}

function isRoot({ classified }: Pick<Neighbour, "classified">): boolean {
  return classified.class === "path" || classified.class === "driver";
}

function dependency(root: string, message: string, command: string): GuardResult {
  return { kind: "veto", reason: "DependencyUnhealthy", message: `${message}: ${command}`, command, root };
}

/** Nodes on which the neighbour fell ill together with the target. */
function shared(neighbour: Neighbour, facts: GuardFacts): string[] {
  return facts.nodes
    .filter(({ name, troubledSince }) =>
      neighbour.pods.some(({ node, since }) => node === name && isTogether(since, troubledSince)),
    )
    .map(({ name }) => name);
}

function deletesFailedOnly({ steps }: ActPlan, { failedPods }: GuardFacts): boolean {
  return steps.every((step) => step.kind === "delete-pod" && failedPods.includes(step.pod.uid));
}

function judgeNeighbours(plan: ActPlan, facts: GuardFacts, neighbours: readonly Neighbour[]): GuardResult {
  if (isRoot({ classified: classOf(facts.structure, facts) })) return pass;
  const near = neighbours
    .map((neighbour) => ({ neighbour, nodes: shared(neighbour, facts) }))
    .filter(({ nodes }) => nodes.length > 0);
  const root = near.find(({ neighbour }) => isRoot(neighbour));
  if (root) {
    const { ref, classified } = root.neighbour;
    return dependency(
      `daemonset/${ref}`,
      `DaemonSet ${ref} (class ${classified.class}: ${classified.evidence}) fell ill on ${root.nodes.join(", ")} within 15 min of this one; it comes first`,
      `kubectl describe daemonset/${ref.split("/")[1]} -n ${ref.split("/")[0]}`,
    );
  }
  // Where the template is at fault by comparison of revisions, a neighbour on the node or in the zone does not explain it;
  // a Failed pod is no trouble that goes on: it only waits to be replaced.
  if (writesTemplate(plan) || deletesFailedOnly(plan, facts)) return pass;
  const others = near.map(({ neighbour }) => neighbour.ref).join(", ");
  if (near[0]) {
    const node = near[0].nodes[0];
    return dependency(
      `node/${node}`,
      `Node ${node} is the root: DaemonSets ${others} fell ill there within 15 min of this one. The node comes first`,
      `kubectl describe node ${node}`,
    );
  }
  const zone = commonZone(facts);
  const inZone = new Set(facts.nodes.filter((node) => node.zone === zone).map(({ name }) => name));
  const began = beganAt(facts);
  const likewise = neighbours.find(
    ({ pods }) => pods.length > 1 && pods.every(({ node, since }) => inZone.has(node) && isTogether(since, began)),
  );
  return zone !== "" && likewise
    ? dependency(
        `zone/${zone}`,
        `Zone ${zone} is the root: DaemonSet ${likewise.ref} fell ill there, and only there, within 15 min of this one. The zone comes first`,
        `kubectl get nodes -l topology.kubernetes.io/zone=${zone}`,
      )
    : pass;
}

export const commonCause: Guard = {
  name: "CommonCause",
  judge({ plan, facts, surroundings }) {
    if (surroundings === undefined) return pass;
    if (surroundings.kind === "unread") {
      return {
        kind: "not-evaluated",
        scope: surroundings.scope,
        message: "Whether other DaemonSets fell ill at the same time cannot be read with these rights.",
      };
    }
    return judgeNeighbours(plan, facts, surroundings.neighbours);
  },
};
