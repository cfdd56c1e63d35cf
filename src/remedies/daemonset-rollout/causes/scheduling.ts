/** C13 no node resources, ports or claims · C14 Failed and evicted pods. */
import type { Recognise } from "./trouble.ts";
import { quote } from "./trouble.ts";

/** Recognises a pod that the scheduler cannot place. Its node is known from the controller's affinity. */
export const recogniseUnschedulable: Recognise = ({ pod, at, settings, allowanceMs }) => {
  if (pod.bound) return undefined;
  const base = { cause: "C13", blame: "surroundings", recreationCanHelp: false, ranBefore: false } as const;
  if (!pod.unscheduled) {
    if (at - pod.createdAt < allowanceMs) return undefined;
    return {
      ...base,
      reason: "NotScheduled",
      sentence: `was never looked at by a scheduler: it is down, or the template names another one`,
      evidence: ["no node and no PodScheduled condition"],
    };
  }
  if (at - pod.createdAt < settings.terminationSlackMs) return undefined;
  return {
    ...base,
    reason: "Unschedulable",
    sentence: `cannot be scheduled to ${pod.node || "its node"}: ${quote(pod.unscheduled.message)}`,
    evidence: [`${pod.unscheduled.reason}: ${quote(pod.unscheduled.message)}`],
  };
};

/**
 * Recognises a pod in phase Failed, which the controller replaces only after a back-off of up to 15 minutes, or in phase
 * Succeeded, which older controllers leave alone.
 */
export const recogniseFailed: Recognise = ({ pod, node }) => {
  if (pod.phase !== "Failed" && pod.phase !== "Succeeded") return undefined;
  const pressures = node?.pressures ?? [];
  return {
    cause: "C14",
    reason: "PodFailed",
    blame: "either",
    sentence:
      pressures.length > 0
        ? `failed (${pod.reason || pod.phase}) and its node still reports ${pressures.join(", ")}`
        : `failed (${pod.reason || pod.phase}) and waits for the controller's back-off`,
    evidence: [`phase ${pod.phase}, ${pod.reason || "no reason"}: ${quote(pod.message)}`],
    recreationCanHelp: pressures.length === 0,
    ranBefore: false,
  };
};
