import { describe, expect, it } from "vitest";
import { anIntent, MINUTE, NOW, settings } from "../../../test/support/daemonset-builders.ts";
import type { Given } from "../../../test/support/guard-input.ts";
import { aPlan, deletion, input, restart, rollback, say } from "../../../test/support/guard-input.ts";
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
  });
});
