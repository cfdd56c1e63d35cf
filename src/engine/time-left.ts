/** How much time a run has left, and whether it is enough to begin something by the run's own clock. */
import { StatusError, TransportError } from "../kube/errors.ts";
import { declined, waiting } from "./endings.ts";
import type { ActPlan } from "./guards/guard.ts";
import { writesTemplate } from "./guards/guard.ts";
import type { Look, RunOptions, RunState } from "./run-types.ts";
import type { ObservationBase, Verdict } from "./types.ts";

/** Left for the receipt and the last lines. */
const RESERVE_MS = 1500;

/** Milliseconds until the run must end; negative when it should have ended. */
export function remaining<O extends ObservationBase>({ settings, startedAtMs, now }: RunOptions<O>): number {
  return startedAtMs + settings.timeoutMs - RESERVE_MS - now();
}

/** Nothing is begun that cannot be finished: the dwell that is still due, and the wave. */
export function tooShort<O extends ObservationBase>(
  plan: ActPlan,
  { observation }: Look<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Verdict | undefined {
  const { settings, remedy } = options;
  const waveMs = remedy.waveMs(observation, settings);
  const neededMs = waveMs + (isDwelt(plan, state) ? 0 : settings.dwellMs);
  if (remaining(options) >= neededMs) return undefined;
  const message = `${plan.message} Too little time is left to finish what would be begun.`;
  if (state.writes.length > 0 || settings.timeoutMs - RESERVE_MS >= settings.dwellMs + waveMs)
    return waiting("OutOfTime", message, 60_000);
  const seconds = Math.ceil((settings.dwellMs + waveMs + RESERVE_MS) / 1000) + 30;
  return declined(
    "TimeoutTooShort",
    `${plan.message} One repair of this target takes longer than the ${settings.timeoutMs / 1000} s that this run has: give --timeout ${seconds}s or more, and a Job a deadline beyond it.`,
  );
}

/** Later waves had their time while the earlier one settled; a template is never written on a first look. */
export function isDwelt<O>(plan: ActPlan, state: RunState<O>): boolean {
  return state.dwelt === plan.digest || (state.writes.length > 0 && !writesTemplate(plan));
}

const RETRY_MS = 2000;

/** Rests after an error of the API that may pass while there is time; every other error, and one too late, is thrown. */
export async function retryPause<O extends ObservationBase>(error: unknown, options: RunOptions<O>): Promise<void> {
  const passing =
    error instanceof TransportError || (error instanceof StatusError && (error.code >= 500 || error.code === 429));
  if (!passing || remaining(options) <= RETRY_MS) throw error;
  options.report({ kind: "note", message: `looking again: ${error.message}` });
  await options.sleep(RETRY_MS);
}
