/** The verdicts of a run, each with its reason (pure). */
import { StatusError, TransportError } from "../kube/errors.ts";
import { Interrupted, isTargetGone, Stalled } from "./errors.ts";
import { redact } from "./redact.ts";
import type { RunState } from "./run-types.ts";
import type { ObservationBase, Plan, Remedy, Verdict } from "./types.ts";

/** An error of the API repeats what webhooks and registries say; its words become part of verdicts. */
export function withoutSecrets(verdict: Verdict): Verdict {
  return { ...verdict, message: redact(verdict.message) };
}

/** Healthy for long enough. */
export function recovered(message: string, soakedMs: number, wrote: boolean): Verdict {
  return {
    kind: "recovered",
    reason: wrote ? "Recovered" : "NothingToDo",
    message: `${message} ${wrote ? "It has stayed so" : "Nothing had to be done; it has been so"} for ${Math.round(soakedMs / 1000)} s.`,
  };
}

/**
 * What ends a run from outside: a stop is a verdict, so is the end of the target, and so is whatever comes after a write
 * of ours. What ended a run that had nothing to record is thrown.
 */
export function onRecord<O extends ObservationBase>(error: unknown, remedy: Remedy<O>, state: RunState<O>): Verdict {
  if (state.last && error instanceof Interrupted) return interrupted();
  const { last, writes } = state;
  if (last && isTargetGone(error))
    return { kind: writes.length > 0 ? "failed" : "declined", reason: error.reason, message: error.message };
  if (!last || writes.length === 0) throw error;
  return error instanceof Stalled ? incomplete(remedy, last.observation, error) : brokenOff(error);
}

/** The run broke off. An error of the API keeps its name; anything else is a fault of this program. */
function brokenOff(error: unknown): Verdict {
  const message = error instanceof Error ? error.message : String(error);
  const reason =
    error instanceof TransportError
      ? "ApiUnreachable"
      : error instanceof StatusError
        ? error.reason || "ApiError"
        : "InternalError";
  return {
    kind: "failed",
    reason,
    message: `The run broke off after its writes; how they ended was not seen: ${message.replace(/\.+$/, "")}.`,
  };
}

/** Nothing more can be done after our own writes did not bring health. */
export function incomplete<O extends ObservationBase>(
  remedy: Remedy<O>,
  observation: O,
  { reason, message, command }: { reason: string; message: string; command?: string },
): Verdict {
  const kind = remedy.mostlyWorks(observation) ? "partial" : "failed";
  return { kind, reason, message, ...(command ? { command } : {}) };
}

/** Time is up, or what is awaited comes after it. */
export function waiting(reason: string, message: string, recheckAfterMs: number): Verdict {
  return { kind: "waiting", reason, message, recheckAfterMs };
}

/** The run was told to stop (SIGINT, SIGTERM). */
export function interrupted(): Verdict {
  return { kind: "failed", reason: "Interrupted", message: "Told to stop; it stopped between two steps." };
}

/** The plan stands and a person must agree to it. */
export function awaitingApproval(plan: Extract<Plan, { kind: "act" }>): Verdict {
  const steps = plan.steps.map(({ summary }) => summary).join("; ");
  return {
    kind: "awaiting-approval",
    reason: "ApprovalRequired",
    message: `${plan.message} Proposed: ${steps}.`,
    planDigest: plan.digest,
  };
}

/** Nothing was written and a person is needed. */
export function declined(reason: string, message: string, command?: string): Verdict {
  return { kind: "declined", reason, message, ...(command ? { command } : {}) };
}
