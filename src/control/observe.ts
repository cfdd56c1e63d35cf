/** Mode observe (pure): no Jobs; every episode keeps what would have been done, and what happened without us. */
import type { Hold } from "./hold.ts";
import { judgeLook } from "./judge-look.ts";
import type { Limits } from "./limits.ts";
import type { StartFacts, StartVerdict } from "./start-gate.ts";

/** The verdict on a record while the installation only observes. */
export function observe(facts: StartFacts): StartVerdict {
  const { record, look, limits } = facts;
  if (!record.ours) return { kind: "hold", hold: onlyObserving(limits) };
  const verdict = judgeLook(facts);
  if (verdict.kind === "look" || verdict.kind === "transition") return verdict;
  if (look?.kind !== "seen") return only("Mode observe; the target cannot be seen.", limits.lookEveryMs);
  if (look.health === "healthy" && verdict.kind === "hold") return verdict;
  const would = look.plan.kind === "act" ? `would act: ${look.plan.message}` : `would not act: ${look.plan.message}`;
  return only(`Mode observe; auto ${would}`, look.health === "pending" ? limits.recheckMs : limits.lookEveryMs);
}

/** Why a Job is not started that nothing more is known of. */
export function onlyObserving({ lookEveryMs }: Pick<Limits, "lookEveryMs">): Hold {
  return held("Mode observe: the Job of this Operarius is not started.", lookEveryMs);
}

function only(message: string, recheckAfterMs: number): StartVerdict {
  return { kind: "hold", hold: held(message, recheckAfterMs) };
}

function held(message: string, recheckAfterMs: number): Hold {
  return { reason: "ObserveMode", message, recheckAfterMs, needsPerson: false };
}
