/** Hears the guards on a plan: reads what they need of the surroundings, and turns their words into one answer. */
import type { Surroundings } from "./guards/common-cause.ts";
import { surroundingsQuery } from "./guards/common-cause.ts";
import type { ActPlan } from "./guards/guard.ts";
import type { Judged } from "./proposal.ts";
import { hearGuards } from "./proposal.ts";
import { nobodyApproves } from "./run-rights.ts";
import type { Look, RunOptions, RunState } from "./run-types.ts";
import { isDwelt } from "./time-left.ts";
import type { GuardFacts, ObservationBase } from "./types.ts";

/** The plan, bound to a person's word where a guard wants one; refused where there is nobody to give it. */
export async function judgePlan<O extends ObservationBase>(
  plan: ActPlan,
  look: Look<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Judged> {
  const { remedy, settings, policies, ledger, ownNode, report, now } = options;
  const facts = remedy.guardFacts(look.observation, settings);
  const soon = isDwelt(plan, state) || options.dryRun === "client";
  const surroundings = soon ? await readSurroundings(facts, options) : undefined;
  const judged = hearGuards(plan, facts, {
    policies,
    settings,
    intents: state.intents,
    others: ledger.others(),
    surroundings,
    ownNode,
    at: now(),
    isApprovable: !nobodyApproves(options),
  });
  state.guards = judged.reports;
  look.guards = judged.reports;
  report({ kind: "guards", reports: judged.reports });
  return judged;
}

/** Asked once the plan has been dwelt on, so that the answer is as fresh as the plan. */
async function readSurroundings<O extends ObservationBase>(
  facts: GuardFacts,
  { remedy, kube, target, settings, now }: RunOptions<O>,
): Promise<Surroundings | undefined> {
  const query = surroundingsQuery(facts);
  return query && remedy.surroundings({ kube, target, settings, at: now() }, query);
}
