import { describe, expect, it } from "vitest";
import { sourceFiles } from "../../test/support/source-files.ts";
import { isCap, isPassing, isTransient } from "./reasons.ts";

const known = [
  "BudgetExhausted",
  "ClusterBudgetExhausted",
  "DependencyUnhealthy",
  "NodeStorm",
  "Paused",
  "PauseUnreadable",
  "TargetLocked",
];

describe("reasons", () => {
  it.each(known)("%s passes", (reason) => expect([isPassing(reason), isTransient(reason)]).toEqual([true, false]));
  it("caps pass, too", () =>
    expect(["BudgetExhausted", "ClusterBudgetExhausted"].map((each) => isCap(each) && isPassing(each))).toEqual([
      true,
      true,
    ]));
  it("a decline of a diagnosis does neither", () =>
    expect([isPassing("NodeDead"), isTransient("NodeDead"), isCap("NodeDead")]).toEqual([false, false, false]));
  it.each(known)("%s is said by the engine or a remedy", (reason) =>
    expect(
      sourceFiles("src").some(
        ({ path, text }) =>
          /^src\/(engine|remedies)\//.test(path) && !path.includes(".test.") && text.includes(`"${reason}"`),
      ),
    ).toBe(true),
  );
});
