import { describe, expect, it } from "vitest";
import { commandLines, painter, plainText, table, wrapped } from "./layout.ts";

describe("wrapped", () => {
  it.each([
    ["short", "all is well", 80, ["all is well"]],
    ["by words", "one two three four", 9, ["one two", "three", "four"]],
    ["exactly full", "one two three", 7, ["one two", "three"]],
    ["a word that is too long keeps whole", "a verylongword b", 6, ["a", "verylongword", "b"]],
    ["what others wrote is one sentence", "a\n\tb\u001b[31mc", 80, ["a b [31mc"]],
    ["nothing", "", 10, [""]],
  ])("%s", (_name, text, width, lines) => {
    expect(wrapped(text, width)).toEqual(lines);
  });

  it("hangs what follows the first line", () => {
    expect(wrapped("one two three", 10, "  - ", "    ")).toEqual(["  - one", "    two", "    three"]);
  });

  it.each([
    [
      "a command keeps whole",
      "roll back to revision 1 (kubectl rollout undo daemonset/agent -n x --to-revision=1)",
      ["roll back to revision 1", "(kubectl rollout undo daemonset/agent -n x --to-revision=1)"],
    ],
    [
      "what follows it wraps again",
      "first kubectl get pods -n x; then look at the pods once more and again",
      ["first kubectl get pods -n x;", "then look at the pods once", "more and again"],
    ],
    [
      "quotes belong to it",
      `the command is kubectl patch x -p '{"a": "b; c) d"}'`,
      ["the command is", `kubectl patch x -p '{"a": "b; c) d"}'`],
    ],
    [
      "the name alone is a word",
      "kubectl is what people use to look at it",
      ["kubectl is what people use to look at it"],
    ],
  ])("%s", (_name, text, lines) => {
    expect(wrapped(text, 30)).toEqual(lines);
  });

  it("does not wrap where there is no width", () => {
    expect(wrapped("one two ".repeat(50), Number.POSITIVE_INFINITY)).toHaveLength(1);
  });
});

describe("commandLines", () => {
  it("keeps a comment beside the command where there is room, else above it, wrapped", () => {
    const text = "kubectl describe node n1   # drain it, or repair it, and look again";
    expect(commandLines(text, 80, "  ")).toEqual([`  ${text}`]);
    expect(commandLines(text, 40, "  ")).toEqual([
      "  # drain it, or repair it, and look",
      "  # again",
      "  kubectl describe node n1",
    ]);
  });

  it("never wraps the command", () => {
    const command = `kubectl patch daemonset/agent -p '${"x".repeat(100)}'`;
    expect(commandLines(command, 40, "")).toEqual([command]);
  });
});

describe("table", () => {
  const columns = [{ title: "NAME" }, { title: "PLAN", least: 6 }, { title: "AGE", optional: 1 }];
  const rows = [
    ["agent", "roll back to revision 1", "5m"],
    ["fluent-bit", "-", "12h"],
  ];

  it("aligns its columns", () => {
    expect(table(columns, rows, { width: Number.POSITIVE_INFINITY }).lines).toEqual([
      "NAME         PLAN                      AGE",
      "agent        roll back to revision 1   5m",
      "fluent-bit   -                         12h",
    ]);
  });

  it.each([
    [42, 42, []],
    [40, 40, []],
    [25, 25, []],
    [22, 20, ["AGE"]],
    [10, 19, ["AGE"]],
  ])("in %i columns: the widest line has at most %i, without %j", (width, most, omitted) => {
    const made = table(columns, rows, { width });
    expect(Math.max(...made.lines.map(({ length }) => length))).toBeLessThanOrEqual(Math.max(most, width));
    expect(made.omitted).toEqual(omitted);
    expect(made.lines).toHaveLength(3);
    expect(made.lines[2]).toMatch(/^fluent-bit /);
  });

  it("shows what it cut", () => {
    expect(table(columns, rows, { width: 30 }).lines[1]).toMatch(/^agent +roll ba[a-z ]*\.\. +5m$/);
  });

  it("is a heading without rows", () => {
    expect(table(columns, [], { width: 80 })).toEqual({ lines: ["NAME   PLAN   AGE"], omitted: [] });
  });
});

it("colours only where it is told to", () => {
  expect(painter({ colour: false })("bad", "x")).toBe("x");
  expect(painter({ colour: true })("bad", "x")).toContain("\u001b[");
  expect(painter({ colour: true })("bad", "")).toBe("");
});

it("leaves no control character in what others wrote", () => {
  expect(plainText("a\u0007b\r\n c\u009b")).toBe("a b  c");
});
