import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, Table } from "./fold.ts";
import { fold, rowsOf, rowsText, unfold } from "./fold.ts";

/** As it is after storage. */
function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Rows like those of a fleet: mostly of one shape, with odd names and odd numbers. */
const rows = fc.array(
  fc.oneof(
    fc.record({
      name: fc.string(),
      at: fc.maxSafeInteger(),
      same: fc.constant({ a: [1, 2] }),
      list: fc.array(fc.nat()),
    }),
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom("__proto__", "constructor", "1", "0", "b"), fc.jsonValue()),
  ),
  { maxLength: 40 },
) as fc.Arbitrary<Json[]>;

describe("fold", () => {
  it("loses nothing, the order of members included", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const values = stored(given);
        expect(JSON.stringify(unfold(stored(fold(values))))).toBe(JSON.stringify(values));
      }),
      { seed: 20_260_101 },
    );
  });

  it("keeps once what all rows share, and numbers as differences", () => {
    const values = [1000, 1005, 1003].map((at, n) => ({ name: `p${n}`, at, taints: [{ key: "a" }] }));
    expect(fold(values)).toEqual({
      count: 3,
      column: {
        fields: [
          ["name", { values: ["p0", "p1", "p2"] }],
          ["at", { deltas: [1000, 5, -2] }],
          ["taints", { same: [{ key: "a" }] }],
        ],
      },
    });
  });
});

describe("rows as text", () => {
  it.each<[number[], string]>([
    [[], ""],
    [[0, 1, 2, 3], "0-3"],
    [[5, 6, 0, 2], "5-6,0,2"],
  ])("%j is %j", (given, text) => {
    expect(rowsText(given)).toBe(text);
    expect(rowsOf(text, 9)).toEqual(given);
  });

  it.each(["x", "-1", "3-1", "9", "0-9", "1,", " 1", "1e3", "99999999999"])("%j is refused", (text) => {
    expect(() => rowsOf(text, 9)).toThrow(RangeError);
  });
});

it.each<[string, Table]>([
  ["a column that is too short", { count: 2, column: { values: [1] } }],
  ["a count that no list has", { count: -1, column: { same: 1 } }],
  ["more rows than memory", { count: 4e9, column: { same: 1 } }],
  ["rows beyond the list", { count: 1, column: { groups: [{ rows: "0-5", column: { same: 1 } }] } }],
  ["too many values", { count: 900_000, column: { items: Array.from({ length: 50 }, () => ({ same: 1 })) } }],
])("does not unfold %s", (_name, table) => {
  expect(() => unfold(table)).toThrow(RangeError);
});
