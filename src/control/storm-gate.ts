/**
 * The receiver's storm gate (pure): many targets that fire at once are one trouble, not many. Nothing is remembered: the
 * gate follows from when the records came, so every replica, and the next one after a restart, judges alike.
 */
import type { Limits } from "./limits.ts";
import type { RecordSummary } from "./summary.ts";
import { byArrival, hasEnded } from "./summary.ts";

/** Held: nothing of ours that has not begun may begin. Times in milliseconds since the epoch. */
export type Storm =
  | { kind: "calm" }
  | {
      kind: "held";
      since: number;
      /** Unique targets within the window now. */
      count: number;
      threshold: number;
      /** When it ends if nothing more comes. */
      releaseAt: number;
    };

type Arrival = { at: number; target: string };

/** More new targets than this within the window are a storm. */
export function stormThreshold(daemonSets: number, { storm }: Pick<Limits, "storm">): number {
  return Math.max(storm.floor, Math.floor(storm.share * daemonSets));
}

/** The gate at `now`. Only records of our own remedy that a delivery has opened count. */
export function stormAt(
  records: readonly RecordSummary[],
  { now, daemonSets, limits }: { now: number; daemonSets: number; limits: Pick<Limits, "storm"> },
): Storm {
  const { windowMs, releaseMs } = limits.storm;
  const threshold = stormThreshold(daemonSets, limits);
  const arrivals = records
    .filter(({ ours, fromDelivery, receivedAt }) => ours && fromDelivery && receivedAt <= now)
    .map(({ receivedAt, target }): Arrival => ({ at: receivedAt, target }))
    .toSorted((a, b) => a.at - b.at);
  if (arrivals.length <= threshold) return { kind: "calm" };
  let since: number | undefined;
  let release = Number.POSITIVE_INFINITY;
  let from = 0;
  for (const [index, { at }] of arrivals.entries()) {
    if (at >= release) since = undefined;
    while ((arrivals[from]?.at ?? at) <= at - windowMs) from++;
    const recent = lastOfEach(arrivals.slice(from, index + 1));
    if (since === undefined && recent.length > threshold) {
      since = at;
      release = Number.POSITIVE_INFINITY;
    }
    if (since === undefined) continue;
    // One more alert while it is quiet does not prolong the hold.
    const quiet = quietAt(recent, threshold, windowMs);
    if (quiet !== undefined) release = quiet + releaseMs;
  }
  if (since === undefined || now >= release) return { kind: "calm" };
  const { length: count } = lastOfEach(arrivals.filter(({ at }) => at > now - windowMs));
  return { kind: "held", since, count, threshold, releaseAt: release };
}

/** When each target came last, the earliest first. */
function lastOfEach(arrivals: readonly Arrival[]): number[] {
  return [...new Map(arrivals.map(({ at, target }) => [target, at])).values()].toSorted((a, b) => a - b);
}

/** When fewer than half of the threshold are left in the window if nothing more comes; undefined when that is so now. */
function quietAt(recent: readonly number[], threshold: number, windowMs: number): number | undefined {
  const excess = recent.length - Math.ceil(threshold / 2) + 1;
  return excess <= 0 ? undefined : (recent[excess - 1] ?? 0) + windowMs;
}

/**
 * After a storm its records go on one at a time, in the order of their coming. Undefined: it is this one's turn; else how
 * many are before it.
 */
export function turnsBefore(records: readonly RecordSummary[], name: string): number | undefined {
  const held = records.filter((record) => record.stormHeld && !hasEnded(record)).toSorted(byArrival);
  const busy = held.some((record) => record.name !== name && (record.inFlight || record.phase === "Verifying"));
  const waiting = held.filter(({ inFlight, attempts }) => !inFlight && attempts === 0);
  const place = waiting.findIndex((record) => record.name === name);
  if (place < 0) return undefined;
  return place === 0 && !busy ? undefined : place + (busy ? 1 : 0);
}
