import { describe, expect, it } from "vitest";
import { aHealthyLook, aHook, aLook, anAlert } from "../../test/support/control-fixture.ts";
import type { TerminationMessage } from "../engine/termination.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation, RemediationStatus } from "../operarius/remediation.ts";
import { PHASES } from "../operarius/remediation.ts";
import { decide } from "./decide.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { limitsFor } from "./limits.ts";
import type { Look } from "./looks.ts";

const LIMITS = limitsFor("normal");
const NOW = Date.parse("2026-01-01T12:00:00Z");
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

function record(status: RemediationStatus = {}, spec: Partial<Remediation["spec"]> = {}): Live<Remediation> {
  return {
    metadata: { name: "r", namespace: "openfero", uid: "u", resourceVersion: "1", creationTimestamp: at(-60) },
    spec: {
      target: { cluster: "c", kind: "DaemonSet", namespace: "n", name: "x" },
      operarius: { name: "o" },
      sequence: 1,
      alert: anAlert(),
      hook: aHook(),
      receivedAt: at(-60),
      ...spec,
    },
    status,
  };
}

const reserved = { n: 1, jobName: "j1" };
const started = { ...reserved, startedAt: at(-30) };
const finished = { ...started, finishedAt: at(-10) };

function done(report?: Partial<TerminationMessage>, succeeded = true): JobOutcome {
  const full: TerminationMessage = {
    schema: "operarius.openfero.io/termination/v1",
    verdict: "recovered",
    reason: "Why",
    sentence: "What was done.",
    cause: "C01",
    writes: [],
    ...report,
  };
  const base = { kind: "finished" as const, succeeded, reason: succeeded ? "" : "BackoffLimitExceeded", message: "m" };
  return report === undefined ? base : { ...base, report: full };
}

const afterJob = (job: JobOutcome, attempts = [started]) =>
  decide({ remediation: record({ phase: "Running", attempts }), job, now: NOW, limits: LIMITS });
const phaseOf = (decision: ReturnType<typeof decide>) =>
  decision.kind === "transition" ? [decision.status.phase, decision.status.reason] : decision.kind;

describe("before the first attempt", () => {
  it("starts attempt 1", () =>
    expect(decide({ remediation: record(), now: NOW, limits: LIMITS })).toEqual({ kind: "start", attempt: 1 }));
  it("finishes a reservation that was interrupted, with the plan that was approved", () =>
    expect(
      decide({ remediation: record({ attempts: [{ ...reserved, approvedPlan: "d" }] }), now: NOW, limits: LIMITS }),
    ).toEqual({
      kind: "start",
      attempt: 1,
      approvedPlan: "d",
    }));
});

describe("while the Job runs", () => {
  it("rests", () => expect(afterJob({ kind: "active", hasRunningPods: true })).toEqual({ kind: "rest" }));
  it("is not cancelled by a resolved alert", () => {
    const remediation = record({ phase: "Running", attempts: [started], alertResolvedAt: at(-1) });
    expect(decide({ remediation, job: { kind: "active", hasRunningPods: true }, now: NOW, limits: LIMITS })).toEqual({
      kind: "rest",
    });
  });
  it("fails when the Job was deleted", () => {
    const decision = afterJob({ kind: "missing" });
    expect(phaseOf(decision)).toEqual(["Failed", "JobGone"]);
    expect(decision).toMatchObject({ status: { attempts: [{ n: 1, finishedAt: at(0) }] } });
    // Or the Operarius would say Running for ever.
    expect(decision).toMatchObject({ finishedJob: { succeeded: false } });
  });
});

describe("when the Job is over", () => {
  it.each<[string, JobOutcome, string, string]>([
    ["a foreign Job that completed", done(), "Succeeded", "JobComplete"],
    ["a foreign Job that failed", done(undefined, false), "Failed", "BackoffLimitExceeded"],
    ["recovered", done({}), "Succeeded", "Why"],
    ["partial", done({ verdict: "partial" }, false), "Ineffective", "Why"],
    ["failed", done({ verdict: "failed" }, false), "Failed", "Why"],
    ["declined", done({ verdict: "declined" }, false), "Declined", "Why"],
    ["awaiting approval", done({ verdict: "awaiting-approval", planDigest: "d" }, false), "AwaitingApproval", "Why"],
    ["awaiting approval of nothing", done({ verdict: "awaiting-approval" }, false), "Failed", "PlanDigestMissing"],
    ["waiting", done({ verdict: "waiting" }, false), "Pending", "Why"],
  ])("%s", (_, job, phase, reason) => expect(phaseOf(afterJob(job))).toEqual([phase, reason]));

  it("notes on the attempt where its receipt is, if there is one", () => {
    expect(afterJob(done({ receipt: "rem-1-1" }))).toMatchObject({ status: { attempts: [{ receipt: "rem-1-1" }] } });
    const without = afterJob(done({}));
    expect(without.kind === "transition" && without.status.attempts?.[0]).not.toHaveProperty("receipt");
  });

  it("runs elsewhere at once when the node was among the failing ones, and only so often", () => {
    const job = { ...done({ verdict: "declined", reason: "SelfNode" }, false), node: "n1" } as JobOutcome;
    expect(afterJob(job)).toMatchObject({
      status: { phase: "Pending", reason: "SelfNode", nextAttemptAt: at(0), attempts: [{ n: 1, node: "n1" }] },
    });
    const moved = (n: number) => ({ ...finished, n, reason: "SelfNode", node: `n${n}` });
    const fourth = [moved(1), moved(2), moved(3), { ...started, n: 4 }];
    expect(phaseOf(afterJob(job, fourth))).toEqual(["Declined", "SelfNode"]);
    const waited = [moved(1), moved(2), { ...started, n: 3 }];
    expect(phaseOf(afterJob(done({ verdict: "waiting" }, false), waited))).toEqual(["Pending", "Why"]);
  });

  it("writes down the attempt's end, the sentence, the cause and the time", () => {
    expect(afterJob(done({}))).toMatchObject({
      status: {
        message: "What was done.",
        cause: "C01",
        endedAt: at(0),
        attempts: [{ ...started, verdict: "recovered", reason: "Why", finishedAt: at(0) }],
      },
      finishedJob: { name: "j1", succeeded: true },
    });
  });

  it("waits for as long as the report says", () =>
    expect(afterJob(done({ verdict: "waiting", recheckAfterSeconds: 90 }))).toMatchObject({
      status: { nextAttemptAt: at(90) },
    }));

  it("waits for a third attempt, and no further", () => {
    const two = [
      { ...finished, n: 1 },
      { ...started, n: 2 },
    ];
    const three = [
      { ...finished, n: 1 },
      { ...finished, n: 2 },
      { ...started, n: 3 },
    ];
    expect(phaseOf(afterJob(done({ verdict: "waiting" }), two))).toEqual(["Pending", "Why"]);
    expect(phaseOf(afterJob(done({ verdict: "waiting" }), three))).toEqual(["Ineffective", "AttemptsExhausted"]);
  });

  it("does not ask for the approval it was given", () => {
    const job = done({ verdict: "awaiting-approval", planDigest: "d" });
    expect(phaseOf(afterJob(job, [{ ...started, approvedPlan: "d" } as typeof started]))).toEqual([
      "Failed",
      "ApprovalNotHonoured",
    ]);
  });
});

describe("awaiting approval", () => {
  const status: RemediationStatus = {
    phase: "AwaitingApproval",
    planDigest: "d",
    approvalExpiresAt: at(100),
    attempts: [finished],
  };
  const decideOn = (approval?: Remediation["spec"]["approval"], more: RemediationStatus = {}) =>
    decide({
      remediation: record({ ...status, ...more }, approval === undefined ? {} : { approval }),
      now: NOW,
      limits: LIMITS,
    });

  it("rests until it lapses", () => expect(decideOn()).toEqual({ kind: "rest", recheckAfterMs: 100_000 }));
  it("lapses", () =>
    expect(phaseOf(decideOn(undefined, { approvalExpiresAt: at(0) }))).toEqual(["Declined", "ApprovalLapsed"]));
  it("lapses although an approval came too late", () =>
    expect(phaseOf(decideOn({ decision: "approve", planDigest: "d" }, { approvalExpiresAt: at(-1) }))).toEqual([
      "Declined",
      "ApprovalLapsed",
    ]));
  it("starts the next attempt with the approved plan", () =>
    expect(decideOn({ decision: "approve", planDigest: "d" })).toEqual({
      kind: "start",
      attempt: 2,
      approvedPlan: "d",
    }));
  it.each([["x"], [undefined]])("warns once about an approval of %s", (planDigest) => {
    const approval = { decision: "approve" as const, ...(planDigest === undefined ? {} : { planDigest }) };
    const decision = decideOn(approval);
    expect(decision).toMatchObject({ kind: "transition", notice: { reason: "ApprovalForAnotherPlan" } });
    const conditions = decision.kind === "transition" ? (decision.status.conditions ?? []) : [];
    expect(decideOn(approval, { conditions })).toEqual({ kind: "rest", recheckAfterMs: 100_000 });
  });
  it("rests when the approval was for a plan that was carried out before", () =>
    expect(
      decideOn({ decision: "approve", planDigest: "old" }, { attempts: [{ ...finished, approvedPlan: "old" }] }).kind,
    ).toBe("rest"));
  it("is declined by a person, with the reason", () => {
    const decision = decideOn({ decision: "deny", by: "ann", reason: "release day" });
    expect(phaseOf(decision)).toEqual(["Declined", "ApprovalDenied"]);
    expect(decision).toMatchObject({ status: { message: expect.stringMatching(/ann: release day/) } });
  });
});

describe("between attempts", () => {
  const waiting = (more: RemediationStatus) =>
    decide({ remediation: record({ phase: "Pending", attempts: [finished], ...more }), now: NOW, limits: LIMITS });
  it("rests until the next one is due", () =>
    expect(waiting({ nextAttemptAt: at(7) })).toEqual({ kind: "rest", recheckAfterMs: 7000 }));
  it("starts it then", () => expect(waiting({ nextAttemptAt: at(0) })).toEqual({ kind: "start", attempt: 2 }));
  it("keeps an approval only as long as it holds", () => {
    const attempts = [{ ...finished, approvedPlan: "d" }];
    expect(waiting({ attempts, approvalExpiresAt: at(1) })).toMatchObject({ approvedPlan: "d" });
    expect(waiting({ attempts, approvalExpiresAt: at(0) })).not.toHaveProperty("approvedPlan");
  });
});

describe("an approval whose attempt was held up", () => {
  const held = (approval: Remediation["spec"]["approval"], more: RemediationStatus = {}) =>
    decide({
      remediation: record(
        {
          phase: "Blocked",
          reason: "Paused",
          planDigest: "d",
          approvalExpiresAt: at(100),
          attempts: [finished],
          ...more,
        },
        approval === undefined ? {} : { approval },
      ),
      now: NOW,
      limits: LIMITS,
    });
  const approve = { decision: "approve" as const, planDigest: "d" };
  it("is carried out afterwards", () =>
    expect(held(approve)).toEqual({ kind: "start", attempt: 2, approvedPlan: "d" }));
  it("not when it has lapsed meanwhile", () =>
    expect(held(approve, { approvalExpiresAt: at(0) })).toEqual({ kind: "start", attempt: 2 }));
  it("not when the plan is another one now", () =>
    expect(held({ ...approve, planDigest: "x" })).toEqual({ kind: "start", attempt: 2 }));
  it("can be taken back", () => expect(phaseOf(held({ decision: "deny" }))).toEqual(["Declined", "ApprovalDenied"]));
});

describe("while a person is asked about our own plan", () => {
  const asked = (look: Look | undefined, status: RemediationStatus = {}) =>
    decide({
      remediation: record(
        { phase: "AwaitingApproval", planDigest: "d", approvalExpiresAt: at(3000), attempts: [finished], ...status },
        { operarius: { name: "o", ours: true } },
      ),
      ...(look === undefined ? {} : { look }),
      now: NOW,
      limits: LIMITS,
    });
  const base = (fingerprint: string): RemediationStatus => ({
    look: { at: at(-5), health: "unhealthy", cause: "C07", reason: "R", message: "m", plan: "act", fingerprint },
  });
  const wroteBefore: RemediationStatus = { attempts: [{ ...finished, lastWriteAt: at(-20) }] };
  it.each<[string, Look | undefined, RemediationStatus, unknown]>([
    ["the target is looked at", undefined, {}, "look"],
    ["the first look is the base", aLook(), {}, "rest"],
    ["nothing has changed", aLook(), base("f1"), "rest"],
    ["the plan is another one", aLook(), base("f0"), ["Pending", "PlanChanged"]],
    ["it is on its way", aLook({ health: "pending" }), base("f0"), "rest"],
    ["it is healthy, not for long", aHealthyLook(1, 60), base("f1"), "rest"],
    ["it is healthy by its pods only", aLook({ health: "healthy" }), base("f1"), "rest"],
    ["it is healthy for long enough", aHealthyLook(60, 60), base("f1"), ["Cancelled", "TargetHealthy"]],
    ["it is healthy after something was written", aHealthyLook(60, 60), wroteBefore, ["Verifying", "Healthy"]],
    ["it is gone", { kind: "gone", at: NOW }, base("f1"), ["Cancelled", "TargetGone"]],
    ["it cannot be seen", { kind: "unread", at: NOW, message: "m" }, base("f1"), "rest"],
    [
      "a person has changed it",
      aLook({ edit: { by: "kubectl", at: NOW } }),
      base("f1"),
      ["Superseded", "ChangedByPerson"],
    ],
  ])("%s", (_, look, status, want) => expect(phaseOf(asked(look, status))).toEqual(want));
  it("the plan that has changed cannot be approved any more", () =>
    expect(asked(aLook(), base("f0"))).toMatchObject({ status: { planDigest: null, approvalExpiresAt: null } }));
  it("never rests beyond the end of the approval", () =>
    expect(asked(aLook(), { approvalExpiresAt: at(7) })).toEqual({ kind: "rest", recheckAfterMs: 7000 }));
});

describe("a foreign Job that is held back", () => {
  const asked = (approval?: Remediation["spec"]["approval"], status: RemediationStatus = {}) =>
    decide({
      remediation: record(
        {
          phase: "AwaitingApproval",
          planDigest: "d",
          approvalExpiresAt: at(10),
          attempts: [{ ...reserved, suspended: true }],
          ...status,
        },
        approval === undefined ? {} : { approval },
      ),
      now: NOW,
      limits: LIMITS,
    });
  it("waits", () => expect(asked()).toEqual({ kind: "rest", recheckAfterMs: 10_000 }));
  it("is let go when its own digest is approved", () =>
    expect(asked({ decision: "approve", planDigest: "d" })).toEqual({
      kind: "resume",
      jobName: "j1",
      approvedPlan: "d",
    }));
  it.each([["x"], [undefined]])("is not let go for an approval of %s", (planDigest) => {
    const approval = { decision: "approve" as const, ...(planDigest === undefined ? {} : { planDigest }) };
    expect(asked(approval)).toMatchObject({ kind: "transition", notice: { reason: "ApprovalForAnotherPlan" } });
  });
  it.each<[string, Remediation["spec"]["approval"], RemediationStatus, string]>([
    ["denied", { decision: "deny" }, {}, "ApprovalDenied"],
    ["lapsed", undefined, { approvalExpiresAt: at(0) }, "ApprovalLapsed"],
    ["approved too late", { decision: "approve", planDigest: "d" }, { approvalExpiresAt: at(0) }, "ApprovalLapsed"],
  ])("is discarded when %s", (_, approval, status, reason) =>
    expect(asked(approval, status)).toMatchObject({ status: { phase: "Declined", reason }, discardJob: "j1" }),
  );
});

describe("a Job that somebody else lets go or stops", () => {
  const held = { ...reserved, suspended: true };
  const waiting = { phase: "AwaitingApproval", planDigest: "d", approvalExpiresAt: at(0), attempts: [held] } as const;
  const going: JobOutcome = { kind: "active", hasRunningPods: true };
  const decided = (status: RemediationStatus, job: JobOutcome, approval?: Remediation["spec"]["approval"]) =>
    decide({ remediation: record(status, approval === undefined ? {} : { approval }), job, now: NOW, limits: LIMITS });
  it.each<[string, JobOutcome, Remediation["spec"]["approval"]]>([
    ["by hand", going, undefined],
    ["by hand, and is done", done({}), undefined],
    ["and the denial came too late", going, { decision: "deny" }],
  ])("was let go %s: it runs, whatever the record waited for", (_, job, approval) =>
    expect(decided({ ...waiting, attempts: [held] }, job, approval)).toMatchObject({
      status: { phase: "Running", approvalExpiresAt: null, attempts: [{ n: 1, startedAt: at(0) }] },
    }),
  );
  it("still waits when it is held back", () =>
    expect(
      decided({ ...waiting, attempts: [held], approvalExpiresAt: at(5) }, { ...going, suspendedSince: NOW }),
    ).toEqual({ kind: "rest", recheckAfterMs: 5000 }));
  it("is waited for as long as an approval, and then taken away", () => {
    const running: RemediationStatus = { phase: "Running", attempts: [started] };
    const since = (ms: number) => decided(running, { ...going, suspendedSince: NOW - ms });
    expect(since(LIMITS.approvalMs - 1000)).toEqual({ kind: "rest", recheckAfterMs: 1000 });
    expect(since(LIMITS.approvalMs)).toMatchObject({
      status: { phase: "Failed", reason: "JobSuspended", attempts: [{ finishedAt: at(0) }] },
      discardJob: "j1",
    });
  });
});

describe("what is over or going", () => {
  it.each(
    PHASES.filter((phase) => !["Pending", "Blocked", "Running", "AwaitingApproval", "Verifying"].includes(phase)),
  )("%s is never touched again", (phase) =>
    expect(
      decide({ remediation: record({ phase, attempts: [started] }), job: done({}), now: NOW, limits: LIMITS }),
    ).toEqual({
      kind: "rest",
    }),
  );
  it("a record being deleted starts nothing", () => {
    const { metadata, ...rest } = record();
    const remediation = { ...rest, metadata: { ...metadata, deletionTimestamp: at(-1) } };
    expect(decide({ remediation, now: NOW, limits: LIMITS })).toEqual({ kind: "rest" });
  });
});
