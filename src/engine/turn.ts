/** What one turn of the loop in run.ts says: end with a verdict, or look again after a change or `ms` at the latest. */
import type { Verdict } from "./types.ts";

export type Turn = { kind: "end"; verdict: Verdict } | { kind: "again"; ms: number } | { kind: "now" };

/** Look again at once. */
export const NOW: Turn = { kind: "now" };

/** The run is over. */
export function end(verdict: Verdict): Turn {
  return { kind: "end", verdict };
}
