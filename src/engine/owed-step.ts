/** What the remedy's strategy demands after a write of ours even though the target is healthy again. */
import type { Look, RunOptions, RunState } from "./run-types.ts";
import { remaining } from "./time-left.ts";
import type { ObservationBase } from "./types.ts";

/** True while there is such a step and time to finish it. Without a write of this run nothing is ever owed. */
export function owesStep<O extends ObservationBase>(
  { observation, diagnosis }: Look<O>,
  options: RunOptions<O>,
  { writes, intents, mayPatchTemplate = true }: RunState<O>,
): boolean {
  const { remedy, settings, policies } = options;
  if (writes.length === 0 || remaining(options) < settings.dwellMs + remedy.waveMs(observation, settings)) return false;
  return remedy.plan(observation, diagnosis, { policies, settings, intents, mayPatchTemplate }).kind === "act";
}
