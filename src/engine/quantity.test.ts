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
    ["1.5E+3", 1500],
    ["12e12", 12e12],
    ["3P", 3e15],
    ["3T", 3e12],
    ["3M", 3e6],
    ["3Ki", 3072],
    ["1Ti", 2 ** 40],
    ["1Pi", 2 ** 50],
    ["1Ei", 2 ** 60],
    ["x1", 0],
    ["1.5.5", 0],
    ["1 Gi", 0],
  ])("%s is %d", (quantity, amount) => {
    expect(amountOf(quantity)).toBeCloseTo(amount, 10);
  });
});
