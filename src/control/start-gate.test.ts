import { describe, expect, it } from "vitest";
import { aHealthyLook, aLook, aRemediation, aSummary, at, NOW } from "../../test/support/control-fixture.ts";
import type { RemediationStatus } from "../operarius/remediation.ts";
import type { Hold } from "./hold.ts";
import { limitsFor } from "./limits.ts";
import type { Look } from "./looks.ts";
import type { StartFacts, StartVerdict } from "./start-gate.ts";
import { judgeStart } from "./start-gate.ts";
import type { RecordSummary } from "./summary.ts";
import { toSummary } from "./summary.ts";

const limits = limitsFor("normal");
const paused: Hold = { reason: "Paused", message: "m", needsPerson: false };
const outOfScope: Hold = { reason: "OutOfScope", message: "m", needsPerson: false };
const storm = { kind: "held", since: NOW, count: 4, threshold: 3, releaseAt: NOW + 900_000 } as const;
const unread: Look = { kind: "unread", at: NOW, message: "m" };
const gone: Look = { kind: "gone", at: NOW };
const waited: RemediationStatus = { blockedSince: at(-30) };
const resolved: RemediationStatus = { alertResolvedAt: at(-1) };

interface Case extends Partial<Omit<StartFacts, "remediation" | "record">> {
  status?: RemediationStatus;
  ours?: boolean;
  others?: RecordSummary[];
  receivedAgo?: number;
}

function judge({ status = {}, ours = true, others = [], receivedAgo = 60, ...more }: Case = {}): StartVerdict {
  const operarius = { name: "daemonset-rollout-fix", ...(ours ? { ours } : {}) };
  const remediation = aRemediation(status, { operarius, receivedAt: at(-receivedAgo) });
  const record = toSummary(remediation);
  return judgeStart({
    remediation,
    record,
    records: [...others, record],
    attempt: 1,
    approved: false,
    storm: { kind: "calm" },
    mode: "auto",
    limits,
    now: NOW,
    ...more,
  });
}

/** go, look, wait, the reason of a hold, or the phase and reason of an end. */
function said(verdict: StartVerdict): string {
  if (verdict.kind === "hold") return verdict.hold.reason;
  return verdict.kind === "transition" ? `${verdict.status.phase} ${verdict.status.reason}` : verdict.kind;
}

const busy = Array.from({ length: 20 }, (_, index) =>
  aSummary({ name: `busy${index}-1`, inFlight: true, attempts: 1 }),
);
const earlier = aSummary({ name: "agent-0", target: "agent", phase: "Succeeded", endedAt: NOW - 1000, attempts: 1 });

describe("the first that objects is what the record says", () => {
  const everything: Case = {
    standstill: paused,
    outOfScope,
    storm,
    mode: "observe",
    others: [...busy, earlier],
    look: aHealthyLook(1, 60),
  };
  const without = (...names: (keyof Case)[]): Case =>
    Object.fromEntries(Object.entries(everything).filter(([name]) => !names.includes(name as keyof Case)));
  it.each<[string, Case, string]>([
    ["pause", everything, "Paused"],
    ["scope", without("standstill"), "OutOfScope"],
    ["mode", without("standstill", "outOfScope"), "TargetHealthy"],
    ["storm", without("standstill", "outOfScope", "mode"), "ReceiverStorm"],
    ["history", without("standstill", "outOfScope", "mode", "storm"), "RecentlyRemediated"],
    ["concurrency", { ...without("standstill", "outOfScope", "mode", "storm"), others: busy }, "TooManyRunning"],
    ["the look", { look: aHealthyLook(1, 60), status: waited }, "TargetHealthy"],
    ["nothing", { look: aLook() }, "go"],
  ])("%s", (_, given, want) => expect(said(judge(given))).toBe(want));
  it("looks last, and only when nothing else objects", () => {
    expect(said(judge())).toBe("look");
    expect(said(judge({ others: busy }))).toBe("TooManyRunning");
  });
});

describe("who is asked what", () => {
  it.each<[string, Case, string]>([
    ["ours waits for others to come", { receivedAgo: 3 }, "wait"],
    ["a foreign one does not", { receivedAgo: 0, ours: false }, "go"],
    ["a foreign one passes a storm", { ours: false, storm }, "go"],
    [
      "a foreign one is not looked at",
      { ours: false, look: aLook({ plan: { kind: "decline", reason: "Why", message: "m" } }) },
      "go",
    ],
    ["a foreign one keeps to concurrency", { ours: false, others: busy }, "TooManyRunning"],
    ["a foreign one keeps to pause", { ours: false, standstill: paused }, "Paused"],
    ["a foreign one keeps to scope", { ours: false, outOfScope }, "OutOfScope"],
    [
      "a foreign one that has waited for a day ends unless it is still heard",
      { ours: false, receivedAgo: 90_000, standstill: paused },
      "Cancelled NotHeardSince",
    ],
    [
      "a foreign one that is still heard waits on",
      { ours: false, receivedAgo: 90_000, standstill: paused, status: { lastSeenFiring: at(-60) } },
      "Paused",
    ],
    ["ours is looked at, however old", { receivedAgo: 90_000 }, "look"],
    ["a later attempt passes the storm", { attempt: 2, storm, look: aLook() }, "go"],
    ["a later attempt passes the cool-down", { attempt: 2, others: [earlier], look: aLook() }, "go"],
    ["a later attempt keeps to concurrency", { attempt: 2, others: busy }, "TooManyRunning"],
    ["an approved one is not looked at again", { attempt: 2, approved: true }, "go"],
    ["an approved one keeps to pause", { attempt: 2, approved: true, standstill: paused }, "Paused"],
    [
      "an approved one keeps to mode observe",
      { attempt: 2, approved: true, mode: "observe", look: aLook() },
      "ObserveMode",
    ],
    ["mode approve looks first, too", { mode: "approve" }, "look"],
  ])("%s", (_, given, want) => expect(said(judge(given))).toBe(want));
});

describe("an alert that resolved before anything was done", () => {
  it.each<[string, Case, string]>([
    ["ours is looked at", { status: resolved }, "look"],
    ["healthy", { status: resolved, look: aHealthyLook(0, 60) }, "Cancelled AlertResolved"],
    ["gone", { status: resolved, look: gone }, "Cancelled AlertResolved"],
    ["not to be seen", { status: resolved, look: unread }, "Cancelled AlertResolved"],
    ["still ill", { status: resolved, look: aLook() }, "AlertResolved"],
    ["still on its way", { status: resolved, look: aLook({ health: "pending" }) }, "AlertResolved"],
    [
      "still ill after a day",
      { status: { alertResolvedAt: at(-90_000) }, look: aLook(), receivedAgo: 99_000 },
      "Cancelled AlertResolved",
    ],
    ["it fires again", { status: { ...resolved, lastSeenFiring: at(0) }, look: aLook() }, "go"],
    ["foreign", { status: resolved, ours: false }, "Cancelled AlertResolved"],
    ["foreign, in a pause", { status: resolved, ours: false, standstill: paused }, "Cancelled AlertResolved"],
    ["after an attempt it cancels nothing", { status: resolved, attempt: 2, look: aLook() }, "go"],
  ])("%s", (_, given, want) => expect(said(judge(given))).toBe(want));
});

describe("a fresh look", () => {
  const decline = (reason: string, more: Partial<Parameters<typeof aLook>[0]> = {}) =>
    aLook({ plan: { kind: "decline", reason, message: "m" }, ...more });
  const wrote: RemediationStatus = { attempts: [{ n: 1, jobName: "j", finishedAt: at(-50), lastWriteAt: at(-55) }] };
  it.each<[string, Case, string]>([
    ["unhealthy, and a plan to act", { look: aLook() }, "go"],
    ["not to be seen", { look: unread }, "go"],
    ["gone", { look: gone, status: waited }, "Cancelled TargetGone"],
    ["healthy through the soak", { look: aHealthyLook(60, 60), status: waited }, "Cancelled TargetHealthy"],
    ["healthy for a moment", { look: aHealthyLook(1, 60), status: waited }, "TargetHealthy"],
    ["healthy by its pods only is for the remedy", { look: aLook({ health: "healthy" }) }, "go"],
    [
      "healthy after something was written is verified",
      { look: aHealthyLook(60, 60), attempt: 2, status: wrote },
      "Verifying Healthy",
    ],
    [
      "edited after our write",
      { look: aLook({ edit: { by: "kubectl", at: NOW } }), attempt: 2, status: wrote },
      "Superseded ChangedByPerson",
    ],
    ["edited, and nothing written", { look: aLook({ edit: { by: "kubectl", at: NOW } }) }, "go"],
    ["on its way", { look: aLook({ health: "pending", reason: "Progressing" }), status: waited }, "Progressing"],
    [
      "a plan to wait",
      { look: aLook({ reason: "LongGrace", plan: { kind: "wait", reason: "W", message: "m" } }) },
      "LongGrace",
    ],
    ["a passing refusal", { look: decline("NodeStorm") }, "NodeStorm"],
    ["a decline is explained by the first Job", { look: decline("Why") }, "go"],
    [
      "and by no second one",
      { look: decline("Why"), attempt: 2, status: { attempts: [{ n: 1, jobName: "j", finishedAt: at(-50) }] } },
      "Declined Why",
    ],
  ])("%s", (_, given, want) => expect(said(judge(given))).toBe(want));

  it.each<[string, Look]>([
    ["healthy", aHealthyLook(60, 60)],
    ["on its way", aLook({ health: "pending" })],
    ["gone", gone],
  ])("an alert that did not have to wait gets its Job, which says the same by itself: %s", (_, look) => {
    expect(said(judge({ look }))).toBe("go");
    expect(said(judge({ look, status: waited }))).not.toBe("go");
  });

  describe("with a common cause", () => {
    const look = decline("DeadNode", { root: "node/n2" });
    const first = aSummary({
      name: "other-1",
      incident: "node/n2",
      receivedAt: NOW - 120_000,
      attempts: 1,
      phase: "Declined",
      reason: "DeadNode",
    });
    const dependent = {
      ...first,
      name: "third-1",
      target: "third",
      phase: "Blocked" as const,
      reason: "DependencyUnhealthy",
    };
    it("the first stands for the incident", () => expect(judge({ look })).toEqual({ kind: "go", incident: "node/n2" }));
    it("the others are blocked by it, with its root", () =>
      expect(judge({ look, others: [first] })).toMatchObject({
        kind: "hold",
        hold: {
          reason: "DependencyUnhealthy",
          incident: "node/n2",
          message: expect.stringMatching(/node\/n2.*other-1/),
        },
      }));
    it.each<[string, RecordSummary, string]>([
      ["of another root", { ...first, incident: "node/n3" }, "go"],
      ["that only depends, too", dependent, "go"],
      ["of the same target", { ...first, target: "agent" }, "go"],
      ["that healed", { ...first, phase: "Succeeded" }, "go"],
      ["that was cancelled", { ...first, phase: "Cancelled" }, "go"],
      ["long ago", { ...first, receivedAt: NOW - 20 * 60_000 }, "go"],
      ["that is at work", { ...first, phase: "Running", inFlight: true }, "DependencyUnhealthy"],
    ])("after one %s", (_, other, want) => expect(said(judge({ look, others: [other] }))).toBe(want));
    it("what can be repaired is repaired", () =>
      expect(said(judge({ look: aLook({ root: "node/n2" }), others: [first] }))).toBe("go"));
    it("the root itself goes on", () =>
      expect(
        said(
          judge({
            look: decline("Why", { root: "daemonset/kube-system/agent" }),
            others: [{ ...first, incident: "daemonset/kube-system/agent" }],
          }),
        ),
      ).toBe("go"));
    it("a refusal because of a root is of its incident", () =>
      expect(judge({ look: decline("DependencyUnhealthy", { root: "node/n2" }) })).toMatchObject({
        hold: { reason: "DependencyUnhealthy", incident: "node/n2" },
      }));
  });
});

describe("mode observe", () => {
  const observe = (more: Case) => judge({ mode: "observe", ...more });
  it.each<[string, Case, string]>([
    ["a foreign Job is not started", { ours: false }, "ObserveMode"],
    ["ours is looked at", {}, "look"],
    ["ours would act", { look: aLook() }, "ObserveMode"],
    ["not to be seen", { look: unread }, "ObserveMode"],
    ["healthy for a moment", { look: aHealthyLook(1, 60) }, "TargetHealthy"],
    ["healed by itself", { look: aHealthyLook(60, 60) }, "Cancelled TargetHealthy"],
    ["gone", { look: gone }, "Cancelled TargetGone"],
    ["resolved", { status: resolved, ours: false }, "Cancelled AlertResolved"],
    ["pause comes first", { standstill: paused, look: aLook() }, "Paused"],
  ])("%s", (_, given, want) => expect(said(observe(given))).toBe(want));
  it("never starts anything, whatever is seen", () => {
    const looks = [
      aLook(),
      aLook({ health: "healthy" }),
      aLook({ health: "pending" }),
      unread,
      gone,
      aHealthyLook(60, 60),
    ];
    for (const look of looks) for (const attempt of [1, 2]) expect(observe({ look, attempt }).kind).not.toBe("go");
  });
  it("keeps what would have been done", () =>
    expect(observe({ look: aLook() })).toMatchObject({
      hold: { message: expect.stringContaining("would act: Delete pod a.") },
    }));
  it.each([
    ["by itself", aHealthyLook(60, 60), "self-healed"],
    ["by a person", aHealthyLook(60, 60, { edit: { by: "kubectl", at: NOW } }), "changed-by-person"],
  ])("keeps what happened without us: %s", (_, look, outcome) =>
    expect(observe({ look })).toMatchObject({ status: { outcome } }),
  );
});
