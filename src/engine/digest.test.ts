import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, digest } from "./digest.ts";

describe("canonicalJson", () => {
  it.each<[unknown, string]>([
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [{ a: null, b: undefined, c: [null, undefined] }, '{"c":[null,null]}'],
    [{ a: { d: [], c: {} } }, '{"a":{"c":{},"d":[]}}'],
    ['é"\n', '"é\\"\\n"'],
    [undefined, "null"],
    [null, "null"],
    [0, "0"],
    [false, "false"],
  ])("%j", (value, want) => expect(canonicalJson(value)).toBe(want));

  it("depends on the order of lists, not on that of keys", () => {
    expect(digest([1, 2])).not.toBe(digest([2, 1]));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(digest(reversed)).toBe(digest(value));
      }),
    );
  });

  it("reads back as what it was, but for null members", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });
});

describe("digest", () => {
  it("has the length asked for", () => {
    expect(digest({})).toMatch(/^[0-9a-f]{64}$/);
    expect(digest({}, 16)).toBe(digest({}).slice(0, 16));
  });
});
