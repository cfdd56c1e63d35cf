import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aHealthyLook, aLook, aRemediation, at, NOW } from "../../test/support/control-fixture.ts";
import type { Phase, RemediationSpec, RemediationStatus } from "../operarius/remediation.ts";
import { afterEnd } from "./after-end.ts";
import { limitsFor } from "./limits.ts";
import type { Look } from "./looks.ts";
import { toSummary } from "./summary.ts";

const limits = limitsFor("normal");
const MINUTE = 60;
const HOUR = 60 * MINUTE;

interface Case {
  status?: RemediationStatus;
  spec?: Partial<RemediationSpec>;
  look?: Look;
  isNewest?: boolean;
  ttlMs?: number;
}

/** A record that ended so many seconds ago. */
function judge(phase: Phase, ago: number, { status = {}, spec = {}, look, isNewest = true, ttlMs = 0 }: Case = {}) {
  const receivedAt = at(-ago - 5 * MINUTE);
  const remediation = aRemediation({ phase, endedAt: at(-ago), ...status }, { receivedAt, ...spec });
  const facts = { remediation, record: toSummary(remediation), isNewest, now: NOW, limits, ttlMs };
  return afterEnd(look === undefined ? facts : { ...facts, look });
}

/** As a record keeps it. */
const seen = (seconds: number, fingerprint = "f1"): RemediationStatus => ({
  look: { at: at(seconds), health: "unhealthy", cause: "C07", reason: "R", message: "m", plan: "act", fingerprint },
});
const declines = aLook({ fingerprint: "f2", plan: { kind: "decline", reason: "Why", message: "m" } });
const other = aLook({ fingerprint: "f2" });
const resolved = { alertResolvedAt: at(-1) };
const unread: Look = { kind: "unread", at: NOW, message: "m" };
const foreign: Partial<RemediationSpec> = { operarius: { name: "o" } };

describe("a decline sleeps until what was seen changes", () => {
  const looked = { status: seen(-HOUR) };
  it.each<[string, ReturnType<typeof judge>, object]>([
    ["it is looked at once at its end", judge("Declined", 0), { kind: "look" }],
    [
      "not more than once an hour",
      judge("Declined", HOUR, { status: seen(-10 * MINUTE) }),
      { kind: "rest", recheckAfterMs: 50 * MINUTE * 1000 },
    ],
    ["after an hour again", judge("Declined", 9 * HOUR, looked), { kind: "look" }],
    ["the same", judge("Declined", 9 * HOUR, { ...looked, look: aLook() }), { kind: "note" }],
    ["another one, and a plan to act", judge("Declined", 9 * HOUR, { ...looked, look: other }), { kind: "open" }],
    ["another one that is declined, too", judge("Declined", 9 * HOUR, { ...looked, look: declines }), { kind: "note" }],
    [
      "another one, and the alert has resolved",
      judge("Declined", 9 * HOUR, { status: { ...seen(-HOUR), ...resolved }, look: other }),
      { kind: "note" },
    ],
    ["nothing to compare with", judge("Declined", 9 * HOUR, { look: other }), { kind: "note" }],
    [
      "its own report to compare with",
      judge("Declined", 9 * HOUR, { status: { attempts: [{ n: 1, jobName: "j", fingerprint: "f1" }] }, look: other }),
      { kind: "open" },
    ],
    [
      "on its way",
      judge("Declined", 9 * HOUR, { ...looked, look: aLook({ health: "pending", recheckAfterMs: 90_000 }) }),
      { kind: "rest", recheckAfterMs: 90_000 },
    ],
    [
      "well",
      judge("Declined", 9 * HOUR, { ...looked, look: aHealthyLook(60, 60) }),
      { kind: "note", status: { outcome: "self-healed" } },
    ],
    [
      "well for a moment",
      judge("Declined", 9 * HOUR, { ...looked, look: aHealthyLook(1, 600) }),
      { kind: "rest", recheckAfterMs: 599_000 },
    ],
    [
      "well by its pods only",
      judge("Declined", 9 * HOUR, { ...looked, look: aLook({ health: "healthy" }) }),
      { kind: "note", status: {} },
    ],
    [
      "well after a person's change",
      judge("Declined", 9 * HOUR, { ...looked, look: aHealthyLook(60, 60, { edit: { by: "kubectl", at: NOW } }) }),
      { kind: "note", status: { outcome: "changed-by-person", changedBy: "kubectl" } },
    ],
    [
      "gone",
      judge("Declined", 9 * HOUR, { ...looked, look: { kind: "gone", at: NOW } }),
      { kind: "note", status: { outcome: "gone" } },
    ],
    [
      "not to be seen",
      judge("Declined", 9 * HOUR, { ...looked, look: unread }),
      { kind: "note", status: {}, recheckAfterMs: HOUR * 1000 },
    ],
  ])("%s", (_, got, want) => expect(got).toMatchObject(want));
  it("it wakes although it sleeps for a month", () =>
    expect(judge("Declined", 720 * HOUR, { ...looked, look: other }).kind).toBe("open"));
});

describe("an alert that fires on", () => {
  const firing = (seconds: number): RemediationStatus => ({ lastSeenFiring: at(seconds) });
  it.each<[string, ReturnType<typeof judge>, object]>([
    [
      "within the cool-down waits for its end",
      judge("Succeeded", 2 * MINUTE, { status: firing(-MINUTE) }),
      { kind: "rest", recheckAfterMs: 3 * MINUTE * 1000 },
    ],
    [
      "waits for the time window of the Operarius",
      judge("Succeeded", 6 * MINUTE, { status: firing(-MINUTE), ttlMs: 600_000 }),
      { kind: "rest", recheckAfterMs: 4 * MINUTE * 1000 },
    ],
    ["is looked at then", judge("Succeeded", 5 * MINUTE, { status: firing(-4 * MINUTE) }), { kind: "look" }],
    [
      "opens the next one when the recount agrees",
      judge("Succeeded", 5 * MINUTE, { status: firing(-4 * MINUTE), look: aLook() }),
      { kind: "open" },
    ],
    [
      "after Failed",
      judge("Failed", 5 * MINUTE, { status: { ...seen(-290), ...firing(-4 * MINUTE) }, look: aLook() }),
      { kind: "open" },
    ],
    [
      "after Ineffective",
      judge("Ineffective", 5 * MINUTE, {
        status: { ...seen(-290), outcome: "not-repaired", ...firing(-4 * MINUTE) },
        look: aLook(),
      }),
      { kind: "open" },
    ],
    [
      "after Cancelled",
      judge("Cancelled", 5 * MINUTE, { status: { outcome: "self-healed", ...firing(-4 * MINUTE) }, look: aLook() }),
      { kind: "open" },
    ],
    [
      "after a decline whose target was well meanwhile",
      judge("Declined", 5 * MINUTE, {
        status: { ...seen(-290), outcome: "self-healed", ...firing(-4 * MINUTE) },
        look: aLook(),
      }),
      { kind: "open" },
    ],
    [
      "after a person's change that helped",
      judge("Superseded", 5 * MINUTE, {
        status: { ...seen(-290), outcome: "changed-by-person", ...firing(-4 * MINUTE) },
        look: aLook(),
      }),
      { kind: "open" },
    ],
    [
      "opens none when it is well",
      judge("Succeeded", 5 * MINUTE, {
        status: { outcome: "repaired", ...firing(-4 * MINUTE) },
        look: aHealthyLook(60, 60),
      }),
      { kind: "note" },
    ],
    [
      "opens none when it resolved since",
      judge("Failed", 5 * MINUTE, { status: { ...firing(-4 * MINUTE), ...resolved }, look: aLook() }),
      { kind: "note" },
    ],
    [
      "that a look has answered opens none",
      judge("Failed", 9 * HOUR, { status: { ...firing(-8 * HOUR), ...seen(-2 * HOUR) }, look: aLook() }),
      { kind: "note" },
    ],
  ])("%s", (_, got, want) => expect(got).toMatchObject(want));
});

describe("a person's change gets time, and what is left of the trouble is another episode", () => {
  it.each<[string, ReturnType<typeof judge>, object]>([
    ["not at once", judge("Superseded", MINUTE), { kind: "rest", recheckAfterMs: 9 * MINUTE * 1000 }],
    ["after a while", judge("Superseded", 10 * MINUTE), { kind: "look" }],
    ["still ill", judge("Superseded", 10 * MINUTE, { look: aLook() }), { kind: "open" }],
    [
      "still ill, and the alert resolved",
      judge("Superseded", 10 * MINUTE, { status: resolved, look: aLook() }),
      { kind: "note" },
    ],
    [
      "well",
      judge("Superseded", 10 * MINUTE, { status: { changedBy: "kubectl" }, look: aHealthyLook(9, 9) }),
      { kind: "note", status: { outcome: "changed-by-person", changedBy: "kubectl" } },
    ],
    ["its target is gone", judge("Superseded", 10 * MINUTE, { status: { outcome: "gone" } }), { kind: "rest" }],
    ["a day later, resolved and never well", judge("Superseded", 25 * HOUR, { status: resolved }), { kind: "rest" }],
  ])("%s", (_, got, want) => expect(got).toMatchObject(want));
});

describe("what became of it is followed", () => {
  const repaired = { outcome: "repaired" as const, attempts: [{ n: 1, jobName: "j", lastWriteAt: at(-2 * HOUR) }] };
  it.each<[string, ReturnType<typeof judge>, object]>([
    [
      "a repair for an hour",
      judge("Succeeded", 1, { status: repaired }),
      { kind: "rest", recheckAfterMs: (HOUR - 1) * 1000 },
    ],
    ["once", judge("Succeeded", HOUR, { status: repaired }), { kind: "look" }],
    ["and no more", judge("Succeeded", 2 * HOUR, { status: { ...repaired, ...seen(-MINUTE) } }), { kind: "rest" }],
    [
      "it was reversed",
      judge("Succeeded", HOUR, {
        status: repaired,
        look: aHealthyLook(9, 9, { edit: { by: "kubectl", at: NOW - 60_000 } }),
      }),
      { kind: "note", status: { changedBy: "kubectl", outcomeAt: at(-60) } },
    ],
    [
      "it was not",
      judge("Succeeded", HOUR, { status: repaired, look: aHealthyLook(9, 9) }),
      { kind: "note", status: {} },
    ],
    [
      "an ineffective one, by the hour",
      judge("Ineffective", 3 * HOUR, { status: { outcome: "not-repaired", ...seen(-HOUR) } }),
      { kind: "look" },
    ],
    [
      "an ineffective one that healed",
      judge("Ineffective", 3 * HOUR, { status: { outcome: "not-repaired", ...seen(-HOUR) }, look: aHealthyLook(9, 9) }),
      { kind: "note", status: { outcome: "self-healed" } },
    ],
    ["a failed one for a day", judge("Failed", 25 * HOUR, { status: seen(-2 * HOUR) }), { kind: "rest" }],
    ["a cancelled one not at all", judge("Cancelled", HOUR), { kind: "rest" }],
    [
      "a repair that cannot be seen is not followed for ever",
      judge("Succeeded", 25 * HOUR, { status: repaired, look: unread }),
      { kind: "note" },
    ],
  ])("%s", (_, got, want) => {
    expect(got).toMatchObject(want);
    if (got.kind === "rest" && !("recheckAfterMs" in want)) expect(got).not.toHaveProperty("recheckAfterMs");
  });
});

describe("none of our business", () => {
  it.each<[string, Case]>([
    ["a foreign record", { spec: foreign }],
    ["one with a successor", { isNewest: false }],
  ])("%s", (_, more) => {
    for (const phase of ["Declined", "Failed", "Superseded"] as const) {
      expect(judge(phase, 9 * HOUR, { ...more, look: other })).toEqual({ kind: "rest" });
    }
  });
});

describe("whatever comes after the end", () => {
  const cases = fc.record({
    phase: fc.constantFrom<Phase>("Succeeded", "Ineffective", "Failed", "Declined", "Cancelled", "Superseded"),
    ago: fc.integer({ min: 0, max: 72 * HOUR }),
    firing: fc.option(fc.integer({ min: 0, max: 72 * HOUR }), { nil: undefined }),
    resolvedAgo: fc.option(fc.integer({ min: 0, max: 72 * HOUR }), { nil: undefined }),
    lookedAgo: fc.option(fc.integer({ min: 0, max: 72 * HOUR }), { nil: undefined }),
    outcome: fc.option(fc.constantFrom("repaired", "self-healed", "changed-by-person", "not-repaired", "gone"), {
      nil: undefined,
    }),
    look: fc.constantFrom<Look | undefined>(
      undefined,
      aLook(),
      other,
      declines,
      unread,
      aHealthyLook(60, 60),
      aHealthyLook(1, 60),
      aLook({ health: "pending" }),
      { kind: "gone", at: NOW },
    ),
  });
  const statusOf = ({
    firing,
    resolvedAgo,
    lookedAgo,
    outcome,
  }: typeof cases extends fc.Arbitrary<infer T> ? T : never): RemediationStatus => ({
    ...(firing === undefined ? {} : { lastSeenFiring: at(-firing) }),
    ...(resolvedAgo === undefined ? {} : { alertResolvedAt: at(-resolvedAgo) }),
    ...(lookedAgo === undefined ? {} : seen(-lookedAgo)),
    ...(outcome === undefined ? {} : { outcome }),
  });
  it("the phase and the end stay, and nobody looks in a hurry", () =>
    fc.assert(
      fc.property(cases, (given) => {
        const { look } = given;
        const got = judge(given.phase, given.ago, { status: statusOf(given), ...(look === undefined ? {} : { look }) });
        if (got.kind === "note") {
          for (const field of ["phase", "reason", "endedAt", "attempts"]) expect(got.status).not.toHaveProperty(field);
        }
        if (got.kind === "rest" || got.kind === "note") expect(got.recheckAfterMs ?? 1e9).toBeGreaterThan(0);
        if (got.kind === "look") expect(look).toBeUndefined();
        if (got.kind === "open") expect(look).toMatchObject({ kind: "seen", health: "unhealthy" });
      }),
      { numRuns: 500 },
    ));
  it("is over after a look that knows, or a day, unless a decline sleeps or an alert has come since", () =>
    fc.assert(
      fc.property(cases, (given) => {
        const status = statusOf(given);
        if (given.firing !== undefined || given.phase === "Declined" || given.ago < 25 * HOUR) return;
        const got = judge(given.phase, given.ago, { status: { ...status, ...resolved, ...seen(-1) } });
        expect(got).toEqual({ kind: "rest" });
      }),
      { numRuns: 500 },
    ));
});
