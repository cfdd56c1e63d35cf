import { describe, expect, it } from "vitest";
import { readMatchers } from "./matcher.ts";

function matchersIn(text: string) {
  const read = readMatchers(text);
  if (read.kind === "error") throw new Error(read.message);
  return read.matchers;
}

/** A label that is not there is "". */
const holds = (text: string, labels: Record<string, string>) =>
  matchersIn(text).every((matcher) => matcher.fits(labels[matcher.name] ?? ""));

describe("readMatchers reads what Alertmanager reads", () => {
  it.each<[string, [string, string, string][]]>([
    ['name="value"', [["name", "=", "value"]]],
    ["name=value", [["name", "=", "value"]]],
    ['  name  !=  "a b"  ', [["name", "!=", "a b"]]],
    ["name = a b ", [["name", "=", "a b"]]],
    ["name=", [["name", "=", ""]]],
    ['name=""', [["name", "=", ""]]],
    ['n=~"a|b"', [["n", "=~", "a|b"]]],
    ["n!~a.*", [["n", "!~", "a.*"]]],
    [
      '{a="1",b!="2"}',
      [
        ["a", "=", "1"],
        ["b", "!=", "2"],
      ],
    ],
    [
      'a="1", b=~"x,{y}" ,',
      [
        ["a", "=", "1"],
        ["b", "=~", "x,{y}"],
      ],
    ],
    ['"odd.name {x}"="v"', [["odd.name {x}", "=", "v"]]],
    ["ns:name=x", [["ns:name", "=", "x"]]],
    ["straße=ü", [["straße", "=", "ü"]]],
    ['a="say \\"hi\\" \\\\ \\n"', [["a", "=", 'say "hi" \\ \n']]],
    ['a=~"\\d+\\.x"', [["a", "=~", "\\d+\\.x"]]],
    ["a=~\\d+", [["a", "=~", "\\d+"]]],
    ["a==b", [["a", "=", "=b"]]],
  ])("%s", (text, want) => {
    expect(matchersIn(text).map(({ name, operator, value }) => [name, operator, value])).toEqual(want);
  });

  it.each([
    ["", "does not begin with the name"],
    ["{}", "does not begin with the name"],
    ["name", "no operator"],
    ["=value", "does not begin with the name"],
    ['"="x"', "no operator"],
    ["name>1", "no operator"],
    ['name="open', "never closed"],
    ['"open=x', "never closed"],
    ['name="a"b', "too much"],
    ['name=a"b"', "too much"],
    ['{a="1"', "brace"],
    ['a="1"}', "brace"],
    ["a=~x{2}", "brace"],
    ['a="1" b="2"', "too much"],
    [",a=b", "does not begin with the name"],
  ])("%s cannot be read, and why is said", (text, why) => {
    expect(readMatchers(text)).toMatchObject({ kind: "error", message: expect.stringContaining(why) });
  });

  it.each([
    "(?=a)b",
    "(?!a)b",
    "(?<=a)b",
    "(a)\\1",
    "(?>a)",
    "a++",
    "a{1001}",
    "((a{100}){100}){100}",
    "(",
    "[",
    "*",
    "\\Z",
  ])("RE2 does not know %s", (expression) => {
    const read = readMatchers(`a=~"${expression}"`);
    expect(read).toMatchObject({ kind: "error", message: expect.stringMatching(/cannot be read: .*RE2/) });
  });
});

describe("a matcher", () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['a="x"', { a: "x" }, true],
    ['a="x"', { a: "xy" }, false],
    ['a="x"', {}, false],
    ['a=""', {}, true],
    ['a!=""', {}, false],
    ['a!="x"', {}, true],
    ['a=~"x|y"', { a: "y" }, true],
    ['a=~"x|y"', { a: "xy" }, false],
    ['a=~"x"', { a: "axb" }, false],
    ['a=~"x.*"', { a: "x\ny" }, false],
    ['a=~"(?s)x.*"', { a: "x\ny" }, true],
    ['a=~"x"', { a: "x\n" }, false],
    ['a=~".*"', {}, true],
    ['a=~".+"', {}, false],
    ['a=~"(?i)X"', { a: "x" }, true],
    ['a=~"\\pL🙂"', { a: "ü🙂" }, true],
    ['a!~"x.*"', { a: "xy" }, false],
    ['a!~"x.*"', {}, true],
    ['a="1",b="2"', { a: "1", b: "2" }, true],
    ['a="1",b="2"', { a: "1", b: "3" }, false],
  ])("%s about %j: %s", (text, labels, want) => expect(holds(text, labels)).toBe(want));

  // JavaScript's own engine needs longer than the universe for these; the suite's time limit is the assertion.
  it.each(["(a+)+b", "(a|aa)+c", "(.*a){20}b", "(a*)*b"])("takes linear time: %s", (expression) => {
    expect(holds(`a=~"${expression}"`, { a: "a".repeat(16_000) })).toBe(false);
  });

  it("fits no value that is too long to be compared, not even when negated", () => {
    const a = "x".repeat(100_000);
    expect([holds('a=~".*"', { a }), holds('a!~"y"', { a }), holds('a!="y"', { a })]).toEqual([false, false, true]);
  });
});
