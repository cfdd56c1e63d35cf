/** Since when the spec has been as it is, where the object itself does not tell (no input or output). */
import type { Observation } from "./facts.ts";

/**
 * The API server does not date a change that only takes fields away: managedFields keep the times of what is left. A
 * generation that was not there at the look before is no older than that look. One memory for each view.
 */
export function rememberSpec(): (observation: Observation) => Observation {
  let seen: { generation: number; at: number; changedAt: number | undefined } | undefined;
  return (observation) => {
    const { at, daemonSet } = observation;
    const { generation } = daemonSet;
    const isNew = seen !== undefined && seen.generation < generation;
    const changedAt = isNew ? seen?.at : seen?.changedAt;
    seen = { generation, at, changedAt };
    if (changedAt === undefined) return observation;
    const specChangedAt = Math.max(daemonSet.specChangedAt ?? 0, changedAt);
    return { ...observation, daemonSet: { ...daemonSet, specChangedAt } };
  };
}
