/** Since when something has been missing or out of date, which no object tells (no input or output). */
import { missing } from "./assemble.ts";
import type { Observation } from "./facts.ts";
import { recount } from "./recount.ts";

/** One memory for each view: adds to each observation since when its nodes lack a pod, its pods a node, its status the truth. */
export function rememberGaps(): (observation: Observation) => Observation {
  const memory = { podless: new Map<string, number>(), orphaned: new Map<string, number>() };
  const stale = rememberStale();
  return (observation) => {
    const { podless, orphaned } = missing(observation);
    return {
      ...observation,
      podlessSince: remember(memory.podless, podless, observation.at),
      orphanedSince: remember(memory.orphaned, orphaned, observation.at),
      ...stale(observation),
    };
  };
}

/** Since when each of the present ones has been there, as far as this view has seen; those that are gone are forgotten. */
function remember(memory: Map<string, number>, present: readonly string[], at: number): Record<string, number> {
  const names = new Set(present);
  for (const name of memory.keys()) if (!names.has(name)) memory.delete(name);
  for (const name of names) if (!memory.has(name)) memory.set(name, at);
  return Object.fromEntries(memory);
}

/** Since when the status has differed from the recount, neither of them changing; nothing while the spec is unobserved. */
function rememberStale(): (observation: Observation) => { staleSince?: number } {
  let held: { key: string; since: number } | undefined;
  return (observation) => {
    const { status, generation, observedGeneration } = observation.daemonSet;
    const counted = recount(observation);
    const names = Object.keys(counted) as (keyof typeof counted)[];
    const differs = names.some((name) => counted[name] !== status[name]);
    if (!differs || generation !== observedGeneration) {
      held = undefined;
      return {};
    }
    const key = names.map((name) => `${status[name]}/${counted[name]}`).join();
    if (held?.key !== key) held = { key, since: observation.at };
    return { staleSince: held.since };
  };
}
