import { describe, expect, it } from "vitest";
import { aRemediation, at, NOW } from "../../test/support/control-fixture.ts";
import { beginVerifying, condition, hold, mergeConditions } from "./transition.ts";

const of = (type: string, status: "True" | "False" | "Unknown", seconds: number) =>
  condition(NOW + seconds * 1000, type, status, "R", "m");

describe("conditions", () => {
  it("keep the time of their status", () =>
    expect(mergeConditions([of("A", "True", -9)], [of("A", "True", 0)])).toMatchObject([
      { lastTransitionTime: at(-9) },
    ]));
  it("have the time of its change", () =>
    expect(mergeConditions([of("A", "True", -9)], [of("A", "False", 0)])).toMatchObject([
      { lastTransitionTime: at(0) },
    ]));
  it("are there once per type, the last one said", () =>
    expect(mergeConditions([of("B", "True", -9)], [of("A", "Unknown", 0), of("A", "True", 0)])).toMatchObject([
      { type: "B" },
      { type: "A", status: "True" },
    ]));
  it("forget the trouble from before a repair when the recount begins", () => {
    const merged = mergeConditions(
      [of("Healthy", "False", -600)],
      beginVerifying(NOW, "R", "m").status.conditions ?? [],
    );
    expect(merged).toContainEqual(
      expect.objectContaining({ type: "Healthy", status: "Unknown", lastTransitionTime: at(0) }),
    );
  });
});

describe("a hold", () => {
  const why = { reason: "Paused", message: "m", needsPerson: false };
  const times = { now: NOW, recheckMs: 30_000 };
  it("is said once, and judged again after a while", () => {
    const first = hold(aRemediation(), why, times);
    expect(first).toMatchObject({
      recheckAfterMs: 30_000,
      transition: { status: { phase: "Blocked", blockedSince: at(0) } },
    });
    expect(hold(aRemediation({ phase: "Blocked", reason: "Paused" }), why, times)).toEqual({
      recheckAfterMs: 30_000,
      transition: undefined,
    });
  });
  it("is said again when it is another one", () => {
    const blocked = aRemediation({ phase: "Blocked", reason: "Paused" });
    expect(hold(blocked, { ...why, reason: "NodeStorm" }, times).transition).toBeDefined();
    expect(hold(blocked, { ...why, incident: "node/n1" }, times).transition).toBeDefined();
  });
  it("says what holds now once the time that it named has passed, and tells nobody", () => {
    const named = { phase: "Blocked", reason: "ReceiverStorm", message: "until 12:00", nextAttemptAt: at(0) } as const;
    const later = { ...why, reason: "ReceiverStorm", message: "until 12:05", until: NOW + 300_000 };
    expect(hold(aRemediation(named), later, { ...times, now: NOW - 1 }).transition).toBeUndefined();
    expect(hold(aRemediation(named), later, times).transition).toEqual({
      kind: "transition",
      status: { message: "until 12:05", nextAttemptAt: at(300) },
    });
    expect(hold(aRemediation({ ...named, message: later.message }), later, times).transition).toBeUndefined();
  });
  it("is judged again at its end, not before, and never at once for ever", () => {
    expect(hold(aRemediation(), { ...why, until: NOW + 5000 }, times).recheckAfterMs).toBe(5000);
    expect(hold(aRemediation(), { ...why, until: NOW - 5000 }, times).recheckAfterMs).toBe(100);
  });
  it.each([
    [true, "ReceiverStorm", "StormHeld"],
    [true, "IneffectiveChain", "Blocked"],
    [false, "RecentlyRemediated", undefined],
  ])("tells people (needs one: %s) of %s", (needsPerson, reason, tell) =>
    expect(hold(aRemediation(), { ...why, reason, needsPerson }, times).transition?.tell).toBe(tell),
  );
});
