/** From the end of a Job to the next phase of its Remediation. Pure. */
import type { TerminationMessage } from "../engine/termination.ts";
import type { Phase, Remediation, RemediationAttempt } from "../operarius/remediation.ts";
import { approvalNeeded, attemptMoves, attemptWaits } from "../reporting/events.ts";
import type { JobOutcome } from "./job-outcome.ts";
import type { Transition } from "./transition.ts";
import { end, iso, replaceLast } from "./transition.ts";

interface Conclusion {
  remediation: Remediation;
  attempt: RemediationAttempt;
  job: Extract<JobOutcome, { kind: "finished" }>;
  now: number;
}

/** Attempts that our own timers may make of one episode; those that a person approved are on top of them. */
const MAX_ATTEMPTS = 3;
const MAX_APPROVED_ATTEMPTS = 5;
/** Reason of the guard in engine/guards/nodes.ts. */
const SELF_NODE = "SelfNode";
const MAX_MISPLACED_ATTEMPTS = 3;
const APPROVAL_HOLDS_MS = 60 * 60 * 1000;
const DEFAULT_RECHECK_SECONDS = 60;

/** The transition after a finished Job: its report decides where it left one, else its condition. */
export function concludeAttempt(conclusion: Conclusion): Transition {
  const { remediation, attempt, job, now } = conclusion;
  const { report } = job;
  const transition = report === undefined ? foreignJob(conclusion) : ownJob(conclusion, report);
  const finished: RemediationAttempt = {
    ...attempt,
    ...(report === undefined ? {} : { verdict: report.verdict }),
    ...(job.node === undefined ? {} : { node: job.node }),
    ...(report?.receipt === undefined ? {} : { receipt: report.receipt }),
    reason: report?.reason ?? (job.reason || (job.succeeded ? "JobComplete" : "JobFailed")),
    finishedAt: iso(now),
  };
  return {
    ...transition,
    status: {
      ...transition.status,
      ...(report === undefined ? {} : { cause: report.cause }),
      attempts: replaceLast(remediation, finished),
    },
    finishedJob: { name: attempt.jobName, succeeded: job.succeeded },
  };
}

function foreignJob({ attempt, job, now }: Conclusion): Transition {
  if (job.succeeded) return end(now, "Succeeded", "JobComplete", `Job ${attempt.jobName} completed.`);
  const why = job.message || job.reason || "no reason given";
  return end(now, "Failed", job.reason || "JobFailed", `Job ${attempt.jobName} failed: ${why}`);
}

function ownJob(conclusion: Conclusion, report: TerminationMessage): Transition {
  const { now } = conclusion;
  const close = (phase: Phase) => end(now, phase, report.reason, report.sentence);
  switch (report.verdict) {
    case "recovered":
      return close("Succeeded");
    case "partial":
      return close("Ineffective");
    case "failed":
      return close("Failed");
    case "declined":
      return isMisplaced(conclusion, report) ? runElsewhere(conclusion, report) : close("Declined");
    case "awaiting-approval":
      return askForApproval(conclusion, report);
    case "waiting":
      return waitForNextAttempt(conclusion, report);
  }
}

/** The Job ran on a node that is itself among the failing ones (guard SelfNode); another node may be better. */
function isMisplaced({ remediation, job }: Conclusion, report: TerminationMessage): boolean {
  const before = (remediation.status?.attempts ?? []).filter(isSelfNode).length;
  return report.reason === SELF_NODE && job.node !== undefined && before < MAX_MISPLACED_ATTEMPTS;
}

/** The next attempt follows at once, on none of these nodes, and costs nothing. */
function runElsewhere({ attempt, job, now }: Conclusion, report: TerminationMessage): Transition {
  return {
    kind: "transition",
    status: { phase: "Pending", reason: report.reason, message: report.sentence, nextAttemptAt: iso(now) },
    notice: attemptMoves(attempt.n, job.node ?? "", report.sentence),
  };
}

function isSelfNode({ reason }: RemediationAttempt): boolean {
  return reason === SELF_NODE;
}

/** Nodes that attempts of this episode were declined on. */
export function nodesToAvoid(attempts: readonly RemediationAttempt[]): string[] {
  return [...new Set(attempts.filter(isSelfNode).flatMap(({ node }) => (node === undefined ? [] : [node])))];
}

function askForApproval({ remediation, attempt, now }: Conclusion, report: TerminationMessage): Transition {
  const digest = report.planDigest ?? "";
  if (digest === "") {
    return end(now, "Failed", "PlanDigestMissing", `The Job asks for approval but names no plan: ${report.sentence}`);
  }
  if (digest === attempt.approvedPlan) {
    const message = `Plan ${digest} was approved, but the Job asks for the same approval again; does its container ignore OPERARIUS_APPROVED_PLAN?`;
    return end(now, "Failed", "ApprovalNotHonoured", message);
  }
  const approved = (remediation.status?.attempts ?? []).filter((each) => each.approvedPlan !== undefined).length;
  if (approved >= MAX_APPROVED_ATTEMPTS) {
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
      approvalExpiresAt: iso(now + APPROVAL_HOLDS_MS),
      nextAttemptAt: null,
    },
    notice: approvalNeeded(digest, report.sentence),
  };
}

function waitForNextAttempt({ remediation, attempt, now }: Conclusion, report: TerminationMessage): Transition {
  const own = (remediation.status?.attempts ?? []).filter(
    (each) => each.approvedPlan === undefined && !isSelfNode(each),
  ).length;
  const all = (remediation.status?.attempts ?? []).filter((each) => !isSelfNode(each)).length;
  if (own >= MAX_ATTEMPTS || all >= MAX_ATTEMPTS + MAX_APPROVED_ATTEMPTS) {
    return end(now, "Ineffective", "AttemptsExhausted", `Still waiting after ${all} attempts: ${report.sentence}`);
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
