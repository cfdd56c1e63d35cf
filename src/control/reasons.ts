/** Which of the remedy's reasons pass by themselves (pure). The constants are public API of engine and guards. */

/** Refusals that end without anybody touching the target; the record waits, and no Job is needed to see that they ended. */
const PASSING: ReadonlySet<string> = new Set([
  "BudgetExhausted",
  "ClusterBudgetExhausted",
  "DependencyUnhealthy",
  "LedgerUnreadable",
  "LedgerUnwritable",
  "NodeBusy",
  "NodeStorm",
  "OptedOut",
  "OutsideMaintenanceWindow",
  "Paused",
  "PauseUnreadable",
  "TargetLocked",
  "TargetMoving",
]);

/** Caps: they end by time, but somebody should know that they were reached. */
const CAPS: ReadonlySet<string> = new Set(["BudgetExhausted", "ClusterBudgetExhausted"]);

/** Failures of the surroundings, not of the repair: the API server's own words for "not now", and a stop. */
const TRANSIENT: ReadonlySet<string> = new Set([
  "ApiError",
  "ApiUnreachable",
  "Conflict",
  "InternalError",
  "Interrupted",
  "ServerTimeout",
  "ServiceUnavailable",
  "Timeout",
  "TooManyRequests",
]);

/** Whether a refusal ends by itself. */
export function isPassing(reason: string): boolean {
  return PASSING.has(reason);
}

export function isCap(reason: string): boolean {
  return CAPS.has(reason);
}

/** Whether the same attempt may well succeed later (FIELD.md 7: back-off is for these only). */
export function isTransient(reason: string): boolean {
  return TRANSIENT.has(reason);
}
