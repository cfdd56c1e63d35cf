/** The verdicts of a run, each with its reason (pure). */
import type { ObservationBase, Plan, Remedy, Verdict } from "./types.ts";

/** Healthy for long enough. */
export function recovered(message: string, soakedMs: number, wrote: boolean): Verdict {
  return {
    kind: "recovered",
    reason: wrote ? "Recovered" : "NothingToDo",
    message: `${message} ${wrote ? "It has stayed so" : "Nothing had to be done; it has been so"} for ${Math.round(soakedMs / 1000)} s.`,
  };
}

/** Nothing more can be done after our own writes did not bring health. */
export function incomplete<O extends ObservationBase>(
  remedy: Remedy<O>,
  observation: O,
  plan: { reason: string; message: string },
): Verdict {
  return { kind: remedy.mostlyWorks(observation) ? "partial" : "failed", reason: plan.reason, message: plan.message };
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
export function declined(reason: string, message: string): Verdict {
  return { kind: "declined", reason, message };
}
