/** What a run may do at all: the policies where nobody can approve, and the plans that the rights allow. */
import { patchesTarget } from "./guards/guard.ts";
import type { RunOptions, RunState } from "./run-types.ts";
import type { ObservationBase, Plan, Policies } from "./types.ts";

/** True where a plan that needs a person's word can get none. */
export function nobodyApproves<O extends ObservationBase>({ approval, approvedPlan }: RunOptions<O>): boolean {
  return approval.kind === "none" && approvedPlan === undefined;
}

/** Approval is possible only where somebody can give it; elsewhere a rollback is only suggested. */
export function withRights<O extends ObservationBase>(options: RunOptions<O>): Policies {
  const { policies } = options;
  return policies.rollback === "approve" && nobodyApproves(options) ? { ...policies, rollback: "suggest" } : policies;
}

/** Missing rights lower what is planned, with a sentence, instead of failing halfway. */
export async function mayCarryOut<O extends ObservationBase>(
  plan: Plan,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<boolean> {
  if (plan.kind !== "act" || !patchesTarget(plan)) return true;
  if (state.mayPatchTemplate === undefined) {
    state.mayPatchTemplate = await options.mayPatchTemplate();
    const message = "these rights do not include changing the target (patch daemonsets), so it is only suggested";
    if (!state.mayPatchTemplate) options.report({ kind: "note", message });
  }
  return state.mayPatchTemplate;
}
