/** Healthy: has it lasted, and is it so? */
import { recovered, waiting } from "./endings.ts";
import type { Look, RunOptions, RunState } from "./run-types.ts";
import { remaining } from "./time-left.ts";
import type { Turn } from "./turn.ts";
import { end } from "./turn.ts";
import type { ObservationBase } from "./types.ts";

/** The turn of a healthy look: recovered once health has lasted and the API server confirms it, else look again. */
export async function settle<O extends ObservationBase>(
  { observation, diagnosis }: Look<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn> {
  const { remedy, settings, report } = options;
  const first = state.first?.observation ?? observation;
  const sinceMs = state.writes.at(-1)?.at ?? 0;
  const health = remedy.verify(observation, { settings, sinceMs, first });
  state.badSince = undefined;
  state.dwelt = undefined;
  report({ kind: "health", health, remainingMs: remaining(options) });
  if (!health.healthy) {
    return remaining(options) > 0
      ? { kind: "again", ms: 1000 }
      : end(waiting(health.reason, `${diagnosis.message} ${health.message}`, 60_000));
  }
  const missing = health.requiredMs - health.soakedMs;
  if (missing <= 0) {
    if (await state.confirm()) return end(recovered(diagnosis.message, health.soakedMs, state.writes.length > 0));
    const stale = "What is watched here is no longer what the API server holds, so health is not proven.";
    return remaining(options) > 0 ? { kind: "again", ms: 1000 } : end(waiting("ViewStale", stale, 60_000));
  }
  if (missing > remaining(options)) {
    return end(
      waiting(
        "Soaking",
        `${diagnosis.message} It must stay so for ${Math.ceil(missing / 1000)} s more to count.`,
        missing,
      ),
    );
  }
  return { kind: "again", ms: missing };
}
