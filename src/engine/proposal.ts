/** From a look to what would be done about it (pure): the same answer for a run that acts and for a look that writes nothing. */
import type { ActPlan } from "./guards/guard.ts";
import type { GuardReport } from "./guards/index.ts";
import { judge } from "./guards/index.ts";
import { lowerPolicies } from "./policies.ts";
import type { Diagnosis, ForeignIntent, Intent, ObservationBase, Plan, Policies, Remedy, Settings } from "./types.ts";

interface Proposing<O extends ObservationBase> {
  remedy: Remedy<O>;
  settings: Settings;
  /** The flags; annotations may lower them. */
  policies: Policies;
  intents: readonly Intent[];
  /** Of all other targets; undefined when these rights do not reach them. */
  others: readonly ForeignIntent[] | undefined;
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

/** The guards' words on a plan, and what is left of it. */
export type Judged = { reports: readonly GuardReport[] } & (
  | { kind: "refused"; reason: string; message: string }
  /** A guard may have added that a person must agree first. */
  | { kind: "allowed"; plan: ActPlan }
);

interface Judging<O extends ObservationBase> extends Omit<Proposing<O>, "mayPatchTemplate"> {
  /** Node this program runs on; "" outside a pod. */
  ownNode: string;
  at: number;
  /** Whether there is anybody who could agree to a plan. */
  isApprovable: boolean;
}

/** Every guard's word on a plan for what was seen. One that wants a person's word refuses where there is nobody to give it. */
export function judgePlan<O extends ObservationBase>(plan: ActPlan, observation: O, judging: Judging<O>): Judged {
  const { remedy, isApprovable, ...input } = judging;
  const facts = remedy.guardFacts(observation, judging.settings);
  const { reports, veto, approval } = judge({ ...input, plan, facts });
  if (veto) return { ...veto, reports, kind: "refused" };
  if (!approval) return { reports, kind: "allowed", plan };
  if (!isApprovable) return { ...approval, reports, kind: "refused" };
  const message = `${plan.message} ${approval.message}`;
  return { reports, kind: "allowed", plan: { ...plan, needsApproval: true, message } };
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

/** The whole of it, for a look that writes nothing: outside of the cluster, and with somebody who could agree. */
export function preview<O extends ObservationBase>(observation: O, proposing: Proposing<O>): Preview {
  const { remedy, settings, intents } = proposing;
  const diagnosis = remedy.diagnose(observation, { settings, intents });
  const proposal = propose(observation, diagnosis, proposing);
  if (proposal.kind === "blocked" || proposal.plan.kind !== "act")
    return { diagnosis, proposal, guards: [], veto: undefined };
  const judging = { ...proposing, ownNode: "", at: observation.at, isApprovable: true };
  const judged = judgePlan(proposal.plan, observation, judging);
  if (judged.kind === "allowed")
    return { diagnosis, proposal: { ...proposal, plan: judged.plan }, guards: judged.reports, veto: undefined };
  const { reason, message } = judged;
  return { diagnosis, proposal, guards: judged.reports, veto: { reason, message } };
}
