/** Waits for a condition of the outside world, with a deadline. */
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterProblem } from "./problem.ts";

export interface Waiting {
  /** What is waited for, for the message: "the API server answers". */
  what: string;
  deadlineMs: number;
  /** Between two looks. Default 50. */
  periodMs?: number;
  /** What else to say when the deadline has passed. */
  hint?: () => string;
}

/** Resolves with the first answer of `look` that is not undefined. An error of `look` ends the waiting. */
export async function until<T>(look: () => Promise<T | undefined>, waiting: Waiting): Promise<T> {
  const { what, deadlineMs, periodMs = 50, hint } = waiting;
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (performance.now() > end) {
      throw new ClusterProblem(`waited ${deadlineMs / 1000} s in vain until ${what}. ${hint?.() ?? ""}`.trimEnd());
    }
    await sleep(periodMs);
  }
}
