/** The shapes of a decision, and the constructors that those who decide share (pure). */
import type { Phase, Remediation, RemediationAttempt, RemediationStatus } from "../operarius/remediation.ts";
import type { Notice } from "../reporting/events.ts";
import { blocked, ended, verifying } from "../reporting/events.ts";
import type { Hold } from "./hold.ts";

/** A merge patch of the status: null removes a field. Conditions are merged by type. */
export type StatusPatch = { [Field in keyof RemediationStatus]?: RemediationStatus[Field] | null };

export type Condition = NonNullable<RemediationStatus["conditions"]>[number];

/** The Job that a transition ends; for the counters and the Operarius' status. */
export interface FinishedJob {
  name: string;
  succeeded: boolean;
}

/** What people are told about, once per incident. */
export type Told = "ApprovalNeeded" | "Blocked" | "Declined" | "Failed" | "Ineffective" | "StormHeld" | "Succeeded";

export interface Transition {
  kind: "transition";
  status: StatusPatch;
  notice?: Notice;
  tell?: Told;
  finishedJob?: FinishedJob;
  /** A suspended Job that nobody will let go. */
  discardJob?: string;
  /** When to look again; default at once. */
  recheckAfterMs?: number;
}

export type Decision =
  /** Nothing to do until something changes, or until the time is up. */
  | { kind: "rest"; recheckAfterMs?: number }
  /** The target must be looked at first. */
  | { kind: "look" }
  /** Reserve the attempt (when it is new) and see that its Job exists. */
  | { kind: "start"; attempt: number; approvedPlan?: string }
  /** Let the suspended Job of this attempt go. */
  | { kind: "resume"; jobName: string; approvedPlan: string }
  | Transition;

const TOLD_ENDS: Partial<Record<Phase, Told>> = {
  Succeeded: "Succeeded",
  Ineffective: "Ineffective",
  Failed: "Failed",
  Declined: "Declined",
};

/** The end of the episode, with the sentence that a person reads. */
export function end(now: number, phase: Phase, reason: string, message: string): Transition {
  const tell = TOLD_ENDS[phase];
  return {
    kind: "transition",
    status: {
      phase,
      reason,
      message,
      endedAt: iso(now),
      nextAttemptAt: null,
      approvalExpiresAt: null,
      blockedSince: null,
      conditions: [condition(now, "Ended", "True", phase, message)],
    },
    notice: ended(phase, reason, message),
    ...(tell === undefined ? {} : { tell }),
  };
}

/** Nobody is believed that the target is well: it is counted again from now on, whatever was seen before. */
export function beginVerifying(now: number, reason: string, message: string): Transition {
  return {
    kind: "transition",
    status: {
      phase: "Verifying",
      reason,
      message,
      nextAttemptAt: null,
      blockedSince: null,
      look: null,
      conditions: [
        condition(now, "Verified", "Unknown", "Verifying", "The recount has not ended."),
        condition(now, "Healthy", "Unknown", "Verifying", "Not looked at since."),
      ],
    },
    notice: verifying(message),
  };
}

/**
 * The record waits: when to judge again, and the transition that says so; undefined when the record says it already. What
 * it says is renewed, without telling anybody, when the time that it names has passed.
 */
export function hold(
  remediation: Remediation,
  { reason, message, until, recheckAfterMs, incident, needsPerson }: Hold,
  { now, recheckMs }: { now: number; recheckMs: number },
): { recheckAfterMs: number; transition: Transition | undefined } {
  const status = remediation.status ?? {};
  const wait = Math.max(100, until === undefined ? (recheckAfterMs ?? recheckMs) : until - now);
  const same = status.phase === "Blocked" && status.reason === reason && (status.incident ?? "") === (incident ?? "");
  if (same) {
    const isOutdated = status.message !== message && now >= instant(status.nextAttemptAt ?? iso(now + 1));
    const renewed = { message, nextAttemptAt: until === undefined ? null : iso(until) };
    return { recheckAfterMs: wait, transition: isOutdated ? { kind: "transition", status: renewed } : undefined };
  }
  const isStorm = reason === "ReceiverStorm";
  const transition: Transition = {
    kind: "transition",
    status: {
      phase: "Blocked",
      reason,
      message,
      blockedSince: iso(now),
      nextAttemptAt: until === undefined ? null : iso(until),
      incident: incident ?? null,
      ...(isStorm ? { conditions: [condition(now, "StormHeld", "True", reason, message)] } : {}),
    },
    notice: blocked(reason, message),
    ...(isStorm ? { tell: "StormHeld" as const } : needsPerson ? { tell: "Blocked" as const } : {}),
  };
  return { recheckAfterMs: wait, transition };
}

/** One condition, changed now. */
export function condition(
  now: number,
  type: string,
  status: Condition["status"],
  reason: string,
  message: string,
): Condition {
  return { type, status, reason, message, lastTransitionTime: iso(now) };
}

/** All conditions, with those in `changed` exchanged, the last of each type; the time of one whose status is the same stays. */
export function mergeConditions(before: readonly Condition[] = [], changed: readonly Condition[] = []): Condition[] {
  const kept = before.filter(({ type }) => !changed.some((each) => each.type === type));
  const latest = [...new Map(changed.map((each) => [each.type, each])).values()];
  const merged = latest.map((each) => {
    const former = before.find(({ type }) => type === each.type);
    return former?.status === each.status ? { ...each, lastTransitionTime: former.lastTransitionTime } : each;
  });
  return [...kept, ...merged].slice(-10);
}

/** All attempts, with the last one exchanged. */
export function replaceLast(remediation: Remediation, attempt: RemediationAttempt): RemediationAttempt[] {
  return [...(remediation.status?.attempts ?? []).slice(0, -1), attempt];
}

/** When our own Jobs last wrote to the target, in milliseconds since the epoch; 0 = never. */
export function lastWriteAt({ status }: Pick<Remediation, "status">): number {
  return Math.max(0, ...(status?.attempts ?? []).map((attempt) => instant(attempt.lastWriteAt)));
}

/** When the last attempt that has ended did so, in milliseconds since the epoch; 0 = there was none. */
export function lastFinishedAt({ status }: Pick<Remediation, "status">): number {
  return instant(status?.attempts?.findLast(({ finishedAt }) => finishedAt !== undefined)?.finishedAt);
}

/** RFC 3339 from milliseconds since the epoch. */
export function iso(now: number): string {
  return new Date(now).toISOString();
}

/** Milliseconds since the epoch; 0 for what is absent or unreadable. */
export function instant(text: string | undefined): number {
  const parsed = Date.parse(text ?? "");
  return Number.isNaN(parsed) ? 0 : parsed;
}

/** The same end, with what became of the trouble. */
export function outcome(
  transition: Transition,
  became: NonNullable<NonNullable<Remediation["status"]>["outcome"]>,
): Transition {
  return {
    ...transition,
    status: { ...transition.status, outcome: became, outcomeAt: transition.status.endedAt ?? null },
  };
}
