/** From a look to what would be done about it (pure): the same answer for a run that acts and for a look that writes nothing. */
import { deletionsLeft } from "./guards/cluster-budget.ts";
import type { ActPlan, GuardInput } from "./guards/guard.ts";
import { patchesTarget } from "./guards/guard.ts";
import type { GuardReport } from "./guards/index.ts";
import { judge } from "./guards/index.ts";
import { lowerPolicies } from "./policies.ts";
import type {
  Diagnosis,
  ForeignIntent,
  GuardFacts,
  Intent,
  ObservationBase,
  Plan,
  PlanContext,
  PlanMark,
  Policies,
  Remedy,
  Settings,
} from "./types.ts";

interface Proposing<O extends ObservationBase> {
  remedy: Remedy<O>;
  settings: Settings;
  /** The flags; annotations may lower them. */
  policies: Policies;
  intents: readonly Intent[];
  /** Of all other targets; undefined when these rights do not reach them. */
  others: readonly ForeignIntent[] | undefined;
  at: number;
  /** False when these rights do not include changing the template. */
  mayPatchTemplate: boolean;
}

export type Proposal =
  | { kind: "proposed"; plan: Plan; context: Omit<PlanContext, "settings">; notes: readonly string[] }
  /** Nothing may be planned at all until a person has corrected something. */
  | { kind: "blocked"; reason: string; message: string };

/** The plan for what was seen, under the policies that hold for this target. */
export function propose<O extends ObservationBase>(
  observation: O,
  diagnosis: Diagnosis,
  { remedy, settings, policies, intents, others, at, mayPatchTemplate }: Proposing<O>,
): Proposal {
  const lowered = lowerPolicies(policies, remedy.guardFacts(observation, settings));
  if (lowered.kind === "unreadable") return { kind: "blocked", reason: "PolicyUnreadable", message: lowered.message };
  const left = deletionsLeft({ intents, others, settings, at });
  const context = { policies: lowered.policies, intents, mayPatchTemplate, deletionsLeft: left };
  const plan = remedy.plan(observation, diagnosis, { ...context, settings });
  return { kind: "proposed", plan, context, notes: lowered.notes };
}

/** The guards' words on a plan; `plan` says under its step what became of it. */
export type Judged = { reports: readonly GuardReport[]; plan: ActPlan } & (
  | { kind: "refused"; reason: string; message: string; command?: string; root?: string }
  /** A guard may have added that a person must agree first. */
  | { kind: "allowed" }
);

interface Hearing extends Omit<GuardInput, "plan" | "facts"> {
  /** Whether there is anybody who could agree to a plan. */
  isApprovable: boolean;
}

/** Every guard's word on a plan. One that wants a person's word refuses where there is nobody to give it. */
export function hearGuards(plan: ActPlan, facts: GuardFacts, { isApprovable, ...input }: Hearing): Judged {
  const { reports, veto, approval } = judge({ ...input, plan, facts });
  if (veto) return refused(plan, veto, reports);
  if (!approval) return { reports, kind: "allowed", plan };
  if (!isApprovable) return refused(plan, approval, reports);
  const message = `${plan.message} ${approval.message}`;
  return { reports, kind: "allowed", plan: { ...plan, needsApproval: true, message } };
}

interface Refusal {
  reason: string;
  message: string;
  command?: string;
}

function refused(
  plan: ActPlan,
  { reason, message, command, root }: Refusal & { root?: string },
  reports: readonly GuardReport[],
): Judged {
  const note = `not done: ${message}`;
  // Where the remedy has noted the step itself: a touch is a write of the target, too.
  const notes = patchesTarget(plan) ? { ...plan.notes, template: note } : { ...plan.notes, delete: note };
  return {
    kind: "refused",
    reports,
    reason,
    message,
    ...(command ? { command } : {}),
    ...(root ? { root } : {}),
    plan: { ...plan, notes },
  };
}

/** What a run would come to at its first look. */
export interface Preview {
  diagnosis: Diagnosis;
  proposal: Proposal;
  /** Every guard's word where the plan has writes. */
  guards: readonly GuardReport[];
  /** The first guard that forbids it. */
  veto: (Refusal & { root?: string }) | undefined;
}

/** What a plan has come to once the guards were heard: one that they forbid is as good as declined. */
export function planMark(plan: Plan, veto: { reason: string } | undefined): PlanMark {
  if (veto) return { kind: "decline", reason: veto.reason };
  const { kind, reason } = plan;
  return plan.kind === "act" ? { kind, reason, digest: plan.digest } : { kind, reason };
}

/** The whole of it, for a look that writes nothing: outside of the cluster, and with somebody who could agree. */
export function preview<O extends ObservationBase>(
  observation: O,
  { surroundings, ...proposing }: Proposing<O> & Pick<GuardInput, "surroundings">,
): Preview {
  const { remedy, settings, policies, intents, others, at } = proposing;
  const diagnosis = remedy.diagnose(observation, { settings, intents });
  const proposal = propose(observation, diagnosis, proposing);
  if (proposal.kind === "blocked" || proposal.plan.kind !== "act")
    return { diagnosis, proposal, guards: [], veto: undefined };
  const facts = remedy.guardFacts(observation, settings);
  const hearing = { settings, policies, intents, others, surroundings, ownNode: "", at, isApprovable: true };
  const judged = hearGuards(proposal.plan, facts, hearing);
  const { reports: guards, plan } = judged;
  if (judged.kind === "allowed") return { diagnosis, proposal: { ...proposal, plan }, guards, veto: undefined };
  const { reason, message, command, root } = judged;
  const veto = { reason, message, ...(command ? { command } : {}), ...(root ? { root } : {}) };
  return { diagnosis, proposal: { ...proposal, plan }, guards, veto };
}
