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

/** Alerts that come now and then after a storm hold everything up no longer than so many times Limits.storm.releaseMs. */
const MOST_RELEASES = 6;

/** The reasons of those that wait for the end of a storm, or for their turn after it. */
const IN_LINE: ReadonlySet<string> = new Set(["ReceiverStorm", "StormRelease"]);

/** More new targets than this within the window are a storm. */
export function stormThreshold(daemonSets: number, { storm }: Pick<Limits, "storm">): number {
  return Math.max(storm.floor, Math.floor(storm.share * daemonSets));
}

/** The gate at `now`. Only records of our own remedy that a delivery has opened count. */
export function stormAt(
  records: readonly RecordSummary[],
  { now, daemonSets, limits }: { now: number; daemonSets: number; limits: Pick<Limits, "storm"> },
): Storm {
  const threshold = stormThreshold(daemonSets, limits);
  const arrivals = records
    .filter(({ ours, fromDelivery }) => ours && fromDelivery)
    // From the future by our clock: the replica that took it has another one.
    .map(({ receivedAt, target }) => ({ at: Math.min(receivedAt, now), target }))
    .toSorted((a, b) => a.at - b.at);
  if (arrivals.length <= threshold) return { kind: "calm" };
  const gate = createGate(threshold, limits.storm);
  for (const { at, target } of arrivals) gate.arrive(at, target);
  return gate.at(now);
}

/** The window slides over the arrivals once: what comes, what leaves it, and what that makes of the gate. */
function createGate(threshold: number, { windowMs, releaseMs }: Limits["storm"]) {
  /** When each target within the window came last, the earliest first. */
  const recent = new Map<string, number>();
  let since: number | undefined;
  /** Since when there are fewer than half of the threshold. */
  let quietSince: number | undefined;
  /** Until when there were more than the threshold. */
  let overUntil = 0;
  const isOver = () => recent.size > threshold;
  const release = () =>
    Math.min((quietSince ?? Number.POSITIVE_INFINITY) + releaseMs, overUntil + MOST_RELEASES * releaseMs);

  function slideTo(at: number): void {
    for (const [target, came] of recent) {
      if (came + windowMs > at) break;
      const left = came + windowMs;
      if (isOver()) overUntil = left;
      recent.delete(target);
      if (recent.size < threshold / 2) quietSince ??= left;
    }
    if (isOver()) overUntil = at;
    if (since !== undefined && !isOver() && at >= release()) since = undefined;
  }
  return {
    arrive(at: number, target: string): void {
      slideTo(at);
      recent.delete(target);
      recent.set(target, at);
      if (isOver()) {
        since ??= at;
        overUntil = at;
      }
      // One more alert while it is quiet does not prolong the hold.
      if (recent.size >= threshold / 2) quietSince = undefined;
    },
    at(now: number): Storm {
      slideTo(now);
      if (since === undefined) return { kind: "calm" };
      const from = since;
      const { size: count } = recent;
      slideTo(now + windowMs);
      return { kind: "held", since: from, count, threshold, releaseAt: release() };
    },
  };
}

/**
 * After a storm its records go on one at a time, in the order of their coming. Undefined: it is this one's turn; else how
 * many are before it. One that was looked at and is held by something else has had its turn, and keeps nobody waiting.
 */
export function turnsBefore(records: readonly RecordSummary[], name: string): number | undefined {
  const held = records.filter((record) => record.stormHeld && !hasEnded(record)).toSorted(byArrival);
  const busy = held.some((record) => record.name !== name && (record.inFlight || record.phase === "Verifying"));
  const waiting = held.filter(
    (record) => !record.inFlight && record.attempts === 0 && (record.name === name || IN_LINE.has(record.reason)),
  );
  const place = waiting.findIndex((record) => record.name === name);
  if (place < 0) return undefined;
  return place === 0 && !busy ? undefined : place + (busy ? 1 : 0);
}
