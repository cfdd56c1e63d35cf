/** Node storm and self node: when nodes fail, the cause lies with them, and a pod there cannot be trusted to act. */
import type { GuardFacts } from "../types.ts";
import type { Guard } from "./guard.ts";
import { pass } from "./guard.ts";
import { classOf } from "./workload-class.ts";

const YOUNG_MS = 10 * 60_000;
/** A node that goes NotReady this soon after its new pod started may have been killed by it. */
const SUSPECT_MS = 10 * 60_000;
/** So many of them stop everything; of a critical class one is enough. */
const SUSPECTS = 2;

type NodeFact = GuardFacts["nodes"][number];

function isSuspect({ readyChangedAt, podStartedAt }: NodeFact): boolean {
  return (
    readyChangedAt !== undefined &&
    podStartedAt !== undefined &&
    readyChangedAt >= podStartedAt &&
    readyChangedAt - podStartedAt <= SUSPECT_MS
  );
}

export const nodeStorm: Guard = {
  name: "NodeStorm",
  judge({ facts, at }) {
    const counted = facts.nodes.filter(({ createdAt, leaving }) => at - createdAt >= YOUNG_MS && !leaving);
    const down = counted.filter(({ ready }) => !ready);
    const limit = Math.max(1, Math.floor(counted.length * 0.1));
    if (down.length > limit) {
      return {
        kind: "veto",
        reason: "NodeStorm",
        message: `${down.length} of ${counted.length} eligible nodes are NotReady (more than ${limit}); the nodes come first.`,
      };
    }
    const suspects = down.filter(isSuspect);
    const enough = classOf(facts.structure, facts).class === "none" ? SUSPECTS : 1;
    return suspects.length >= enough
      ? {
          kind: "veto",
          reason: "NodeStorm",
          message: `${suspects.map(({ name }) => name).join(", ")} went NotReady within 10 min of the new pod's start there; the update may have killed the node.`,
        }
      : pass;
  },
};

export const selfNode: Guard = {
  name: "SelfNode",
  judge({ facts, ownNode }) {
    return ownNode !== "" && facts.troubledNodes.includes(ownNode)
      ? {
          kind: "veto",
          reason: "SelfNode",
          message: `This program runs on ${ownNode}, which is among the failing nodes; it must run elsewhere.`,
        }
      : pass;
  },
};
