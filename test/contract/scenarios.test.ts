/** Every scenario of the specification exists, once, and none can pass without saying what it expects. */
import { expect, it } from "vitest";
import { scenarios } from "../scenarios/daemonset-rollout/index.ts";

it("covers S01 to S22", () => {
  const numbers = new Set(scenarios.map(({ id }) => id.slice(0, 3)));
  const wanted = Array.from({ length: 22 }, (_, index) => `S${String(index + 1).padStart(2, "0")}`);
  expect(wanted.filter((id) => !numbers.has(id))).toEqual([]);
});

it("has no two of the same name", () => {
  expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
});

it.each(scenarios.map((scenario) => [scenario.id, scenario] as const))("%s: only S21 and R restart", (id, { runs }) => {
  const restarts = runs.flatMap(({ expect: { writes } }) => writes).filter((words) => words.includes("restart"));
  if (id !== "S21" && !id.startsWith("R")) expect(restarts).toEqual([]);
  for (const run of runs) if (run.expect.exit === 4) expect(run.expect.writes).toEqual([]);
});
