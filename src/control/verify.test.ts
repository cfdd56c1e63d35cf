import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aHealthyLook, aLook, aRemediation, at, NOW } from "../../test/support/control-fixture.ts";
import type { RemediationStatus } from "../operarius/remediation.ts";
import { limitsFor } from "./limits.ts";
import type { Look } from "./looks.ts";
import type { Decision } from "./transition.ts";
import { beginVerifying, condition, mergeConditions } from "./transition.ts";
import { editAfter, verify } from "./verify.ts";

const limits = limitsFor("normal");
const attempt = {
  n: 1,
  jobName: "j",
  verdict: "recovered" as const,
  startedAt: at(-300),
  lastWriteAt: at(-200),
  finishedAt: at(-100),
};
const verified = (since: number) => condition(NOW + since * 1000, "Verified", "Unknown", "Verifying", "m");
const healthy = (status: "True" | "False" | "Unknown", since: number) =>
  condition(NOW + since * 1000, "Healthy", status, "R", "m");

const judge = (look: Look | undefined, status: RemediationStatus = {}) =>
  verify({
    remediation: aRemediation({
      phase: "Verifying",
      message: "Deleted pod a.",
      attempts: [attempt],
      conditions: [verified(-100)],
      ...status,
    }),
    look,
    now: NOW,
    limits,
  });
const said = (decision: Decision) =>
  decision.kind === "transition"
    ? [decision.status.phase, decision.status.reason, decision.status.outcome]
    : decision.kind === "rest"
      ? ["rest", decision.recheckAfterMs]
      : [decision.kind];

const pending = aLook({ health: "pending", recheckAfterMs: 5000 });
const noWrites = (() => {
  const { lastWriteAt: _never, ...rest } = attempt;
  return { attempts: [rest] };
})();
const troubled = (since: number): RemediationStatus => ({ conditions: [verified(-100), healthy("False", since)] });
const since = (seconds: number): RemediationStatus => ({
  attempts: [{ ...attempt, finishedAt: at(seconds) }],
  conditions: [verified(seconds)],
});
const late = since(-1800);

describe("a recount after a repair", () => {
  it.each<[string, Look | undefined, RemediationStatus, unknown[]]>([
    ["is asked for", undefined, {}, ["look"]],
    ["healthy through the soak", aHealthyLook(60, 60), {}, ["Succeeded", "Recovered", "repaired"]],
    ["healthy, and nothing was written", aHealthyLook(60, 60), noWrites, ["Succeeded", "NothingToDo", "self-healed"]],
    ["healthy, not yet for long enough", aHealthyLook(59, 60), {}, ["rest", 1000]],
    ["healthy for a moment", aHealthyLook(0, 600), {}, ["rest", 600_000]],
    ["healthy by its pods and not by its status", aLook({ health: "healthy" }), {}, ["rest", 30_000]],
    [
      "a soak without health counts for nothing",
      aLook({ soak: { soakedMs: 9e9, requiredMs: 1 } }),
      {},
      ["rest", 30_000],
    ],
    ["pending", pending, {}, ["rest", 5000]],
    ["pending for long", aLook({ health: "pending", recheckAfterMs: 9e6 }), {}, ["rest", 30_000]],
    ["unhealthy at the first look", aLook(), {}, ["rest", 30_000]],
    ["unhealthy since 20 s", aLook(), troubled(-20), ["rest", 10_000]],
    ["unhealthy since 30 s", aLook(), troubled(-30), ["Ineffective", "PodWedged", "not-repaired"]],
    ["healthy again after trouble", aHealthyLook(1, 60), troubled(-300), ["rest", 59_000]],
    ["late and still pending", pending, late, ["Ineffective", "PodWedged", "not-repaired"]],
    ["late and unhealthy", aLook(), late, ["Ineffective", "PodWedged", "not-repaired"]],
    ["late and soaking", aHealthyLook(59, 60), late, ["rest", 1000]],
    ["late, and a little short of the soak", aHealthyLook(59, 60), since(-1859), ["rest", 1000]],
    [
      "healthy again and again, and never through the soak",
      aHealthyLook(1, 60),
      since(-1860),
      ["Ineffective", "NotSteady", "not-repaired"],
    ],
    ["the second one of a record, long after the first", pending, { conditions: [verified(-1800)] }, ["rest", 5000]],
    ["late and soaked", aHealthyLook(60, 60), late, ["Succeeded", "Recovered", "repaired"]],
    ["gone", { kind: "gone", at: NOW }, {}, ["Superseded", "TargetGone", "gone"]],
    [
      "edited by a person",
      aLook({ edit: { by: "kubectl", at: NOW - 50_000 } }),
      {},
      ["Superseded", "ChangedByPerson", undefined],
    ],
    [
      "healthy, but edited by a person",
      aHealthyLook(60, 60, { edit: { by: "kubectl", at: NOW } }),
      {},
      ["Superseded", "ChangedByPerson", undefined],
    ],
    [
      "edited before the repair",
      aHealthyLook(60, 60, { edit: { by: "kubectl", at: NOW - 250_000 } }),
      {},
      ["Succeeded", "Recovered", "repaired"],
    ],
  ])("%s", (_, look, status, want) => expect(said(judge(look, status))).toEqual(want));

  it("trouble from before the repair is no trouble after it", () => {
    const before = [healthy("False", -600)];
    const conditions = mergeConditions(before, beginVerifying(NOW, "R", "m").status.conditions ?? []);
    expect(said(judge(aLook(), { conditions }))).toEqual(["rest", 30_000]);
  });

  describe("that cannot be made", () => {
    const unread: Look = { kind: "unread", at: NOW, message: "No right to read nodes." };
    it("leaves the report, and says so", () => {
      const decision = judge(unread);
      expect(said(decision)).toEqual(["Succeeded", "NotVerified", undefined]);
      expect(decision).toMatchObject({
        status: {
          message: "No right to read nodes. The Job's report is all that is known: Deleted pod a.",
          conditions: [{ type: "Ended" }, { type: "Verified", status: "Unknown" }, { type: "AlertResolved" }],
        },
      });
    });
    it.each(["waiting", "failed"] as const)("makes no success of a report of %s", (verdict) =>
      expect(said(judge(unread, { attempts: [{ ...attempt, verdict }] }))[0]).toBe("Pending"),
    );
    it("ends when there is no attempt left", () => {
      const attempts = [1, 2, 3].map((n) => ({ ...attempt, n, verdict: "waiting" as const }));
      expect(said(judge(unread, { attempts }))).toEqual(["Ineffective", "AttemptsExhausted", undefined]);
    });
  });
});

describe("the alert corroborates", () => {
  const resolved = (status: RemediationStatus) => {
    const decision = judge(aHealthyLook(60, 60), status);
    return decision.kind === "transition"
      ? decision.status.conditions?.find(({ type }) => type === "AlertResolved")?.status
      : undefined;
  };
  it.each<[string, RemediationStatus, string]>([
    ["nothing heard", {}, "Unknown"],
    ["resolved", { alertResolvedAt: at(-5) }, "True"],
    ["resolved, then firing", { alertResolvedAt: at(-5), lastSeenFiring: at(-2) }, "Unknown"],
    ["firing, then resolved", { alertResolvedAt: at(-2), lastSeenFiring: at(-5) }, "True"],
  ])("%s", (_, status, want) => expect(resolved(status)).toBe(want));
  it("resolved proves nothing", () =>
    expect(said(judge(aLook(), { ...troubled(-30), alertResolvedAt: at(-1) }))[0]).toBe("Ineffective"));
});

describe("a person's change", () => {
  // Times of the API have whole seconds: what came within the second of our write may be ours.
  it.each([
    [-1, false],
    [0, false],
    [999, false],
    [1000, true],
  ])("%d ms after our write", (ms, want) => {
    const look = aLook({ edit: { by: "kubectl", at: NOW + ms } });
    expect(editAfter(look, NOW + 400) !== undefined).toBe(want);
  });
});

describe("whatever is seen", () => {
  const looks = fc.record({
    health: fc.constantFrom("healthy" as const, "pending" as const, "unhealthy" as const),
    soaked: fc.option(fc.integer({ min: 0, max: 120 })),
  });
  it("never succeeds but after a whole soak, and never goes on for ever", () =>
    fc.assert(
      fc.property(looks, fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 4000 }), (seen, ago, ill) => {
        const { health, soaked } = seen;
        const soak = soaked === null ? {} : { soak: { soakedMs: soaked * 1000, requiredMs: 60_000 } };
        const decision = judge(aLook({ health, ...soak }), {
          ...since(-ago),
          conditions: [verified(-ago), ...(ill > 2000 ? [healthy("False", -ill)] : [])],
        });
        const [phase] = said(decision);
        const isProven = health === "healthy" && soaked !== null && soaked >= 60;
        expect(phase === "Succeeded").toBe(isProven);
        const isSoaking = health === "healthy" && soaked !== null;
        if (ago >= (isSoaking ? 1860 : 1800) && !isProven) expect(phase).toBe("Ineffective");
        if (decision.kind === "rest") expect(decision.recheckAfterMs).toBeGreaterThan(0);
      }),
    ));
});
