import { describe, expect, it } from "vitest";
import { anIntent, HOUR, MINUTE, NOW, UID } from "../../../test/support/daemonset-builders.ts";
import { aPlan, deletion, restart, say } from "../../../test/support/guard-input.ts";
import type { Intent } from "../types.ts";
import type { ActPlan, GuardResult } from "./guard.ts";

/** Repairs of different troubles. */
function at(...hoursAgo: number[]): Intent[] {
  return hoursAgo.map((hours, i) => anIntent({ at: NOW - hours * HOUR, node: `n${i}`, trouble: `Trouble${i}` }));
}

/** Of three pods each, all against the same trouble. */
function waves(...minutesAgo: number[]): Intent[] {
  return minutesAgo.flatMap((ago, wave) =>
    [0, 1, 2].map((i) => anIntent({ at: NOW - ago * MINUTE, node: `n${wave}-${i}` })),
  );
}

function fenced(plan: ActPlan): ActPlan {
  return { ...plan, fence: { uid: UID, generation: 2, templateHash: "template-2" } };
}

function restarts(minutesAgo: number, trouble = "StrategyRestart"): Intent {
  return anIntent({ kind: "restart", node: "", pod: "", trouble, at: NOW - minutesAgo * MINUTE });
}

describe("Budget", () => {
  it.each<[string, Intent[], GuardResult["kind"]]>([
    ["nothing yet", [], "pass"],
    ["two repairs", at(1, 2), "pass"],
    ["three repairs", at(1, 2, 3), "veto"],
    ["one of them is older than four hours", at(1, 2, 4), "pass"],
    ["one wave of many is one", at(1, 1, 1, 1, 1).map((intent) => ({ ...intent, trouble: "CrashLoop" })), "pass"],
    ["another target's do not count", at(1, 2, 3).map((intent) => ({ ...intent, uid: "other" })), "pass"],
    ["a canary and seven waves, ten minutes apart, and the next", waves(80, 70, 60, 50, 40, 30, 20, 10), "pass"],
    ["in whatever order they were noted", waves(10, 80, 40, 20, 60, 70, 30, 50), "pass"],
    ["waves an hour apart are repairs of their own", waves(190, 130, 70), "veto"],
    ["in whatever order, too", waves(70, 130, 190), "veto"],
    ["the next wave of the third repair", [...at(2, 3), ...waves(10)], "pass"],
    ["half an hour after it", [...at(2, 3), ...waves(30)], "pass"],
    ["a fourth repair", [...at(2, 3), ...waves(35)], "veto"],
    ["the same trouble of another template", waves(10, 20).map((i, n) => ({ ...i, templateHash: `t${n}` })), "veto"],
    ["a restart is another repair than a deletion", [...at(2, 3), restarts(10, "CrashLoop")], "veto"],
  ])("%s", (_name, intents, want) => {
    expect(say("Budget", { intents, plan: fenced(aPlan(deletion("n9"))) }).kind).toBe(want);
  });

  it("a deletion belongs to the trouble that it is against, a template write to its reason", () => {
    const plan = fenced(aPlan(deletion("n9", { reason: "OnThisNode", trouble: "CrashLoop" })));
    expect(say("Budget", { intents: [...at(2, 3), ...waves(10)], plan })).toEqual({ kind: "pass" });
    const again = fenced(aPlan(restart));
    expect(say("Budget", { intents: [...at(2, 3), restarts(10)], plan: again })).toEqual({ kind: "pass" });
    expect(say("Budget", { intents: [...at(2, 3), restarts(10, "Other")], plan: again }).kind).toBe("veto");
  });

  it.each<[string, Intent[], ActPlan, string]>([
    [
      "how many there were and when the next may be",
      at(1, 2, 3),
      aPlan(deletion("n1")),
      "The target was already repaired 3 times within 4 h; the limit is 3, and the next one may be at 2026-01-15T13:00:00.000Z. Something brings the trouble back.",
    ],
    [
      "when there is room for all that is planned",
      at(1, 2, 3),
      aPlan(deletion("n1"), restart),
      "The target was already repaired 3 times within 4 h; the limit is 3, and the next one may be at 2026-01-15T14:00:00.000Z. Something brings the trouble back.",
    ],
    [
      "that waiting does not help where the plan alone is too much",
      [],
      aPlan(
        deletion("A", { trouble: "A" }),
        deletion("B", { trouble: "B" }),
        deletion("C", { trouble: "C" }),
        deletion("D"),
      ),
      "The plan has 4 repairs that were not begun; the limit is 3 within 4 h. So many different troubles at once have a cause that they share: look for it first.",
    ],
  ])("says %s", (_name, intents, plan, message) => {
    expect(say("Budget", { intents, plan })).toEqual({ kind: "veto", reason: "BudgetExhausted", message });
  });
});
