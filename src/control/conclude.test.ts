import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aRemediation, at, NOW } from "../../test/support/control-fixture.ts";
import type { TerminationMessage } from "../engine/termination.ts";
import { VERDICTS } from "../engine/termination.ts";
import type { RemediationAttempt } from "../operarius/remediation.ts";
import { remediationStatusSchema } from "../operarius/remediation.ts";
import { concludeAttempt, nodesToAvoid } from "./conclude.ts";
import { decide } from "./decide.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { limitsFor } from "./limits.ts";

const limits = limitsFor("normal");
type Job = Extract<JobOutcome, { kind: "finished" | "missing" }>;

function ended(report?: Partial<TerminationMessage>, succeeded = true): Job {
  const base = {
    kind: "finished" as const,
    succeeded,
    reason: succeeded ? "" : "BackoffLimitExceeded",
    message: "m",
    node: "n1",
  };
  if (report === undefined) return base;
  const schema = "operarius.openfero.io/termination/v1" as const;
  const full = { schema, verdict: "recovered" as const, reason: "Why", sentence: "What.", cause: "C01", writes: [] };
  return { ...base, report: { ...full, ...report } };
}

function attempts(count: number, more: Partial<RemediationAttempt> = {}): RemediationAttempt[] {
  return Array.from({ length: count }, (_, index) => ({
    n: index + 1,
    jobName: `j${index + 1}`,
    startedAt: at(-100),
    finishedAt: at(-50),
    ...more,
  }));
}

/** The conclusion of the attempt after `before`. */
function conclude(
  job: Job,
  { before = [] as RemediationAttempt[], ours = true, last = {} as Partial<RemediationAttempt> } = {},
) {
  const attempt = { n: before.length + 1, jobName: `j${before.length + 1}`, startedAt: at(-30), ...last };
  const remediation = aRemediation(
    { phase: "Running", attempts: [...before, attempt] },
    { operarius: { name: "o", ...(ours ? { ours } : {}) } },
  );
  return concludeAttempt({ remediation, attempt, job, now: NOW, limits });
}
const said = ({ status }: ReturnType<typeof conclude>) => [status.phase, status.reason];
const waits = ({ status }: ReturnType<typeof conclude>) => (Date.parse(status.nextAttemptAt ?? "") - NOW) / 60_000;

const asks = { verdict: "awaiting-approval" as const, planDigest: "d" };
const wrote = { lastWriteAt: at(-20) };

describe("the end of a Job", () => {
  it.each<[string, Job, [phase: string, reason: string], [phase: string, reason: string]]>([
    // what, the Job, ours, foreign
    ["completed without a report", ended(), ["Pending", "JobComplete"], ["Succeeded", "JobComplete"]],
    [
      "failed without a report",
      ended(undefined, false),
      ["Pending", "BackoffLimitExceeded"],
      ["Failed", "BackoffLimitExceeded"],
    ],
    ["gone", { kind: "missing" }, ["Pending", "JobGone"], ["Failed", "JobGone"]],
    ["recovered", ended({}), ["Verifying", "Why"], ["Succeeded", "Why"]],
    ["partial", ended({ verdict: "partial" }), ["Ineffective", "Why"], ["Ineffective", "Why"]],
    ["failed", ended({ verdict: "failed" }), ["Failed", "Why"], ["Failed", "Why"]],
    [
      "failed for a while",
      ended({ verdict: "failed", reason: "Timeout" }),
      ["Pending", "Timeout"],
      ["Pending", "Timeout"],
    ],
    ["declined", ended({ verdict: "declined" }), ["Declined", "Why"], ["Declined", "Why"]],
    [
      "declined for a while",
      ended({ verdict: "declined", reason: "NodeStorm" }),
      ["Blocked", "NodeStorm"],
      ["Declined", "NodeStorm"],
    ],
    [
      "declined for its own node",
      ended({ verdict: "declined", reason: "SelfNode" }),
      ["Pending", "SelfNode"],
      ["Pending", "SelfNode"],
    ],
    ["asks", ended(asks), ["AwaitingApproval", "Why"], ["AwaitingApproval", "Why"]],
    [
      "asks for nothing",
      ended({ verdict: "awaiting-approval" }),
      ["Failed", "PlanDigestMissing"],
      ["Failed", "PlanDigestMissing"],
    ],
    ["waits", ended({ verdict: "waiting" }), ["Pending", "Why"], ["Pending", "Why"]],
    ["wrote, and waits", ended({ verdict: "waiting", ...wrote }), ["Verifying", "Why"], ["Pending", "Why"]],
  ])("%s", (_, job, ours, foreign) => {
    expect(said(conclude(job))).toEqual(ours);
    expect(said(conclude(job, { ours: false }))).toEqual(foreign);
  });

  it("keeps of the report what later steps need", () =>
    expect(conclude(ended({ ...wrote, fingerprint: "f", receipt: "rc" })).status).toMatchObject({
      cause: "C01",
      attempts: [
        {
          verdict: "recovered",
          reason: "Why",
          node: "n1",
          fingerprint: "f",
          receipt: "rc",
          finishedAt: at(0),
          ...wrote,
        },
      ],
    }));
  it("counts anew: nothing seen before the end stands for the recount", () => {
    for (const job of [ended({}), ended(asks)]) expect(conclude(job).status.look).toBeNull();
  });
  it("says where nobody can look", () =>
    expect(conclude(ended({}), { ours: false }).status.conditions).toContainEqual(
      expect.objectContaining({ type: "Verified", status: "Unknown" }),
    ));
});

describe("failures of the surroundings", () => {
  const transient = ended({ verdict: "failed", reason: "ApiUnreachable" }, false);
  const failed = { verdict: "failed" as const, reason: "ApiUnreachable" };
  it.each([
    [0, 1],
    [1, 2],
  ])("after %d of them the next wait is %d min", (count, minutes) =>
    expect(waits(conclude(transient, { before: attempts(count, failed) }))).toBe(minutes),
  );
  it("end after three attempts", () =>
    expect(said(conclude(transient, { before: attempts(2, failed) }))).toEqual(["Failed", "ApiUnreachable"]));
  it.each([
    [3, 8],
    [4, 10],
    [5, 10],
  ])("back off further where a person approved each: %d, %d min", (count, minutes) =>
    expect(waits(conclude(transient, { before: attempts(count, { ...failed, approvedPlan: "p" }) }))).toBe(minutes),
  );
  it("say what became of it when something was written", () =>
    expect(conclude(transient, { before: attempts(2, { ...failed, ...wrote }) }).status.outcome).toBe("not-repaired"));
});

describe("refusals that pass", () => {
  const refused = ended({ verdict: "declined", reason: "TargetLocked" });
  const earlier = (count: number) => attempts(count, { verdict: "declined", reason: "TargetLocked" });
  it.each([
    [0, 1],
    [1, 2],
    [2, 4],
    [3, 8],
    [4, 10],
    [18, 10],
  ])("after %d of them the next Job comes in %d min", (count, minutes) => {
    const decision = conclude(refused, { before: earlier(count) });
    expect([said(decision)[0], waits(decision)]).toEqual(["Blocked", minutes]);
  });
  it("no Job is started before that time", () => {
    const { status } = conclude(refused);
    const remediation = aRemediation({
      phase: "Blocked",
      reason: "TargetLocked",
      attempts: status.attempts ?? [],
      nextAttemptAt: at(60),
    });
    expect(decide({ remediation, now: NOW, limits })).toEqual({ kind: "rest", recheckAfterMs: 60_000 });
  });
  it("a cap is looked at by the hour, and told", () => {
    const decision = conclude(ended({ verdict: "declined", reason: "BudgetExhausted" }));
    expect([waits(decision), decision.tell]).toEqual([60, "Blocked"]);
  });
  it("do not use up the attempts", () => {
    const transient = ended({ verdict: "failed", reason: "Timeout" });
    expect(said(conclude(transient, { before: earlier(10) }))[0]).toBe("Pending");
  });
  it("end after 20 attempts", () =>
    expect(said(conclude(refused, { before: earlier(19) }))).toEqual(["Declined", "TargetLocked"]));
});

describe("an attempt on a node that is itself in trouble", () => {
  const misplaced = ended({ verdict: "declined", reason: "SelfNode" });
  const earlier = (count: number) => attempts(count, { verdict: "declined", reason: "SelfNode", node: "n0" });
  it.each([
    [0, "Pending"],
    [2, "Pending"],
    [3, "Declined"],
  ])("after %d of them: %s", (count, phase) =>
    expect(said(conclude(misplaced, { before: earlier(count) }))).toEqual([phase, "SelfNode"]),
  );
  it("is not moved beyond the bound of all attempts", () =>
    expect(said(conclude(misplaced, { before: attempts(19, { verdict: "declined", reason: "NodeBusy" }) }))[0]).toBe(
      "Declined",
    ));
  it("the next one avoids it", () => {
    const { status } = conclude(misplaced, { before: earlier(1) });
    expect(nodesToAvoid(status.attempts ?? [])).toEqual(["n0", "n1"]);
  });
});

describe("approvals", () => {
  it("are asked for with the plan, for as long as they hold", () =>
    expect(conclude(ended(asks))).toMatchObject({
      status: { planDigest: "d", approvalExpiresAt: at(3600), nextAttemptAt: null },
      tell: "ApprovalNeeded",
    }));
  it("a Job that asks for what it was given does not honour it", () =>
    expect(said(conclude(ended(asks), { last: { approvedPlan: "d" } }))).toEqual(["Failed", "ApprovalNotHonoured"]));
  it("are not asked for again after five", () =>
    expect(said(conclude(ended(asks), { before: attempts(5, { approvedPlan: "p" }) }))).toEqual([
      "Ineffective",
      "AttemptsExhausted",
    ]));
});

describe("whatever a Job says, again and again", () => {
  const jobs = fc.oneof(
    fc.constant<Job>({ kind: "missing" }),
    fc
      .record({
        verdict: fc.constantFrom(...VERDICTS),
        reason: fc.constantFrom("Why", "Timeout", "SelfNode", "NodeStorm", "BudgetExhausted", "TargetLocked"),
        wrote: fc.boolean(),
        digest: fc.constantFrom("d", "e", "f"),
      })
      .map(({ verdict, reason, wrote: didWrite, digest }) =>
        ended({ verdict, reason, planDigest: digest, ...(didWrite ? wrote : {}) }),
      ),
    fc.boolean().map((succeeded) => ended(undefined, succeeded)),
  );
  it("the record stays within its schema and comes to an end or to Verifying", () =>
    fc.assert(
      fc.property(fc.array(jobs, { minLength: 1, maxLength: 30 }), fc.boolean(), (all, ours) => {
        let before: RemediationAttempt[] = [];
        for (const job of all) {
          const { status } = conclude(job, { before, ours });
          before = status.attempts ?? [];
          expect(remediationStatusSchema.shape.attempts.safeParse(before).error).toBeUndefined();
          if (status.phase === "Pending" || status.phase === "Blocked") {
            expect(Date.parse(status.nextAttemptAt ?? "")).toBeGreaterThanOrEqual(NOW);
            continue;
          }
          if (status.phase !== "AwaitingApproval") return;
        }
        expect(before.length).toBeLessThan(20);
      }),
    ));
});
