import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anObservation, NOW } from "../../test/support/daemonset-builders.ts";
import { aPlan, rollback } from "../../test/support/guard-input.ts";
import { awaitingApproval, declined, interrupted, recovered, waiting } from "./endings.ts";
import { exitCode, lastPlan, mainFinding, terminationMessage } from "./outcome.ts";
import type { Look } from "./run-types.ts";
import { VERDICTS } from "./termination.ts";
import type { Diagnosis, Finding, ObservationBase, Plan, PlanMark, Verdict } from "./types.ts";

describe("exit codes", () => {
  it.each<[Verdict["kind"], string, number]>([
    ["recovered", "Recovered", 0],
    ["recovered", "NothingToDo", 0],
    ["partial", "AlreadyTried", 1],
    ["waiting", "Soaking", 1],
    ["awaiting-approval", "ApprovalRequired", 1],
    ["failed", "Unknown", 1],
    ["failed", "Interrupted", 3],
    ["declined", "NodeDown", 4],
    ["declined", "DryRun", 0],
  ])("%s (%s): %d", (kind, reason, want) => {
    expect(exitCode({ kind, reason, message: "" })).toBe(want);
  });
});

describe("the verdict", () => {
  it("says whether anything was done", () => {
    expect(recovered("All 4 pods run.", 61_400, true)).toMatchObject({
      reason: "Recovered",
      message: "All 4 pods run. It has stayed so for 61 s.",
    });
    expect(recovered("All 4 pods run.", 61_400, false)).toMatchObject({
      reason: "NothingToDo",
      message: "All 4 pods run. Nothing had to be done; it has been so for 61 s.",
    });
    expect(waiting("Soaking", "m", 5)).toEqual({ kind: "waiting", reason: "Soaking", message: "m", recheckAfterMs: 5 });
    expect(declined("NodeDown", "m").kind).toBe("declined");
    expect(interrupted().reason).toBe("Interrupted");
  });

  it("that awaits approval names the plan", () => {
    const step = { kind: "restart" as const, reason: "r", summary: "restart it" };
    const plan = {
      kind: "act" as const,
      reason: "r",
      message: "Why.",
      steps: [step, step] as const,
      more: false,
      needsApproval: true,
      fence: { uid: "u", generation: 1, templateHash: "t" },
      digest: "abc",
      notes: { delete: "", template: "" },
    };
    expect(awaitingApproval({ ...plan, steps: [step, step] })).toEqual({
      kind: "awaiting-approval",
      reason: "ApprovalRequired",
      message: "Why. Proposed: restart it; restart it.",
      planDigest: "abc",
    });
  });
});

describe("the main finding", () => {
  const finding = (reason: string): Finding => ({
    cause: "C01",
    reason,
    message: "",
    evidence: [],
    pods: [],
    nodes: [],
    commands: [],
  });
  const look = (diagnosis: Diagnosis) => ({ observation: anObservation(), diagnosis, plan: undefined });
  const ill = (reason: string) => look({ kind: "unhealthy", reason, message: "", findings: [finding(reason)] });
  const well = look({ kind: "healthy", reason: "Healthy", message: "" });
  const moving = look({
    kind: "pending",
    reason: "Progressing",
    message: "",
    recheckAfterMs: 1,
    onlyLater: false,
    findings: [],
  });

  it.each([
    ["what was acted on", { actedOn: ill("a"), last: ill("l"), first: ill("f") }, "a"],
    ["else the last", { actedOn: undefined, last: ill("l"), first: ill("f") }, "l"],
    ["else the first", { actedOn: undefined, last: well, first: ill("f") }, "f"],
    ["else none", { actedOn: undefined, last: well, first: moving }, undefined],
    ["of no look", { actedOn: undefined, last: undefined, first: undefined }, undefined],
  ])("%s", (_name, looks, want) => {
    expect(mainFinding(looks)?.reason).toBe(want);
  });
});

describe("the plan of the last look", () => {
  const observation = anObservation();
  const diagnosis: Diagnosis = { kind: "healthy", reason: "Healthy", message: "" };
  const notes = { delete: "", template: "" };
  const wait: Plan = { kind: "wait", reason: "Progressing", message: "", recheckAfterMs: 1, notes };
  const plan = aPlan(rollback);
  const declined: Verdict = { kind: "declined", reason: "PolicyUnreadable", message: "" };
  const waiting: Verdict = { kind: "waiting", reason: "Soaking", message: "" };
  const veto = { name: "SelfNode", result: { kind: "veto", reason: "SelfNode", message: "" } } as const;
  const passed = { name: "OptOut", result: { kind: "pass" } } as const;

  it.each<[string, Partial<Look<ObservationBase>>, Verdict, PlanMark | undefined]>([
    ["to act", { plan, guards: [passed] }, waiting, { kind: "act", reason: "r", digest: "d" }],
    ["that a guard forbids", { plan, guards: [passed, veto] }, declined, { kind: "decline", reason: "SelfNode" }],
    ["to wait", { plan: wait }, waiting, { kind: "wait", reason: "Progressing" }],
    ["that may not even be made", {}, declined, { kind: "decline", reason: "PolicyUnreadable" }],
    ["that was not needed", {}, waiting, undefined],
  ])("%s", (_name, last, verdict, want) => {
    expect(lastPlan({ last: { observation, diagnosis, plan: undefined, ...last }, verdict })).toEqual(want);
  });

  it("of no look", () => {
    expect(lastPlan({ last: undefined, verdict: declined })).toBeUndefined();
  });
});

describe("the termination message", () => {
  const verdict: Verdict = { kind: "declined", reason: "NodeDown", message: "Node n1 does not answer." };

  it("is what the server reads", () => {
    const text = terminationMessage(
      { ...verdict, planDigest: "abc", recheckAfterMs: 1500 },
      {
        cause: "C16",
        writes: ["deleted a"],
        lastWriteAt: NOW,
        fingerprint: "f",
        kept: { receiptDigest: "abc", receipt: "agent-1-1" },
      },
    );
    expect(JSON.parse(text)).toEqual({
      schema: "operarius.openfero.io/termination/v1",
      verdict: "declined",
      reason: "NodeDown",
      sentence: "Node n1 does not answer.",
      cause: "C16",
      planDigest: "abc",
      recheckAfterSeconds: 2,
      writes: ["deleted a"],
      lastWriteAt: "2026-01-15T12:00:00.000Z",
      fingerprint: "f",
      receiptDigest: "abc",
      receipt: "agent-1-1",
    });
  });

  it("keeps ten writes", () => {
    const writes = Array.from({ length: 30 }, (_, i) => `write ${i}`);
    expect(JSON.parse(terminationMessage(verdict, { cause: "none", writes }))).toMatchObject({
      writes: writes.slice(0, 10),
    });
  });

  it.each([
    ["long", "x".repeat(100_000)],
    ["three bytes a character", "漢".repeat(5000)],
    ["four bytes, two units", "🛠".repeat(5000)],
    ["six bytes once escaped", "\u0001".repeat(5000)],
    ["quotes and backslashes", '"\\'.repeat(5000)],
    ["half a character", "\ud800".repeat(5000)],
  ])("fits into 3072 bytes: %s", (_name, text) => {
    const message = terminationMessage(
      { ...verdict, message: text },
      {
        cause: "C01",
        writes: Array.from({ length: 30 }, () => text),
        kept: { receiptDigest: "a".repeat(64), receiptProblem: text },
      },
    );
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(3072);
    expect(JSON.parse(message)).toMatchObject({ verdict: "declined", reason: "NodeDown" });
    expect(JSON.parse(message).sentence.length).toBeGreaterThan(50);
  });

  it("fits whatever is said", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 3000 });
    fc.assert(
      fc.property(fc.constantFrom(...VERDICTS), text, fc.array(text, { maxLength: 12 }), (kind, message, writes) => {
        const result = terminationMessage({ kind, reason: "Reason", message }, { cause: "C01", writes });
        expect(Buffer.byteLength(result)).toBeLessThanOrEqual(3072);
        expect(JSON.parse(result)).toMatchObject({ verdict: kind });
      }),
      { numRuns: 60 },
    );
  });
});
