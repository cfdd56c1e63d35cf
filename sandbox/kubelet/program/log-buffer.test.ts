import { describe, expect, it } from "vitest";
import { createLogBuffer, tailOf } from "./log-buffer.ts";

describe("container logs", () => {
  it("stay bounded and keep the end", () => {
    const log = createLogBuffer();
    for (let index = 0; index < 40; index++) log.append(`${index} ${"x".repeat(100_000)}\n`);
    expect(log.text().length).toBeLessThan(1_200_000);
    expect(log.text()).toContain("39 x");
    expect(log.text()).not.toContain("\n0 x");
  });

  it("are followed until they end", () => {
    const log = createLogBuffer();
    const seen: string[] = [];
    log.follow({ chunk: (text) => seen.push(text), end: () => seen.push("END") });
    log.append("a");
    log.end();
    log.append("b");
    expect(seen).toEqual(["a", "END"]);
  });

  it.each([
    ["a\nb\nc\n", 2, "b\nc\n"],
    ["a\nb\nc", 1, "c"],
    ["a\n", 9, "a\n"],
    ["a\n", 0, ""],
    ["", 3, ""],
  ])("tail of %j by %i is %j", (text, lines, want) => {
    expect(tailOf(text, lines)).toBe(want);
  });
});
