/**
 * The state machine of a Remediation: facts in, one decision out. Pure; reconcile.ts carries decisions out.
 *
 *   Pending ─▶ Running ─▶ Succeeded | Ineffective | Failed | Declined
 *      ▲          ├─▶ AwaitingApproval ─(approve)─▶ next attempt · (deny, 1 h)─▶ Declined
 *      └─waiting──┘
 *   Pending, before any Job ─(alert resolved)─▶ Cancelled
 */
import type { Live } from "../kube/types.ts";
import type { Remediation, RemediationAttempt } from "../operarius/remediation.ts";
import { isTerminal } from "../operarius/remediation.ts";
import { approvalForAnotherPlan } from "../reporting/events.ts";
import { concludeAttempt } from "./conclude.ts";
import type { JobOutcome } from "./job-outcome.ts";
import type { Decision } from "./transition.ts";
import { end, instant, iso, replaceLast } from "./transition.ts";

export interface Facts {
  remediation: Live<Remediation>;
  /** Of the last attempt; absent when there is none in flight. */
  job?: JobOutcome;
  now: number;
}

/** What to do next with a Remediation. */
export function decide(facts: Facts): Decision {
  const { remediation, now } = facts;
  const status = remediation.status ?? {};
  if (isTerminal(status.phase) || remediation.metadata.deletionTimestamp !== undefined) return { kind: "rest" };
  const attempt = status.attempts?.at(-1);
  if (attempt === undefined) return beforeFirstAttempt(remediation, now);
  if (attempt.finishedAt === undefined) return inFlight(facts, attempt);
  if (status.phase === "AwaitingApproval") return awaitingApproval(remediation, attempt, now);
  if (status.phase === "Pending") return nextAttempt(remediation, attempt, now);
  return { kind: "rest" };
}

function beforeFirstAttempt(remediation: Live<Remediation>, now: number): Decision {
  const { alertResolvedAt, lastSeenFiring } = remediation.status ?? {};
  const firing = Math.max(instant(lastSeenFiring), instant(remediation.spec.receivedAt));
  if (instant(alertResolvedAt) > firing) {
    return end(now, "Cancelled", "AlertResolved", "The alert resolved before any Job was started; nothing was done.");
  }
  return { kind: "start", attempt: 1 };
}

function inFlight({ remediation, job, now }: Facts, attempt: RemediationAttempt): Decision {
  if (attempt.startedAt === undefined) return start(attempt.n, attempt.approvedPlan);
  if (job === undefined) return { kind: "rest" };
  if (job.kind === "missing") {
    const message = `Job ${attempt.jobName} is gone before its end was seen: somebody deleted it, or its ttlSecondsAfterFinished passed while no server ran. What it did is not known.`;
    const finished = { ...attempt, reason: "JobGone", finishedAt: iso(now) };
    const ending = end(now, "Failed", "JobGone", message);
    return {
      ...ending,
      status: { ...ending.status, attempts: replaceLast(remediation, finished) },
      finishedJob: { name: attempt.jobName, succeeded: false },
    };
  }
  if (job.kind === "finished") return concludeAttempt({ remediation, attempt, job, now });
  if (remediation.status?.phase === "Running") return { kind: "rest" };
  return { kind: "transition", status: { phase: "Running", reason: "JobRunning", message: `Job ${attempt.jobName}` } };
}

function awaitingApproval(remediation: Live<Remediation>, attempt: RemediationAttempt, now: number): Decision {
  const status = remediation.status ?? {};
  const { approval } = remediation.spec;
  const digest = status.planDigest ?? "";
  const by = approval?.by ? ` by ${approval.by}` : "";
  if (approval?.decision === "deny") {
    const why = approval.reason ? `: ${approval.reason}` : "";
    return end(now, "Declined", "ApprovalDenied", `The plan was denied${by}${why}. Nothing was done.`);
  }
  const expires = instant(status.approvalExpiresAt);
  if (now >= expires) {
    return end(now, "Declined", "ApprovalLapsed", "Nobody answered in time; the approval lapsed and nothing was done.");
  }
  const rest: Decision = { kind: "rest", recheckAfterMs: expires - now };
  if (approval === undefined) return rest;
  if (digest !== "" && approval.planDigest === digest) return start(attempt.n + 1, digest);
  // The approval of an earlier plan stays on the record; only a person's mistake is worth a warning.
  const used = status.attempts?.map(({ approvedPlan }) => approvedPlan) ?? [];
  if (approval.planDigest !== undefined && used.includes(approval.planDigest)) return rest;
  const notice = approvalForAnotherPlan(approval.planDigest, digest);
  if (status.conditions?.some(({ message }) => message === notice.message) === true) return rest;
  const { reason, message } = notice;
  const condition = {
    type: "ApprovalMatches",
    status: "False" as const,
    reason,
    message,
    lastTransitionTime: iso(now),
  };
  return { kind: "transition", status: { conditions: [condition] }, notice };
}

function nextAttempt(remediation: Live<Remediation>, attempt: RemediationAttempt, now: number): Decision {
  const due = instant(remediation.status?.nextAttemptAt);
  if (now < due) return { kind: "rest", recheckAfterMs: due - now };
  // A plan that was approved stays approved while its attempt waits, but no longer than the approval holds.
  const holds = now < instant(remediation.status?.approvalExpiresAt);
  return start(attempt.n + 1, holds ? attempt.approvedPlan : undefined);
}

function start(attempt: number, approvedPlan: string | undefined): Decision {
  return approvedPlan === undefined ? { kind: "start", attempt } : { kind: "start", attempt, approvedPlan };
}
