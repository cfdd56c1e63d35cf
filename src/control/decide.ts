/**
 * The state machine of a Remediation: facts in, one decision out. Pure; reconcile.ts carries decisions out. What may hold
 * up a start is judged in start-gate.ts, what a recount says in verify.ts.
 *
 *   Pending ─▶ Running ─▶ Verifying ─▶ Succeeded | Ineffective | Superseded
 *    │  ▲         ├─▶ Failed | Declined | Ineffective
 *    ▼  │         ├─▶ AwaitingApproval ─(approve)─▶ next attempt · (deny, lapse)─▶ Declined
 *   Blocked       └─▶ Pending, Blocked (next attempt)
 *   before any Job: ─(healthy, or the alert resolved)─▶ Cancelled
 */
import type { Live } from "../kube/types.ts";
import type { Remediation, RemediationAttempt } from "../operarius/remediation.ts";
import { isTerminal } from "../operarius/remediation.ts";
import { approvalForAnotherPlan, approvalLapsed, jobStarted } from "../reporting/events.ts";
import { concludeAttempt } from "./conclude.ts";
import type { JobOutcome } from "./job-outcome.ts";
import type { Limits } from "./limits.ts";
import type { Look } from "./looks.ts";
import type { Decision, Transition } from "./transition.ts";
import {
  beginVerifying,
  condition,
  end,
  instant,
  iso,
  lastFinishedAt,
  lastWriteAt,
  outcome,
  replaceLast,
} from "./transition.ts";
import { changedByPerson, editAfter, verify } from "./verify.ts";

export interface Facts {
  remediation: Live<Remediation>;
  /** Of the last attempt; absent when there is none in flight. */
  job?: JobOutcome;
  /** Absent: the target was not looked at in this pass. */
  look?: Look;
  now: number;
  limits: Limits;
}

/** What to do next with a Remediation. */
export function decide(facts: Facts): Decision {
  const { remediation, now } = facts;
  const status = remediation.status ?? {};
  if (isTerminal(status.phase) || remediation.metadata.deletionTimestamp !== undefined) return { kind: "rest" };
  const attempt = status.attempts?.at(-1);
  if (attempt === undefined) return start(1, undefined);
  if (attempt.finishedAt === undefined) return inFlight(facts, attempt);
  switch (status.phase) {
    case "AwaitingApproval":
      return awaitingApproval(facts, attempt);
    case "Verifying":
      return verify({ ...facts, look: facts.look });
    case "Pending":
    case "Blocked":
      return nextAttempt(remediation, attempt, now);
    default:
      return { kind: "rest" };
  }
}

function inFlight(facts: Facts, attempt: RemediationAttempt): Decision {
  const { remediation, job, now, limits } = facts;
  if (attempt.suspended === true && remediation.status?.phase === "AwaitingApproval") {
    return isLetGo(job) ? letGo(remediation, attempt, now) : awaitingRelease(remediation, attempt, now);
  }
  if (attempt.startedAt === undefined) return start(attempt.n, attempt.approvedPlan);
  if (job === undefined) return { kind: "rest" };
  if (job.kind !== "active") return concludeAttempt({ remediation, attempt, job, now, limits });
  if (job.suspendedSince !== undefined) return stopped(facts, attempt, job.suspendedSince);
  if (remediation.status?.phase === "Running") return { kind: "rest" };
  return { kind: "transition", status: { phase: "Running", reason: "JobRunning", message: `Job ${attempt.jobName}` } };
}

/** Its Job was held back, and is not any more: by hand, or by a pass of ours that was interrupted. It has begun. */
function isLetGo(job: JobOutcome | undefined): boolean {
  return job?.kind === "finished" || (job?.kind === "active" && job.suspendedSince === undefined);
}

function letGo(remediation: Live<Remediation>, attempt: RemediationAttempt, now: number): Transition {
  const { suspended: _suspended, ...going } = attempt;
  const approvedPlan = planApproved(remediation);
  const agreed = approvedPlan === undefined ? {} : { approvedPlan };
  return {
    kind: "transition",
    status: {
      phase: "Running",
      reason: "JobResumed",
      message: `Job ${attempt.jobName}`,
      approvalExpiresAt: null,
      attempts: replaceLast(remediation, { ...going, ...agreed, startedAt: iso(now) }),
    },
    notice: jobStarted(attempt.jobName, attempt.n),
  };
}

/** Somebody else has suspended the Job; its own deadline does not run meanwhile, and the target would wait for ever. */
function stopped({ remediation, now, limits }: Facts, attempt: RemediationAttempt, since: number): Decision {
  const until = (since || instant(attempt.startedAt)) + limits.approvalMs;
  if (now < until) return { kind: "rest", recheckAfterMs: until - now };
  const message = `Job ${attempt.jobName} was suspended by somebody and not let go for ${limits.approvalMs / 60_000} min; it is taken away.`;
  const ending = end(now, "Failed", "JobSuspended", message);
  const attempts = replaceLast(remediation, { ...attempt, reason: "JobSuspended", finishedAt: iso(now) });
  return { ...ending, status: { ...ending.status, attempts }, discardJob: attempt.jobName };
}

/** A person's answer, or the end of the time for it; undefined: neither. */
function answered(remediation: Live<Remediation>, now: number): Transition | undefined {
  if (remediation.spec.approval?.decision === "deny") return denied(remediation, now);
  if (now < instant(remediation.status?.approvalExpiresAt)) return undefined;
  const message =
    planApproved(remediation) === undefined
      ? "Nobody answered in time; the approval lapsed and nothing was done."
      : "The approval lapsed before it could be carried out; nothing was done.";
  return end(now, "Declined", "ApprovalLapsed", message);
}

/** Why an attempt that is reserved, and whose Job is not there, is not begun: it was denied, or its approval has lapsed. */
export function withdrawn(
  remediation: Live<Remediation>,
  approvedPlan: string | undefined,
  now: number,
): Transition | undefined {
  if (remediation.spec.approval?.decision === "deny") return denied(remediation, now);
  const { approvalExpiresAt } = remediation.status ?? {};
  return approvedPlan === undefined || approvalExpiresAt === undefined ? undefined : answered(remediation, now);
}

function denied({ spec: { approval }, status = {} }: Live<Remediation>, now: number): Transition {
  const by = approval?.by ? ` by ${approval.by}` : "";
  const why = approval?.reason ? `: ${approval.reason}` : "";
  const done = lastWriteAt({ status }) > 0 ? "Nothing more is done." : "Nothing was done.";
  return end(now, "Declined", "ApprovalDenied", `The plan was denied${by}${why}. ${done}`);
}

/** Digest of the plan that waits, when a person has agreed to exactly this one. */
function planApproved({ spec: { approval }, status = {} }: Live<Remediation>): string | undefined {
  const { planDigest = "" } = status;
  const agreed = approval?.decision === "approve" && planDigest !== "" && approval.planDigest === planDigest;
  return agreed ? planDigest : undefined;
}

function awaitingApproval(facts: Facts, attempt: RemediationAttempt): Decision {
  const { remediation, now } = facts;
  const ending = answered(remediation, now);
  if (ending !== undefined) return ending;
  const digest = planApproved(remediation);
  if (digest !== undefined) return start(attempt.n + 1, digest);
  return mistaken(remediation, now) ?? whileWaiting(facts);
}

/** The Job of a foreign Operarius: it is there, suspended, and a person lets it go or not. */
function awaitingRelease(remediation: Live<Remediation>, attempt: RemediationAttempt, now: number): Decision {
  const ending = answered(remediation, now);
  if (ending !== undefined) return { ...ending, discardJob: attempt.jobName };
  const approvedPlan = planApproved(remediation);
  if (approvedPlan !== undefined) return { kind: "resume", jobName: attempt.jobName, approvedPlan };
  return mistaken(remediation, now) ?? { kind: "rest", recheckAfterMs: expiresIn(remediation, now) };
}

function expiresIn({ status }: Live<Remediation>, now: number): number {
  return Math.max(0, instant(status?.approvalExpiresAt) - now);
}

/** An approval that names no plan, or another one. That of an earlier plan of this record is no mistake. */
function mistaken({ spec, status = {} }: Live<Remediation>, now: number): Transition | undefined {
  const { approval } = spec;
  if (approval === undefined) return undefined;
  const used = status.attempts?.map(({ approvedPlan }) => approvedPlan) ?? [];
  if (approval.planDigest !== undefined && used.includes(approval.planDigest)) return undefined;
  const notice = approvalForAnotherPlan(approval.planDigest, status.planDigest ?? "");
  if (status.conditions?.some(({ message }) => message === notice.message) === true) return undefined;
  const { reason, message } = notice;
  const conditions = [condition(now, "ApprovalMatches", "False", reason, message)];
  return { kind: "transition", status: { conditions }, notice };
}

/** An approval lapses when the plan changes or the target is healthy; lapsing does nothing. */
function whileWaiting({ remediation, look, now, limits }: Facts): Decision {
  const rest = (ms: number): Decision => ({ kind: "rest", recheckAfterMs: Math.min(ms, expiresIn(remediation, now)) });
  if (remediation.spec.operarius.ours !== true) return rest(expiresIn(remediation, now));
  if (look === undefined) return { kind: "look" };
  if (look.kind === "unread") return rest(limits.lookEveryMs);
  if (look.kind === "gone") {
    return outcome(end(now, "Cancelled", "TargetGone", "The target was deleted; the approval is not needed."), "gone");
  }
  const edit = editAfter(look, lastFinishedAt(remediation));
  if (edit !== undefined) return changedByPerson(edit, now);
  if (look.health === "healthy") {
    const { soak } = look;
    if (soak === undefined || soak.soakedMs < soak.requiredMs) {
      return rest(soak === undefined ? limits.recheckMs : Math.max(500, soak.requiredMs - soak.soakedMs));
    }
    if (lastWriteAt(remediation) > 0) {
      const recount = beginVerifying(now, look.reason, look.message);
      return { ...recount, status: { ...recount.status, planDigest: null, approvalExpiresAt: null } };
    }
    const message = `${look.message} The approval is not needed any more; nothing was done.`;
    return outcome(end(now, "Cancelled", "TargetHealthy", message), "self-healed");
  }
  const base = remediation.status?.look;
  if (look.health === "pending" || base === undefined || base.fingerprint === look.fingerprint) {
    return rest(limits.lookEveryMs);
  }
  const message = `What was seen has changed since the plan was made (${look.message}); the approval lapsed, and a new plan is made.`;
  return {
    kind: "transition",
    status: {
      phase: "Pending",
      reason: "PlanChanged",
      message,
      nextAttemptAt: iso(now),
      planDigest: null,
      approvalExpiresAt: null,
    },
    notice: approvalLapsed(message),
  };
}

function nextAttempt(remediation: Live<Remediation>, attempt: RemediationAttempt, now: number): Decision {
  if (remediation.spec.approval?.decision === "deny") return denied(remediation, now);
  const due = instant(remediation.status?.nextAttemptAt);
  if (now < due) return { kind: "rest", recheckAfterMs: due - now };
  // A plan that was approved stays approved while its attempt waits, but no longer than the approval holds.
  const holds = now < instant(remediation.status?.approvalExpiresAt);
  return start(attempt.n + 1, holds ? (attempt.approvedPlan ?? planApproved(remediation)) : undefined);
}

function start(attempt: number, approvedPlan: string | undefined): Decision {
  return approvedPlan === undefined ? { kind: "start", attempt } : { kind: "start", attempt, approvedPlan };
}
