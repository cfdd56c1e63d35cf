import { describe, expect, it } from "vitest";
import { anIntent, MINUTE, NOW, settings } from "../../../test/support/daemonset-builders.ts";
import type { Given } from "../../../test/support/guard-input.ts";
import { aPlan, deletion, input, restart, rollback, say, touch } from "../../../test/support/guard-input.ts";
import { settingsFor } from "../settings.ts";
import type { ForeignIntent, Intent } from "../types.ts";
import { deletionsLeft } from "./cluster-budget.ts";
import type { GuardResult } from "./guard.ts";
import { judge } from "./index.ts";

function other(overrides: Partial<Intent> = {}): ForeignIntent {
  return { ...anIntent({ uid: "uid-other", node: "far", ...overrides }), target: "DaemonSet/logging/shipper" };
}

/** One each minute, the newest ten minutes ago. */
function deletions(count: number): ForeignIntent[] {
  return Array.from({ length: count }, (_, index) => other({ node: `m${index}`, at: NOW - (10 + index) * MINUTE }));
}

const nine = [deletion("n2"), deletion("n3"), deletion("n4")] as const;

describe("ClusterBudget", () => {
  it.each<[string, Given, GuardResult["kind"]]>([
    ["nothing yet", {}, "pass"],
    ["nineteen deletions, and one more", { others: deletions(19) }, "pass"],
    ["twenty", { others: deletions(20) }, "veto"],
    ["seventeen and a wave of four", { others: deletions(17), plan: aPlan(deletion("n1"), ...nine) }, "veto"],
    ["sixteen and a wave of four", { others: deletions(16), plan: aPlan(deletion("n1"), ...nine) }, "pass"],
    ["our own count, too", { others: deletions(19), intents: [anIntent()] }, "veto"],
    ["older than an hour", { others: deletions(20).map((each) => ({ ...each, at: NOW - 60 * MINUTE })) }, "pass"],
    ["deletions do not stop a template", { others: deletions(20), plan: aPlan(rollback) }, "pass"],
    ["a template was written", { others: [other({ kind: "rollback", node: "" })], plan: aPlan(restart) }, "veto"],
    ["by ourselves", { intents: [anIntent({ kind: "restart", node: "" })], plan: aPlan(rollback) }, "veto"],
    [
      "an hour ago",
      { others: [other({ kind: "rollback", node: "", at: NOW - 60 * MINUTE })], plan: aPlan(rollback) },
      "pass",
    ],
    ["a template does not stop a deletion", { others: [other({ kind: "rollback", node: "" })] }, "pass"],
    ["pace fast does not count", { others: deletions(30), settings: settingsFor("fast") }, "pass"],
    ["another pod on the node is on its way", { others: [other({ node: "n1", at: NOW - 4 * MINUTE })] }, "veto"],
    ["it had its time", { others: [other({ node: "n1", at: NOW - 5 * MINUTE })] }, "pass"],
    ["on another node", { others: [other({ node: "n2", at: NOW - MINUTE })] }, "pass"],
    [
      "a template write there is no deletion in flight",
      { others: [other({ kind: "restart", node: "n1", at: NOW - MINUTE })] },
      "pass",
    ],
    ["the other ledgers cannot be read", { others: undefined }, "not-evaluated"],
    ["and our own are too many", { others: undefined, intents: deletions(20) }, "veto"],
  ])("%s", (_name, given, want) => {
    expect(say("ClusterBudget", given).kind).toBe(want);
  });

  it("says the numbers and when the next may be", () => {
    expect(say("ClusterBudget", { others: deletions(21) })).toMatchObject({
      reason: "ClusterBudgetExhausted",
      // The two oldest were 30 and 29 minutes ago.
      message: expect.stringMatching(/21 of 20 deletions.*2026-01-15T12:31:00/),
    });
    expect(say("ClusterBudget", { others: [other({ node: "n1", at: NOW - MINUTE })] })).toMatchObject({
      reason: "NodeBusy",
      message: expect.stringMatching(/DaemonSet\/logging\/shipper on n1 was deleted 60 s ago.*2026-01-15T12:04:00/),
    });
  });

  it("a template: from when the last one that is too many is older than an hour", () => {
    const written = (minutesAgo: number) => other({ kind: "rollback", node: "", at: NOW - minutesAgo * MINUTE });
    const others = [written(20), written(50), written(70), ...deletions(3)];
    expect(say("ClusterBudget", { others, plan: aPlan(rollback) })).toEqual({
      kind: "veto",
      reason: "ClusterBudgetExhausted",
      message:
        "A template was already written (limit 1) in this cluster within an hour; the next one may be at 2026-01-15T12:40:00.000Z. So many repairs at once have a cause that they share: look for it first.",
    });
  });

  it("a plan that deletes nothing is not held up by deletions, one that writes no template not by templates", () => {
    expect(say("ClusterBudget", { others: deletions(25), plan: aPlan(touch) })).toEqual({ kind: "pass" });
    const templates = [other({ kind: "rollback", node: "" }), ...deletions(19)];
    expect(say("ClusterBudget", { others: templates })).toEqual({ kind: "pass" });
    expect(say("ClusterBudget", { others: templates, plan: aPlan(touch) })).toEqual({ kind: "pass" });
  });

  it("our own deletion on the node is the plan's matter, another target's on a second node of the wave this one's", () => {
    const intents = [anIntent({ node: "n1", at: NOW - MINUTE })];
    expect(say("ClusterBudget", { intents })).toEqual({ kind: "pass" });
    const others = [other({ node: "n2", at: NOW - MINUTE })];
    expect(say("ClusterBudget", { others, plan: aPlan(deletion("n1"), deletion("n2")) })).toMatchObject({
      reason: "NodeBusy",
    });
  });

  it("what cannot be read narrows to one pod", () => {
    expect(judge(input({ others: undefined })).veto).toBeUndefined();
    expect(judge(input({ others: undefined, plan: aPlan(rollback) })).veto).toMatchObject({
      reason: "NotEvaluated",
      message: expect.stringContaining("list leases"),
    });
  });
});

describe("deletionsLeft", () => {
  it.each([
    [0, 20],
    [19, 1],
    [20, 0],
    [25, 0],
  ])("after %d: %d", (done, want) => {
    expect(deletionsLeft({ intents: [], others: deletions(done), settings, at: NOW })).toBe(want);
    expect(deletionsLeft({ intents: deletions(done), others: undefined, settings, at: NOW })).toBe(want);
  });

  it("template writes and what is older than an hour do not count", () => {
    const others = [other({ kind: "restart" }), other({ at: NOW - 60 * MINUTE }), other({ at: NOW - 60 * MINUTE + 1 })];
    expect(deletionsLeft({ intents: [], others, settings, at: NOW })).toBe(19);
  });
});
