/** What the server's looks share and remember: the list of nodes for a moment, and since when things have been missing. */
import type { NodeFacts, Observation } from "../remedies/daemonset-rollout/facts.ts";
import { rememberGaps } from "../remedies/daemonset-rollout/remember-gaps.ts";
import { rememberSpec } from "../remedies/daemonset-rollout/remember-spec.ts";

/** A list of nodes serves all looks within this time. */
const NODES_FRESH_MS = 10_000;
/** What was missing at two looks further apart than this may have been there in between. */
const MEMORY_MS = 5 * 60_000;
/** Targets that are remembered; the one that was looked at longest ago is forgotten first. */
const MOST_TARGETS = 500;

/** One list for all who ask within ten seconds, also while it is under way. A list that failed is asked for anew. */
export function shareNodes(list: () => Promise<NodeFacts[]>, now: () => number): () => Promise<readonly NodeFacts[]> {
  let shared: { at: number; nodes: Promise<readonly NodeFacts[]> } | undefined;
  return () => {
    const at = now();
    // A clock that was set back must not keep it for ever.
    if (shared !== undefined && Math.abs(at - shared.at) < NODES_FRESH_MS) return shared.nodes;
    const mine = { at, nodes: list() };
    shared = mine;
    mine.nodes.catch(() => {
      if (shared === mine) shared = undefined;
    });
    return mine.nodes;
  };
}

/** Adds to an observation what earlier ones of the same DaemonSet, not long ago, have shown. */
export function rememberTargets(): (observation: Observation) => Observation {
  const memories = new Map<string, { at: number; remember: (observation: Observation) => Observation }>();
  return (observation) => {
    const { at, daemonSet } = observation;
    const known = memories.get(daemonSet.uid);
    const remember = known !== undefined && at - known.at <= MEMORY_MS ? known.remember : freshMemory();
    // Deleted first, so that the order of the map is that of the last looks.
    memories.delete(daemonSet.uid);
    memories.set(daemonSet.uid, { at, remember });
    for (const uid of memories.keys()) if (memories.size > MOST_TARGETS) memories.delete(uid);
    return remember(observation);
  };
}

function freshMemory(): (observation: Observation) => Observation {
  const [aged, dated] = [rememberGaps(), rememberSpec()];
  return (observation) => aged(dated(observation));
}

/** At most so many of what it is given at once; the others wait their turn. */
export function atMost(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, never free in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
