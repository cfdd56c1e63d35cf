/** From a look to what would be done about it (pure): the same answer for a run that acts and for a look that writes nothing. */
import type { ActPlan } from "./guards/guard.ts";
import type { GuardReport } from "./guards/index.ts";
import { judge } from "./guards/index.ts";
import { lowerPolicies } from "./policies.ts";
import type { Diagnosis, Intent, ObservationBase, Plan, Policies, Remedy, Settings } from "./types.ts";

interface Proposing<O extends ObservationBase> {
  remedy: Remedy<O>;
  settings: Settings;
  /** The flags; annotations may lower them. */
  policies: Policies;
  intents: readonly Intent[];
  /** False when these rights do not include changing the template. */
  mayPatchTemplate: boolean;
}

export type Proposal =
  | { kind: "proposed"; plan: Plan; policies: Policies; notes: readonly string[] }
  /** Nothing may be planned at all until a person has corrected something. */
  | { kind: "blocked"; reason: string; message: string };

/** The plan for what was seen, under the policies that hold for this target. */
export function propose<O extends ObservationBase>(
  observation: O,
  diagnosis: Diagnosis,
  { remedy, settings, policies, intents, mayPatchTemplate }: Proposing<O>,
): Proposal {
  const lowered = lowerPolicies(policies, remedy.guardFacts(observation, settings));
  if (lowered.kind === "unreadable") return { kind: "blocked", reason: "PolicyUnreadable", message: lowered.message };
  const context = { policies: lowered.policies, settings, intents, mayPatchTemplate };
  const plan = remedy.plan(observation, diagnosis, context);
  return { kind: "proposed", plan, policies: lowered.policies, notes: lowered.notes };
}

/** Every guard's word on a plan for what was seen. `ownNode` is "" for a program outside the cluster. */
export function judgePlan<O extends ObservationBase>(
  plan: ActPlan,
  observation: O,
  context: Omit<Proposing<O>, "mayPatchTemplate"> & { ownNode: string; at: number },
): ReturnType<typeof judge> {
  const { remedy, settings, policies, intents, ownNode, at } = context;
  const facts = remedy.guardFacts(observation, settings);
  return judge({ plan, facts, policies, settings, intents, ownNode, at });
}

/** What a run would come to at its first look. */
export interface Preview {
  diagnosis: Diagnosis;
  proposal: Proposal;
  /** Every guard's word where the plan has writes. */
  guards: readonly GuardReport[];
  /** The first guard that forbids it. */
  veto: { reason: string; message: string } | undefined;
}

/** The whole of it, for a look that writes nothing. */
export function preview<O extends ObservationBase>(observation: O, proposing: Proposing<O>): Preview {
  const { remedy, settings, intents } = proposing;
  const diagnosis = remedy.diagnose(observation, { settings, intents });
  const proposal = propose(observation, diagnosis, proposing);
  if (proposal.kind === "blocked" || proposal.plan.kind !== "act")
    return { diagnosis, proposal, guards: [], veto: undefined };
  const { reports, veto } = judgePlan(proposal.plan, observation, { ...proposing, ownNode: "", at: observation.at });
  return { diagnosis, proposal, guards: reports, veto };
}
