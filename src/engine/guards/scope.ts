/** What remains allowed when a guard could not be evaluated with the present rights: one pod, no template write. */
import type { GuardInput, GuardResult } from "./guard.ts";
import { pass, writesTemplate } from "./guard.ts";

/** Judges the plan against the narrowed scope. */
export function narrowed(
  { plan, intents, at }: Pick<GuardInput, "plan" | "intents" | "at">,
  unread: readonly string[],
): GuardResult {
  if (unread.length === 0) return pass;
  const recent = intents.some((intent) => intent.uid === plan.fence.uid && at - intent.at < 24 * 60 * 60_000);
  if (!writesTemplate(plan) && plan.steps.length === 1 && !recent) return pass;
  return {
    kind: "veto",
    reason: "NotEvaluated",
    message: `These rights do not reach ${unread.join(", ")}, so only one pod and no template may be changed. Grant read access (rbac.yaml) for more.`,
  };
}
