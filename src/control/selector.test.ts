import { describe, expect, it } from "vitest";
import { isSelector, matchesSelector } from "./selector.ts";

describe("a selector as kubectl writes it", () => {
  const labels = { team: "a", tier: "web", "example.com/heal": "", on: "true" };
  it.each<[string, boolean]>([
    ["", true],
    ["  ", true],
    ["team=a", true],
    ["team==a", true],
    ["team = a", true],
    ["team=b", false],
    ["none=a", false],
    ["team!=b", true],
    ["team!=a", false],
    ["none!=a", true],
    ["team", true],
    ["none", false],
    ["!none", true],
    ["!team", false],
    ["example.com/heal", true],
    ["example.com/heal=", true],
    ["team in (a,b)", true],
    ["team in ( b , c )", false],
    ["none in (a)", false],
    ["team notin (b,c)", true],
    ["team notin (a)", false],
    ["none notin (a)", true],
    ["team in (a,b),tier=web,!none", true],
    ["team in (a,b),tier=db", false],
  ])("%j: %s", (selector, want) => {
    expect(isSelector(selector)).toBe(true);
    expect(matchesSelector(selector, labels)).toBe(want);
  });
  it.each([
    "team=a,",
    ",",
    "team in",
    "team in (a",
    "team in a",
    "=a",
    "team=a b",
    "te am",
    "team>1",
    "team in (a,$)",
    "constructor=a,=",
  ])("%j cannot be read, and selects nothing", (selector) => {
    expect(isSelector(selector)).toBe(false);
    expect(matchesSelector(selector, labels)).toBe(false);
  });
  it.each(["constructor", "toString"])("%s is no label because objects have it", (name) => {
    expect(matchesSelector(name, {})).toBe(false);
    expect(matchesSelector(`!${name}`, {})).toBe(true);
  });
});
