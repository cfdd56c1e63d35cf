/**
 * Which of the ledger's intents are proven to have come to nothing (pure): a run that died between its note and its write.
 * Whatever cannot be proven so counts as done (DESIGN.md, Ledger and lock).
 */
import type { Intent, Settings } from "../../engine/types.ts";
import type { Observation } from "./facts.ts";

/**
 * A deletion shows on the pod: it is gone, or is being deleted; one may still be on its way for `settleMs`. A template write
 * raises the generation, and is fenced on it: of two against the same generation only one can happen.
 */
function cameToNothing(intent: Intent, { at, daemonSet, pods }: Observation, settleMs: number): boolean {
  switch (intent.kind) {
    case "delete-pod":
      return (
        at - intent.at >= settleMs && pods.some((pod) => pod.uid === intent.pod && pod.deletionDeadline === undefined)
      );
    case "restart":
    case "rollback":
      return intent.generation === daemonSet.generation;
    case "touch":
      return false;
  }
}

/** The intents that count. Those of an earlier DaemonSet of this name stay, for whoever counts them. */
export function withoutVoid(intents: readonly Intent[], observation: Observation, settings: Settings): Intent[] {
  const { uid } = observation.daemonSet;
  return intents.filter((intent) => intent.uid !== uid || !cameToNothing(intent, observation, settings.settleMs));
}
