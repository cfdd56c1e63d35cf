import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSummary, at, NOW } from "../../test/support/control-fixture.ts";
import type { Phase } from "../operarius/remediation.ts";
import { holdByHistory } from "./history.ts";
import { limitsFor } from "./limits.ts";
import type { RecordSummary } from "./summary.ts";

const limits = limitsFor("normal");
const MINUTE = 60_000;

/** An earlier episode that ended so many minutes ago, a minute after it came. */
function ended(sequence: number, phase: Phase, minutesAgo: number, more: Partial<RecordSummary> = {}): RecordSummary {
  const endedAt = NOW - minutesAgo * MINUTE;
  return aSummary({ name: `a-${sequence}`, phase, endedAt, receivedAt: endedAt - MINUTE, attempts: 1, ...more });
}

const judge = (before: readonly RecordSummary[], more: Partial<RecordSummary> = {}) => {
  const record = aSummary({ name: "a-9", ...more });
  return holdByHistory({ record, episodes: [...before, record], limits, now: NOW });
};

const noJob = { attempts: 0 };
const ofAnother = { operarius: "another" };
const foreign = { ours: false };
const threeFailures = [ended(1, "Failed", 30), ended(2, "Failed", 20), ended(3, "Failed", 10)];

describe("what earlier episodes allow", () => {
  it.each<[string, RecordSummary[], string | undefined, string | undefined]>([
    ["nothing before", [], undefined, undefined],
    ["cool-down", [ended(1, "Succeeded", 4)], "RecentlyRemediated", at(60)],
    ["cool-down over", [ended(1, "Succeeded", 5)], undefined, undefined],
    ["no Job ran in the last one", [ended(1, "Cancelled", 1, noJob)], undefined, undefined],
    [
      "the cool-down counts from the last one with a Job",
      [ended(1, "Succeeded", 4), ended(2, "Cancelled", 1, noJob)],
      "RecentlyRemediated",
      at(60),
    ],
    ["three failures in a row", threeFailures, "ConsecutiveFailures", at(50 * 60)],
    ["two failures", threeFailures.slice(1), undefined, undefined],
    [
      "ineffective ones are failures, too",
      [...threeFailures.slice(1), ended(4, "Ineffective", 6)],
      "ConsecutiveFailures",
      at(54 * 60),
    ],
    [
      "a success between",
      [...threeFailures.slice(1), ended(4, "Succeeded", 9), ended(5, "Failed", 6)],
      undefined,
      undefined,
    ],
    [
      "a decline between",
      [...threeFailures.slice(1), ended(4, "Declined", 9), ended(5, "Failed", 6)],
      undefined,
      undefined,
    ],
    [
      "a flap between resets nothing",
      [...threeFailures, ended(4, "Cancelled", 1, noJob)],
      "ConsecutiveFailures",
      at(50 * 60),
    ],
    ["nor does a person's change", [...threeFailures, ended(4, "Superseded", 6)], "ConsecutiveFailures", at(50 * 60)],
    [
      "three failures, well for the healthy period between two",
      [ended(1, "Failed", 90), ...threeFailures.slice(1)],
      undefined,
      undefined,
    ],
    [
      "failures without a Job say nothing about the target",
      threeFailures.map((each) => ({ ...each, attempts: 0 })),
      undefined,
      undefined,
    ],
    [
      "the block is over",
      [ended(1, "Failed", 90), ended(2, "Failed", 80), ended(3, "Failed", 61)],
      undefined,
      undefined,
    ],
    [
      "three ineffective within four hours",
      [ended(1, "Ineffective", 230), ended(2, "Ineffective", 150), ended(3, "Ineffective", 70)],
      "IneffectiveChain",
      at(10 * 60),
    ],
    [
      "one of them before that",
      [ended(1, "Ineffective", 240), ended(2, "Ineffective", 150), ended(3, "Ineffective", 70)],
      undefined,
      undefined,
    ],
    [
      "ineffective ones with successes between are a chain, too",
      [
        ended(1, "Ineffective", 230),
        ended(2, "Succeeded", 200),
        ended(3, "Ineffective", 150),
        ended(4, "Ineffective", 70),
      ],
      "IneffectiveChain",
      at(10 * 60),
    ],
    ["another Operarius of ours did not help", [ended(1, "Failed", 10, ofAnother)], "HandedToPerson", at(50 * 60)],
    [
      "a flap does not let the second one in",
      [ended(1, "Failed", 10, ofAnother), ended(2, "Cancelled", 6, noJob)],
      "HandedToPerson",
      at(50 * 60),
    ],
    ["another one of ours that helped", [ended(1, "Succeeded", 10, ofAnother)], undefined, undefined],
    ["another one that never ran", [ended(1, "Failed", 10, { ...ofAnother, ...noJob })], undefined, undefined],
    ["another one, an hour ago", [ended(1, "Failed", 60, ofAnother)], undefined, undefined],
  ])("%s", (_, before, reason, until) => {
    const hold = judge(before);
    expect(hold?.reason).toBe(reason);
    expect(hold?.until === undefined ? undefined : new Date(hold.until).toISOString()).toBe(until);
  });

  it("later episodes and live ones are no history", () =>
    expect(judge([ended(10, "Failed", 1), aSummary({ name: "a-8", phase: "Running", attempts: 1 })])).toBeUndefined());
  it("the cool-down is for our own remedy; foreign Operarii have their time window", () =>
    expect(judge([ended(1, "Succeeded", 1, foreign)], foreign)).toBeUndefined());
  it("a second Operarius waits after one of ours, although it is foreign", () =>
    expect(judge([ended(1, "Ineffective", 10)], { ...foreign, ...ofAnother })?.reason).toBe("HandedToPerson"));
  it("what a person has to know of is marked", () => {
    expect(judge(threeFailures)?.needsPerson).toBe(true);
    expect(judge([ended(1, "Succeeded", 4)])?.needsPerson).toBe(false);
  });
  it("says the numbers", () =>
    expect(judge(threeFailures)?.message).toMatch(/last 3 episodes.*at most 3.*2026-01-01T12:50:00/));
});

describe("whatever the history", () => {
  const episodes = fc.array(
    fc.record({
      phase: fc.constantFrom<Phase>("Succeeded", "Ineffective", "Failed", "Declined", "Cancelled", "Superseded"),
      gap: fc.integer({ min: 0, max: 200 }),
      attempts: fc.integer({ min: 0, max: 3 }),
      other: fc.boolean(),
    }),
    { maxLength: 10 },
  );
  it("a hold ends, at the time that it names, and later than now", () =>
    fc.assert(
      fc.property(episodes, (all) => {
        let minutes = all.reduce((sum, { gap }) => sum + gap + 1, 0);
        const before = all.map(({ phase, gap, attempts, other }, index) => {
          minutes -= gap + 1;
          return ended(index + 1, phase, minutes, { attempts, ...(other ? ofAnother : {}) });
        });
        const record = aSummary({ name: "a-99" });
        let now = NOW;
        for (let times = 0; ; times++) {
          const hold = holdByHistory({ record, episodes: before.toReversed(), limits, now });
          if (hold === undefined) break;
          expect(hold.until).toBeGreaterThan(now);
          expect(times).toBeLessThan(12);
          now = hold.until ?? now;
        }
        expect(now - NOW).toBeLessThanOrEqual(limits.ineffective.withinMs);
      }),
    ));
});
