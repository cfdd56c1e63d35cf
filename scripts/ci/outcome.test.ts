import { describe, expect, it, test } from "vitest";
import type { Ended, Failure, Outcome, Report } from "./outcome.ts";
import { failuresOf, lineOf, outcomeOf, reasonOf, totalOf } from "./outcome.ts";

const ended = (given: Partial<Ended>): Ended => ({ code: 0, lastLine: "", report: undefined, ...given });
const outcome = (ran: number, failed: number, ...reasons: string[]): Outcome => ({
  ran,
  failed,
  notRun: reasons.length,
  reasons,
  failures: [],
});
const reported = (given: Partial<Report>): Report => ({ passed: 0, failed: 0, notRun: [], failures: [], ...given });

describe("the outcome of a suite", () => {
  test.each<[string, Partial<Ended>, Outcome]>([
    ["a command that succeeds", {}, outcome(1, 0)],
    ["a command that fails", { code: 2 }, outcome(1, 1)],
    ["a command that a signal ended", { code: undefined }, outcome(1, 1)],
    ["one that counts", { lastLine: "ran 3, failed 0" }, outcome(3, 0)],
    ["one that counts failures", { code: 1, lastLine: "ran 3, failed 2" }, outcome(3, 2)],
    ["one that fails and counts none", { code: 1, lastLine: "ran 0, failed 0" }, outcome(1, 1)],
    ["one that could not run", { lastLine: "not run: no root" }, outcome(0, 0, "no root")],
    ["one that says so and fails", { code: 1, lastLine: "not run: no root" }, outcome(1, 1)],
    ["tests", { report: reported({ passed: 4, failed: 0 }) }, outcome(4, 0)],
    ["failed tests", { code: 1, report: reported({ passed: 4, failed: 2 }) }, outcome(6, 2)],
    ["an error outside of all tests", { code: 1, report: reported({ passed: 4, failed: 0 }) }, outcome(5, 1)],
  ])("%s", (_, given, want) => {
    expect(outcomeOf(ended(given))).toEqual(want);
  });

  it("says each reason once", () => {
    const report = reported({ passed: 1, notRun: ["no go", "no go", "no root"] });
    expect(lineOf("a", outcomeOf(ended({ report })))).toBe("a: ran 1, failed 0, not run 3 (no go; no root)");
  });
});

it("is told in one line, the total in one more", () => {
  expect(lineOf("lint", outcome(1, 0))).toBe("lint: ran 1, failed 0, not run 0");
  expect(totalOf([outcome(3, 1), outcome(0, 0, "no go"), outcome(2, 0)])).toBe("4 passed, 1 failed");
});

describe("what failed", () => {
  const told = (...failures: Failure[]): string =>
    failuresOf("cluster", outcomeOf(ended({ code: 1, report: reported({ failed: failures.length, failures }) })));

  it("is told again by name and message", () => {
    expect(told({ name: "S01", message: "expected 1 to be 2" })).toBe("cluster: S01\nexpected 1 to be 2\n");
    expect(told()).toBe("");
  });

  it("is told by its begin and its end when it is long, and six times at most", () => {
    const message = `a${"x".repeat(5_000)}z`;
    const all = told(...Array.from({ length: 8 }, (_, index) => ({ name: `S${index}`, message })));
    expect(all.length).toBeLessThan(8_000);
    expect(all).toMatch(/^cluster: S0\nax+\n {2}\.\.\.\nx+z\ncluster: S1\n/);
    expect(all).toMatch(/\ncluster: 2 more failed\n$/);
  });
});

test.each([
  ["not run: there is no go", "there is no go"],
  ["a pod is moved (the sandbox has no exec(), and no port)", "the sandbox has no exec(), and no port"],
  ["functions: quantity() (there are none)", "there are none"],
  ["later", "skipped: later"],
])("the reason in %j", (name, want) => {
  expect(reasonOf(name)).toBe(want);
});
