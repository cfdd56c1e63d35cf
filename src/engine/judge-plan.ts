/** Hears the guards on a plan: reads what they need of the surroundings, and turns their words into one answer. */
import type { Surroundings } from "./guards/common-cause.ts";
import { surroundingsQuery } from "./guards/common-cause.ts";
import type { ActPlan } from "./guards/guard.ts";
import { writesTemplate } from "./guards/guard.ts";
import { judge } from "./guards/index.ts";
import { nobodyApproves } from "./run-rights.ts";
import type { Look, RunOptions, RunState } from "./run-types.ts";
import { isDwelt } from "./time-left.ts";
import type { GuardFacts, ObservationBase } from "./types.ts";

/** `plan` says under its step what became of it. */
export type Judged =
  | { kind: "refused"; reason: string; message: string; command?: string; plan: ActPlan }
  | { kind: "allowed"; plan: ActPlan };

function refused(plan: ActPlan, why: { reason: string; message: string; command?: string }): Judged {
  const { reason, message, command } = why;
  const note = `not done: ${message}`;
  const notes = writesTemplate(plan) ? { ...plan.notes, template: note } : { ...plan.notes, delete: note };
  return { kind: "refused", reason, message, ...(command ? { command } : {}), plan: { ...plan, notes } };
}

/** The plan, bound to a person's word where a guard wants one; refused where there is nobody to give it. */
export async function judgePlan<O extends ObservationBase>(
  plan: ActPlan,
  { observation }: Look<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Judged> {
  const { remedy, settings, policies, ledger, ownNode, report, now } = options;
  const facts = remedy.guardFacts(observation, settings);
  const soon = isDwelt(plan, state) || options.dryRun === "client";
  const surroundings = soon ? await readSurroundings(facts, options) : undefined;
  const { reports, veto, approval } = judge({
    plan,
    facts,
    policies,
    settings,
    intents: state.intents,
    others: ledger.others(),
    surroundings,
    ownNode,
    at: now(),
  });
  state.guards = reports;
  report({ kind: "guards", reports });
  if (veto) return refused(plan, veto);
  if (!approval) return { kind: "allowed", plan };
  if (nobodyApproves(options)) return refused(plan, approval);
  return { kind: "allowed", plan: { ...plan, needsApproval: true, message: `${plan.message} ${approval.message}` } };
}

/** Asked once the plan has been dwelt on, so that the answer is as fresh as the plan. */
async function readSurroundings<O extends ObservationBase>(
  facts: GuardFacts,
  { remedy, kube, target, settings, now }: RunOptions<O>,
): Promise<Surroundings | undefined> {
  const query = surroundingsQuery(facts);
  return query && remedy.surroundings({ kube, target, settings, at: now() }, query);
}
