import { describe, expect, it } from "vitest";
import { createSimilarEvents } from "./similar-events.ts";
import { slowStart } from "./slow-start.ts";

describe("similar events", () => {
  it("are combined from the eleventh different message on, per group", () => {
    const similar = createSimilarEvents();
    const told = Array.from({ length: 12 }, (_, index) => similar.combine("g", `m${index}`, 0));
    expect(told.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined));
    expect(told.slice(10)).toEqual(["(combined from similar events): m10", "(combined from similar events): m11"]);
    expect(similar.combine("g", "m3", 0)).toBeUndefined();
    expect(similar.combine("other", "m99", 0)).toBeUndefined();
  });

  it("start over after ten quiet minutes", () => {
    const similar = createSimilarEvents();
    for (let index = 0; index < 11; index++) similar.combine("g", `m${index}`, 0);
    expect(similar.combine("g", "new", 600_001)).toBeUndefined();
  });
});

describe("slow start", () => {
  it.each([
    { name: "all succeed", failing: [], tried: 7 },
    { name: "the first fails", failing: [0], tried: 1 },
    { name: "one of the second batch fails", failing: [1], tried: 3 },
  ])("tries as few as it can when $name", async ({ failing, tried }) => {
    let count = 0;
    const errors = await slowStart([0, 1, 2, 3, 4, 5, 6], async (item) => {
      count++;
      await Promise.resolve();
      if (failing.includes(item)) throw new Error(`no ${item}`);
    });
    expect(count).toBe(tried);
    expect(errors).toHaveLength(failing.length);
  });
});
