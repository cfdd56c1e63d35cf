import { describe, expect, it } from "vitest";
import { createBackOff } from "./back-off.ts";

describe("back-off", () => {
  it("doubles its range up to the cap, draws from all of it, and starts over after a success", () => {
    const high = createBackOff({ baseMs: 500, capMs: 3000, random: () => 1 });
    expect([1, 2, 3, 4, 5].map(() => high.next())).toEqual([500, 1000, 2000, 3000, 3000]);
    high.reset();
    expect(high.next()).toBe(500);
    const low = createBackOff({ baseMs: 500, capMs: 3000, random: () => 0 });
    expect([1, 2, 3].map(() => low.next())).toEqual([50, 50, 50]);
  });

  it("stays finite however long it goes on", () => {
    const backOff = createBackOff({ baseMs: 1, capMs: 1000, random: () => 1 });
    for (let count = 0; count < 5000; count += 1) backOff.next();
    expect(backOff.next()).toBe(1000);
  });
});
