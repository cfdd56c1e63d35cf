/** Mode observe (pure): no Jobs; every episode keeps what would have been done, and what happened without us. */
import { judgeLook } from "./judge-look.ts";
import type { StartFacts, StartVerdict } from "./start-gate.ts";

/** The verdict on a record while the installation only observes. */
export function observe(facts: StartFacts): StartVerdict {
  const { record, look, limits } = facts;
  if (!record.ours) {
    return only("Mode observe: the Job of this Operarius is not started.", limits.lookEveryMs);
  }
  const verdict = judgeLook(facts);
  if (verdict.kind === "look" || verdict.kind === "transition") return verdict;
  if (look?.kind !== "seen") return only("Mode observe; the target cannot be seen.", limits.lookEveryMs);
  if (look.health === "healthy" && verdict.kind === "hold") return verdict;
  const would = look.plan.kind === "act" ? `would act: ${look.plan.message}` : `would not act: ${look.plan.message}`;
  return only(`Mode observe; auto ${would}`, look.health === "pending" ? limits.recheckMs : limits.lookEveryMs);
}

function only(message: string, recheckAfterMs: number): StartVerdict {
  return { kind: "hold", hold: { reason: "ObserveMode", message, recheckAfterMs, needsPerson: false } };
}
