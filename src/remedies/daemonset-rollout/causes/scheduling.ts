/** C13 no node resources, ports or claims · C14 Failed and evicted pods. */
import type { Recognise } from "./trouble.ts";
import { quote } from "./trouble.ts";

/** Recognises a pod that the scheduler cannot place. Its node is known from the controller's affinity. */
export const recogniseUnschedulable: Recognise = ({ pod, at, settings }) => {
  if (pod.bound || !pod.unscheduled || at - pod.createdAt < settings.terminationSlackMs) return undefined;
  return {
    cause: "C13",
    reason: "Unschedulable",
    blame: "surroundings",
    sentence: `cannot be scheduled to ${pod.node || "its node"}: ${quote(pod.unscheduled.message)}`,
    evidence: [`${pod.unscheduled.reason}: ${quote(pod.unscheduled.message)}`],
    recreationCanHelp: false,
    ranBefore: false,
  };
};

/** Recognises a pod in phase Failed, which the controller replaces only after a back-off of up to 15 minutes. */
export const recogniseFailed: Recognise = ({ pod, node }) => {
  if (pod.phase !== "Failed") return undefined;
  const pressures = node?.pressures ?? [];
  return {
    cause: "C14",
    reason: "PodFailed",
    blame: "either",
    sentence:
      pressures.length > 0
        ? `failed (${pod.reason || "Failed"}) and its node still reports ${pressures.join(", ")}`
        : `failed (${pod.reason || "Failed"}) and waits for the controller's back-off`,
    evidence: [`phase Failed, ${pod.reason || "no reason"}: ${quote(pod.message)}`],
    recreationCanHelp: pressures.length === 0,
    ranBefore: false,
  };
};
