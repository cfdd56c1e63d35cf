/** Which pod each node runs, for the before and after of a receipt (pure). */
import type { NodeState } from "../../engine/types.ts";
import type { Observation } from "./facts.ts";
import { slots } from "./recount.ts";

/** Every node that should run the pod or has one, by name. Pods of nodes that do not exist are not among them. */
export function nodeStates(observation: Observation): NodeState[] {
  const numbers = new Map(observation.revisions.map(({ hash, number }) => [hash, String(number)]));
  return slots(observation)
    .slots.filter(({ shouldRun, pods }) => shouldRun || pods.length > 0)
    .map(({ node, pods }) => ({
      node: node.name,
      pods: pods.map(({ name, uid, revisionHash, ready }) => ({
        name,
        uid,
        revision: numbers.get(revisionHash) ?? revisionHash,
        ready,
      })),
    }))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}
