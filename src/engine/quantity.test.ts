import { describe, expect, it } from "vitest";
import { amountOf } from "./quantity.ts";

describe("the amount of a quantity", () => {
  it.each<[string | number | undefined, number]>([
    ["100Mi", 100 * 2 ** 20],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["2G", 2e9],
    ["3E", 3e18],
    ["250m", 0.25],
    ["100n", 1e-7],
    ["5u", 5e-6],
    ["1e3", 1000],
    ["1E3", 1000],
    ["2e-1", 0.2],
    ["+4k", 4000],
    [".5", 0.5],
    ["7.", 7],
    [12, 12],
    ["", 0],
    [undefined, 0],
    ["-1", 0],
    ["1Xi", 0],
    ["many", 0],
    ["1 Gi", 0],
  ])("%s is %d", (quantity, amount) => {
    expect(amountOf(quantity)).toBeCloseTo(amount, 10);
  });
});
