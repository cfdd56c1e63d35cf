/** The shapes of a decision, and the constructors that decide.ts and conclude.ts share. */
import type { Phase, Remediation, RemediationAttempt, RemediationStatus } from "../operarius/remediation.ts";
import type { Notice } from "../reporting/events.ts";
import { ended } from "../reporting/events.ts";

/** A merge patch of the status: null removes a field. */
export type StatusPatch = { [Field in keyof RemediationStatus]?: RemediationStatus[Field] | null };

/** The Job that a transition ends; for the counters and the Operarius' status. */
export interface FinishedJob {
  name: string;
  succeeded: boolean;
}

export interface Transition {
  kind: "transition";
  status: StatusPatch;
  notice?: Notice;
  finishedJob?: FinishedJob;
}

export type Decision =
  /** Nothing to do until something changes, or until the time is up. */
  | { kind: "rest"; recheckAfterMs?: number }
  /** Reserve the attempt (when it is new) and see that its Job exists. */
  | { kind: "start"; attempt: number; approvedPlan?: string }
  | Transition;

/** The end of the episode, with the sentence that a person reads. */
export function end(now: number, phase: Phase, reason: string, message: string): Transition {
  const at = iso(now);
  const condition = { type: "Ended", status: "True" as const, reason: phase, message, lastTransitionTime: at };
  return {
    kind: "transition",
    status: {
      phase,
      reason,
      message,
      endedAt: at,
      nextAttemptAt: null,
      approvalExpiresAt: null,
      conditions: [condition],
    },
    notice: ended(phase, reason, message),
  };
}

/** All attempts, with the last one exchanged. */
export function replaceLast(remediation: Remediation, attempt: RemediationAttempt): RemediationAttempt[] {
  return [...(remediation.status?.attempts ?? []).slice(0, -1), attempt];
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
