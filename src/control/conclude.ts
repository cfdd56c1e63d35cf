/** From the end of a Job to the next phase of its Remediation (pure). */
import type { TerminationMessage } from "../engine/termination.ts";
import type { Phase, Remediation, RemediationAttempt } from "../operarius/remediation.ts";
import { approvalNeeded, attemptFailed, attemptMoves, attemptWaits } from "../reporting/events.ts";
import type { JobOutcome } from "./job-outcome.ts";
import type { Limits } from "./limits.ts";
import { isCap, isPassing, isTransient } from "./reasons.ts";
import type { Transition } from "./transition.ts";
import { beginVerifying, condition, end, hold, instant, iso, lastWriteAt, outcome, replaceLast } from "./transition.ts";

interface Conclusion {
  remediation: Remediation;
  attempt: RemediationAttempt;
  job: Extract<JobOutcome, { kind: "finished" | "missing" }>;
  now: number;
  limits: Limits;
}

/** Attempts that our own timers may make of one episode; those that a person approved are on top of them. */
const MAX_ATTEMPTS = 3;
const MAX_APPROVED_ATTEMPTS = 5;
/** The schema's bound on attempts; those that cost nothing count here, too. */
const MAX_ALL_ATTEMPTS = 20;
/** Reason of the guard in engine/guards/nodes.ts. */
const SELF_NODE = "SelfNode";
const MAX_MISPLACED_ATTEMPTS = 3;
const DEFAULT_RECHECK_SECONDS = 60;

/** The transition after the end of a Job: its report decides where it left one, else its condition. */
export function concludeAttempt(conclusion: Conclusion): Transition {
  const { remediation, attempt, job, now } = conclusion;
  const report = job.kind === "finished" ? job.report : undefined;
  const finished: RemediationAttempt = {
    ...attempt,
    ...(report === undefined ? {} : { verdict: report.verdict }),
    ...(job.kind === "missing" || job.node === undefined ? {} : { node: job.node }),
    ...(report?.receipt === undefined ? {} : { receipt: report.receipt }),
    ...wroteAt(job),
    ...(report?.fingerprint === undefined ? {} : { fingerprint: report.fingerprint }),
    reason: report?.reason ?? jobReason(job),
    finishedAt: iso(now),
  };
  const attempts = replaceLast(remediation, finished);
  const after = { ...remediation, status: { ...remediation.status, attempts } };
  const transition = nextStep({ ...conclusion, remediation: after, attempt: finished }, report);
  return {
    ...transition,
    status: { ...transition.status, ...(report === undefined ? {} : { cause: report.cause }), attempts },
    finishedJob: { name: attempt.jobName, succeeded: job.kind === "finished" && job.succeeded },
  };
}

/** By the Job's own clock, like the times of the cluster that it is compared with. */
function wroteAt(job: Conclusion["job"]): Pick<RemediationAttempt, "lastWriteAt"> {
  const report = job.kind === "finished" ? job.report : undefined;
  const at = report === undefined ? (job.wroteAt ?? 0) : instant(report.lastWriteAt);
  return at > 0 ? { lastWriteAt: iso(at) } : {};
}

function jobReason(job: Conclusion["job"]): string {
  if (job.kind === "missing") return "JobGone";
  return job.reason || (job.succeeded ? "JobComplete" : "JobFailed");
}

function nextStep(conclusion: Conclusion, report: TerminationMessage | undefined): Transition {
  if (report !== undefined) return ownJob(conclusion, report);
  const { remediation, attempt, job, now } = conclusion;
  const why = withoutReport(attempt, job);
  const ours = remediation.spec.operarius.ours === true;
  if (job.kind === "finished" && job.succeeded && !ours) {
    return end(now, "Succeeded", "JobComplete", `Job ${attempt.jobName} completed.`);
  }
  // Of our own remedy the ledger knows what was done, so that another look is safe; nobody else's Job is repeated.
  if (ours) return afterTransient(conclusion, jobReason(job), why);
  return end(now, "Failed", jobReason(job), why);
}

function withoutReport({ jobName }: RemediationAttempt, job: Conclusion["job"]): string {
  if (job.kind === "missing") {
    return `Job ${jobName} is gone before its end was seen: somebody deleted it, or its ttlSecondsAfterFinished passed while no server ran. What it did is not known.`;
  }
  if (job.succeeded) return `Job ${jobName} completed without a report.`;
  return `Job ${jobName} failed: ${job.message || job.reason || "no reason given"}`;
}

function ownJob(conclusion: Conclusion, report: TerminationMessage): Transition {
  const { now } = conclusion;
  const close = (phase: Phase) => end(now, phase, report.reason, report.sentence);
  switch (report.verdict) {
    case "recovered":
      return verifyOr(conclusion, report, () => close("Succeeded"));
    case "partial":
      return outcome(close("Ineffective"), "not-repaired");
    case "failed":
      return isTransient(report.reason)
        ? afterTransient(conclusion, report.reason, report.sentence)
        : outcome(close("Failed"), "not-repaired");
    case "declined":
      return declinedJob(conclusion, report);
    case "awaiting-approval":
      return askForApproval(conclusion, report);
    case "waiting":
      return wrote(conclusion)
        ? verifyOr(conclusion, report, () => waitForNextAttempt(conclusion, report))
        : waitForNextAttempt(conclusion, report);
  }
}

function wrote({ attempt }: Conclusion): boolean {
  return attempt.lastWriteAt !== undefined;
}

/** Call a write no success: the server counts again. Where it cannot look, the report is all there is, and that is said. */
function verifyOr(
  { remediation, now }: Conclusion,
  { reason, sentence }: TerminationMessage,
  unverified: () => Transition,
): Transition {
  if (remediation.spec.operarius.ours !== true) {
    const transition = unverified();
    const message = "The server cannot look at this target; the Job's report is all that is known.";
    const conditions = [
      ...(transition.status.conditions ?? []),
      condition(now, "Verified", "Unknown", "NotSeen", message),
    ];
    return { ...transition, status: { ...transition.status, conditions } };
  }
  return beginVerifying(now, reason, sentence);
}

function declinedJob(conclusion: Conclusion, report: TerminationMessage): Transition {
  const { remediation, now, limits } = conclusion;
  if (isMisplaced(conclusion, report)) return runElsewhere(conclusion, report);
  const { reason, sentence } = report;
  const ours = remediation.spec.operarius.ours === true;
  if (ours && isPassing(reason) && attemptsOf(remediation).length < MAX_ALL_ATTEMPTS) {
    const until = now + untilItPasses(remediation, reason, limits);
    const waiting = { reason, message: sentence, until, needsPerson: isCap(reason) };
    const { transition } = hold(remediation, waiting, { now, recheckMs: limits.lookAtMostEveryMs });
    if (transition !== undefined) return transition;
  }
  return end(now, "Declined", reason, sentence);
}

/** Another Job to see whether the refusal has passed: later each time; of a cap, when there may be something new to see. */
function untilItPasses(remediation: Remediation, reason: string, { backOff, lookEveryMs }: Limits): number {
  if (isCap(reason)) return lookEveryMs;
  const refused = attemptsOf(remediation).filter((each) => isPassing(each.reason ?? "")).length;
  return Math.min(backOff.mostMs, backOff.firstMs * 2 ** Math.max(0, refused - 1));
}

/** The Job ran on a node that is itself among the failing ones (guard SelfNode); another node may be better. */
function isMisplaced({ remediation, job }: Conclusion, report: TerminationMessage): boolean {
  const misplaced = attemptsOf(remediation).filter(isSelfNode).length;
  return (
    report.reason === SELF_NODE &&
    job.kind === "finished" &&
    job.node !== undefined &&
    misplaced <= MAX_MISPLACED_ATTEMPTS &&
    attemptsOf(remediation).length < MAX_ALL_ATTEMPTS
  );
}

/** The next attempt follows at once, on none of these nodes, and costs nothing. */
function runElsewhere({ attempt, job, now }: Conclusion, report: TerminationMessage): Transition {
  const node = job.kind === "finished" ? (job.node ?? "") : "";
  return {
    kind: "transition",
    status: { phase: "Pending", reason: report.reason, message: report.sentence, nextAttemptAt: iso(now) },
    notice: attemptMoves(attempt.n, node, report.sentence),
  };
}

function isSelfNode({ reason }: RemediationAttempt): boolean {
  return reason === SELF_NODE;
}

/** Nodes that attempts of this episode were declined on. */
export function nodesToAvoid(attempts: readonly RemediationAttempt[]): string[] {
  return [...new Set(attempts.filter(isSelfNode).flatMap(({ node }) => (node === undefined ? [] : [node])))];
}

function attemptsOf({ status }: Remediation): readonly RemediationAttempt[] {
  return status?.attempts ?? [];
}

/** Whether the attempts that our own timers may make are used up; those that cost nothing are not counted. */
function isExhausted(remediation: Remediation): boolean {
  const counted = attemptsOf(remediation).filter((each) => !isSelfNode(each) && !isPassing(each.reason ?? ""));
  const own = counted.filter(({ approvedPlan }) => approvedPlan === undefined).length;
  const all = attemptsOf(remediation).length;
  return own >= MAX_ATTEMPTS || counted.length >= MAX_ATTEMPTS + MAX_APPROVED_ATTEMPTS || all >= MAX_ALL_ATTEMPTS;
}

/** Back-off: doubled after each failure of this kind, never more often than the attempts allow. */
function afterTransient({ remediation, attempt, now, limits }: Conclusion, reason: string, why: string): Transition {
  if (isExhausted(remediation)) {
    const tries = attemptsOf(remediation).length;
    const failed = end(now, "Failed", reason, `${why} It was tried ${tries} times.`);
    return lastWriteAt(remediation) > 0 ? outcome(failed, "not-repaired") : failed;
  }
  const before = attemptsOf(remediation).filter(({ verdict }) => verdict === undefined || verdict === "failed").length;
  const wait = Math.min(limits.backOff.mostMs, limits.backOff.firstMs * 2 ** Math.max(0, before - 1));
  return {
    kind: "transition",
    status: { phase: "Pending", reason, message: why, nextAttemptAt: iso(now + wait) },
    notice: attemptFailed(attempt.n, Math.round(wait / 1000), why),
  };
}

function askForApproval({ remediation, attempt, now, limits }: Conclusion, report: TerminationMessage): Transition {
  const digest = report.planDigest ?? "";
  if (digest === "") {
    return end(now, "Failed", "PlanDigestMissing", `The Job asks for approval but names no plan: ${report.sentence}`);
  }
  if (digest === attempt.approvedPlan) {
    const message = `Plan ${digest} was approved, but the Job asks for the same approval again; does its container ignore OPERARIUS_APPROVED_PLAN?`;
    return end(now, "Failed", "ApprovalNotHonoured", message);
  }
  const approved = attemptsOf(remediation).filter((each) => each.approvedPlan !== undefined).length;
  if (approved >= MAX_APPROVED_ATTEMPTS || attemptsOf(remediation).length >= MAX_ALL_ATTEMPTS) {
    return end(
      now,
      "Ineffective",
      "AttemptsExhausted",
      `The plan changed after each of ${approved} approvals. ${report.sentence}`,
    );
  }
  return {
    kind: "transition",
    status: {
      phase: "AwaitingApproval",
      reason: report.reason,
      message: report.sentence,
      planDigest: digest,
      approvalExpiresAt: iso(now + limits.approvalMs),
      nextAttemptAt: null,
      blockedSince: null,
      look: null,
    },
    notice: approvalNeeded(digest, report.sentence),
    tell: "ApprovalNeeded",
  };
}

/** The target is given time; then the next attempt looks again, as long as there are any left. */
export function waitForNextAttempt(
  { remediation, attempt, now }: Pick<Conclusion, "remediation" | "attempt" | "now">,
  report: Pick<TerminationMessage, "reason" | "sentence" | "recheckAfterSeconds">,
): Transition {
  if (isExhausted(remediation)) {
    const counted = attemptsOf(remediation).filter((each) => !isSelfNode(each)).length;
    return end(now, "Ineffective", "AttemptsExhausted", `Still waiting after ${counted} attempts: ${report.sentence}`);
  }
  const seconds = report.recheckAfterSeconds ?? DEFAULT_RECHECK_SECONDS;
  return {
    kind: "transition",
    status: {
      phase: "Pending",
      reason: report.reason,
      message: report.sentence,
      nextAttemptAt: iso(now + seconds * 1000),
    },
    notice: attemptWaits(attempt.n, seconds, report.sentence),
  };
}
