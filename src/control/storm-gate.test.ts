import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSummary, NOW } from "../../test/support/control-fixture.ts";
import { limitsFor } from "./limits.ts";
import { stormAt, stormThreshold, turnsBefore } from "./storm-gate.ts";
import type { RecordSummary } from "./summary.ts";

const limits = limitsFor("normal");
const MINUTE = 60_000;

/** A record of its own target, that came so many minutes after NOW. */
function came(minutes: number, name: string, more: Partial<RecordSummary> = {}): RecordSummary {
  return aSummary({ name: `${name}-1`, receivedAt: NOW + minutes * MINUTE, ...more });
}

function together(count: number, minutes = 0, prefix = "t"): RecordSummary[] {
  return Array.from({ length: count }, (_, index) => came(minutes, `${prefix}${index}`));
}

/** Of those that have come by then. */
const gate = (records: readonly RecordSummary[], minutes: number, daemonSets = 0) => {
  const now = NOW + minutes * MINUTE;
  const come = records.filter(({ receivedAt }) => receivedAt <= now);
  return stormAt(come, { now, daemonSets, limits });
};

it("counts what a replica whose clock is ahead has taken", () => {
  const ahead = Array.from({ length: 4 }, (_, index) =>
    aSummary({ name: `r${index}`, target: `t${index}`, receivedAt: NOW + 10 * MINUTE }),
  );
  expect(stormAt(ahead, { now: NOW, daemonSets: 0, limits })).toMatchObject({ kind: "held", count: 4 });
});

describe("the threshold", () => {
  it.each([
    [0, 3],
    [10, 3],
    [39, 3],
    [40, 4],
    [200, 20],
  ])("of %d DaemonSets is %d", (daemonSets, threshold) => expect(stormThreshold(daemonSets, limits)).toBe(threshold));

  it.each<[string, RecordSummary[], number, "calm" | "held"]>([
    ["no record", [], 0, "calm"],
    ["three targets", together(3), 0, "calm"],
    ["more than three", together(4), 0, "held"],
    ["ten per cent of a large cluster", together(20), 200, "calm"],
    ["more than ten per cent", together(21), 200, "held"],
    ["four records of one target", [1, 2, 3, 4].map((n) => aSummary({ name: `a-${n}` })), 0, "calm"],
    ["four targets, a window apart from the first", [...together(3), came(5, "late")], 0, "calm"],
    ["four targets, just within a window", [...together(3), came(4.99, "late")], 0, "held"],
    ["foreign Operarii", together(9).map((record) => ({ ...record, ours: false })), 0, "calm"],
    ["records that no delivery opened", together(9).map((record) => ({ ...record, fromDelivery: false })), 0, "calm"],
  ])("%s", (_, records, daemonSets, want) => expect(gate(records, 5, daemonSets).kind).toBe(want));

  it("says the numbers", () =>
    expect(gate(together(5), 1)).toEqual({
      kind: "held",
      since: NOW,
      count: 5,
      threshold: 3,
      releaseAt: NOW + 15 * MINUTE,
    }));
});

describe("the release", () => {
  it("comes when it has been below half for long enough", () => {
    expect(gate(together(4), 14.99).kind).toBe("held");
    expect(gate(together(4), 15).kind).toBe("calm");
  });
  it("is put off by alerts that keep it at half or above", () => {
    const more = [...together(4), came(8, "x"), came(9, "y")];
    expect(gate(more, 15).kind).toBe("held");
    expect(gate(more, 23)).toMatchObject({ kind: "calm" });
    expect(gate(more, 22.99)).toMatchObject({ kind: "held", releaseAt: NOW + 23 * MINUTE });
  });
  it("is not put off by single alerts", () =>
    expect(gate([...together(4), came(8, "x"), came(14, "y")], 15).kind).toBe("calm"));
  it("is not put off for ever by a trickle at half", () => {
    const trickle = Array.from({ length: 600 }, (_, index) => came(index * 2, `t${index % 40}`));
    const records = [...together(4), ...trickle];
    expect(gate(records, 20).kind).toBe("held");
    expect(gate(records, 66).kind).toBe("calm");
    expect(gate(records, 1199).kind).toBe("calm");
  });
  it("is followed by a second storm when there is one", () => {
    const records = [...together(4), ...together(4, 30, "u")];
    expect(gate(records, 20).kind).toBe("calm");
    expect(gate(records, 30)).toMatchObject({ kind: "held", since: NOW + 30 * MINUTE });
    expect(gate(records, 45).kind).toBe("calm");
  });
  it("a storm that grows during the hold is one storm", () =>
    expect(gate([...together(4), ...together(6, 10, "u")], 12)).toMatchObject({ kind: "held", since: NOW, count: 6 }));
});

const arrivals = fc
  .array(fc.record({ minutes: fc.integer({ min: 0, max: 90 }), target: fc.integer({ min: 0, max: 12 }) }), {
    maxLength: 60,
  })
  .map((all) =>
    all.map(({ minutes, target }, index) => ({ ...came(minutes, `t${target}`), name: `t${target}-${index}` })),
  );

describe("whatever comes", () => {
  it("every replica judges alike, in whatever order it sees the records", () =>
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 120 }), (records, minutes) => {
        expect(gate(records.toReversed(), minutes)).toEqual(gate(records, minutes));
        expect(
          gate(
            records.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
            minutes,
          ),
        ).toEqual(gate(records, minutes));
      }),
    ));
  it("holds as soon as there are too many in the window", () =>
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 120 }), (records, minutes) => {
        const now = NOW + minutes * MINUTE;
        const recent = records.filter(({ receivedAt }) => receivedAt <= now && receivedAt > now - 5 * MINUTE);
        const count = new Set(recent.map(({ target }) => target)).size;
        if (count > 3) expect(gate(records, minutes)).toMatchObject({ kind: "held", count });
      }),
    ));
  it("ends in time when nothing more comes, at the moment that was said", () =>
    fc.assert(
      fc.property(arrivals, (records) => {
        const storm = gate(records, 90);
        if (storm.kind === "calm") return;
        expect(storm.releaseAt).toBeGreaterThan(NOW + 90 * MINUTE);
        const later = (ms: number) => stormAt(records, { now: storm.releaseAt + ms, daemonSets: 0, limits }).kind;
        expect([later(-1), later(0)]).toEqual(["held", "calm"]);
      }),
    ));
  it("takes steps in proportion to the records: with their square this would not end in time", () =>
    expect(gate(together(100_000), 1)).toMatchObject({ kind: "held", count: 100_000 }));
});

describe("after the release", () => {
  const held = (minutes: number, name: string, more: Partial<RecordSummary> = {}) =>
    came(minutes, name, { stormHeld: true, phase: "Blocked", reason: "ReceiverStorm", ...more });
  it("one goes at a time, in the order of their coming", () => {
    const records = [held(2, "c"), held(0, "a"), held(1, "b")];
    expect(["a-1", "b-1", "c-1"].map((name) => turnsBefore(records, name))).toEqual([undefined, 1, 2]);
  });
  it.each<[string, Partial<RecordSummary>, number | undefined]>([
    ["in flight", { inFlight: true, attempts: 1, phase: "Running" }, 1],
    ["being verified", { attempts: 1, phase: "Verifying" }, 1],
    ["waiting for a person", { attempts: 1, phase: "AwaitingApproval", reason: "RollbackNeedsApproval" }, undefined],
    ["over", { attempts: 1, phase: "Succeeded" }, undefined],
    ["looked at, and held by something else", { reason: "DependencyUnhealthy" }, undefined],
    ["out of scope for ever", { reason: "OutOfScope" }, undefined],
    ["still in line", { reason: "StormRelease" }, 1],
  ])("the next while the first is %s", (_, first, want) =>
    expect(turnsBefore([held(0, "a", first), held(1, "b")], "b-1")).toBe(want),
  );
  it("one that was held by something else meanwhile does not overtake one that is at work", () => {
    const records = [held(0, "a", { reason: "DependencyUnhealthy" }), held(1, "b", { inFlight: true, attempts: 1 })];
    expect(turnsBefore(records, "a-1")).toBe(1);
  });
});
