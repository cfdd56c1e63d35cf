/** What earlier episodes of a target allow (pure). FIELD.md 8-10: loops are what users of such tools complain about most. */

import type { Hold } from "./hold.ts";
import type { Limits } from "./limits.ts";
import type { RecordSummary } from "./summary.ts";
import { hasEnded } from "./summary.ts";
import { iso } from "./transition.ts";

interface HistoryInput {
  /** The record that would begin. */
  record: RecordSummary;
  /** Every record of the same target. */
  episodes: readonly RecordSummary[];
  limits: Limits;
  now: number;
}

/** Why the first attempt of an episode has to wait because of the ones before it. */
export function holdByHistory({ record, episodes, limits, now }: HistoryInput): Hold | undefined {
  const before = episodes
    .filter((each) => each.sequence < record.sequence && hasEnded(each))
    .toSorted((a, b) => b.sequence - a.sequence);
  const input = { record, before, limits, now };
  return ineffectiveChain(input) ?? consecutiveFailures(input) ?? anotherOperarius(input) ?? coolDown(input);
}

interface Judged {
  record: RecordSummary;
  /** Ended ones, the newest first. */
  before: readonly RecordSummary[];
  limits: Limits;
  now: number;
}

function didNotHelp({ phase, attempts }: RecordSummary): boolean {
  return attempts > 0 && (phase === "Failed" || phase === "Ineffective");
}

/** Whether an ended record may still hold its target up: alerts that come and go must not wash it out of the history. */
export function stillCounts(record: RecordSummary, { ineffective, failures }: Limits, now: number): boolean {
  return didNotHelp(record) && now - record.endedAt <= Math.max(ineffective.withinMs, failures.blockMs);
}

/** An alert that came and went, a person's change, an Operarius that was broken: no word about whether a repair helps. */
function saysNothing({ phase, attempts }: RecordSummary): boolean {
  return phase === "Cancelled" || phase === "Superseded" || attempts === 0;
}

function ineffectiveChain({ before, limits: { ineffective }, now }: Judged): Hold | undefined {
  const recent = before.filter(({ phase, endedAt }) => phase === "Ineffective" && endedAt > now - ineffective.withinMs);
  const deciding = recent[ineffective.most - 1];
  if (deciding === undefined) return undefined;
  const until = deciding.endedAt + ineffective.withinMs;
  return {
    reason: "IneffectiveChain",
    message: `${recent.length} repairs of this target did not help within ${hours(ineffective.withinMs)} (at most ${ineffective.most}); a person is needed. The next attempt may be made at ${iso(until)}.`,
    until,
    needsPerson: true,
  };
}

/** Failures in a row, as long as the target was not well for the healthy period between two of them. */
function consecutiveFailures({ record, before, limits, now }: Judged): Hold | undefined {
  const { failures, healthyPeriodMs } = limits;
  let count = 0;
  let next = record.receivedAt;
  for (const episode of before) {
    if (saysNothing(episode)) continue;
    if (!didNotHelp(episode) || next - episode.endedAt > healthyPeriodMs) break;
    count++;
    next = episode.receivedAt;
  }
  const last = before.find(didNotHelp);
  if (count < failures.most || last === undefined) return undefined;
  const until = last.endedAt + failures.blockMs;
  if (now >= until) return undefined;
  return {
    reason: "ConsecutiveFailures",
    message: `The last ${count} episodes of this target failed (at most ${failures.most} in a row); the next attempt may be made at ${iso(until)}.`,
    until,
    needsPerson: true,
  };
}

/** When a remedy does not help, a person is told; no second Operarius tries its luck on the same target. */
function anotherOperarius({ record, before, limits, now }: Judged): Hold | undefined {
  const last = before.find((episode) => !saysNothing(episode));
  if (last === undefined || !didNotHelp(last) || !last.ours || last.operarius === record.operarius) return undefined;
  const until = last.endedAt + limits.healthyPeriodMs;
  if (now >= until) return undefined;
  return {
    reason: "HandedToPerson",
    message: `${last.name} by Operarius ${last.operarius} did not help this target; Operarius ${record.operarius} does not try after it before ${iso(until)}.`,
    until,
    needsPerson: false,
  };
}

/** Foreign Operarii have their own: spec.deduplication.ttl, kept at intake. */
function coolDown({ record, before, limits: { coolDownMs }, now }: Judged): Hold | undefined {
  const last = before.find(({ attempts }) => attempts > 0);
  if (last === undefined || !record.ours) return undefined;
  const until = last.endedAt + coolDownMs;
  if (now >= until) return undefined;
  return {
    reason: "RecentlyRemediated",
    message: `${last.name} ended at ${iso(last.endedAt)} (${last.phase}); the next attempt on this target may be made at ${iso(until)}.`,
    until,
    needsPerson: false,
  };
}

function hours(ms: number): string {
  return ms >= 3_600_000 ? `${ms / 3_600_000} h` : `${ms / 1000} s`;
}
