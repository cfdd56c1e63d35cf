/** C42: a pod that is bound, old enough, not Ready, and shows nothing that any other family recognises. */
import type { Recognise } from "./trouble.ts";
import { startedAt } from "./trouble.ts";

/** Asked last. Without it such a pod would count as starting for ever. */
export const recogniseUnknown: Recognise = ({ pod, at, allowanceMs }) => {
  if (at - startedAt(pod) < allowanceMs) return undefined;
  return {
    cause: "C42",
    reason: "Unrecognised",
    blame: "either",
    sentence: "is not Ready and shows none of the known troubles",
    evidence: [`phase ${pod.phase}, Ready=False${pod.readyReason ? ` (${pod.readyReason})` : ""}`],
    recreationCanHelp: true,
    ranBefore: false,
  };
};
