import { describe, expect, it } from "vitest";
import { createProgressLine } from "./progress-line.ts";
import { hasColour, logScreen, tableScreen, textScreen } from "./screen.ts";

type Env = Record<string, string>;

function where(env: Env, terminal?: { columns: number }) {
  const stdout = (terminal ? { isTTY: true, ...terminal } : {}) as NodeJS.WriteStream;
  return { env, stdout };
}

const terminal = { columns: 100 };

describe("colour", () => {
  it.each([
    ["in a pipe", {}, undefined, false],
    ["on a terminal", {}, terminal, true],
    ["on a terminal that knows none", { TERM: "dumb" }, terminal, false],
    ["NO_COLOR", { NO_COLOR: "1" }, terminal, false],
    ["an empty NO_COLOR says nothing", { NO_COLOR: "" }, terminal, true],
    ["FORCE_COLOR in a pipe", { FORCE_COLOR: "1" }, undefined, true],
    ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, terminal, false],
    ["NO_COLOR wins", { NO_COLOR: "1", FORCE_COLOR: "1" }, terminal, false],
  ] as [string, Env, { columns: number } | undefined, boolean][])("%s", (_name, env, to, colour) => {
    expect(hasColour(where(env, to))).toBe(colour);
  });
});

describe("width", () => {
  it.each([
    ["in a pipe", {}, undefined, 80, Number.POSITIVE_INFINITY],
    ["in a pipe with COLUMNS", { COLUMNS: "60" }, undefined, 60, 60],
    ["on a terminal", {}, { columns: 100 }, 100, 100],
    ["on a wide one", {}, { columns: 250 }, 120, 250],
    ["on one that does not know", { COLUMNS: "90" }, { columns: 0 }, 90, 90],
    ["on a tiny one", {}, { columns: 10 }, 40, 40],
    ["with nonsense", { COLUMNS: "wide" }, undefined, 80, Number.POSITIVE_INFINITY],
  ] as [string, Env, { columns: number } | undefined, number, number][])("%s", (_name, env, to, text, table) => {
    expect({ text: textScreen(where(env, to)).width, table: tableScreen(where(env, to)).width }).toEqual({
      text,
      table,
    });
  });

  it("a log is wrapped on a terminal only", () => {
    expect(logScreen(where({ COLUMNS: "60" })).width).toBe(Number.POSITIVE_INFINITY);
    expect(logScreen(where({}, terminal)).width).toBe(100);
  });
});

describe("the progress line", () => {
  function run(isTTY: boolean, env: Env = {}) {
    const written: string[] = [];
    let time = 0;
    const stderr = {
      isTTY,
      columns: 40,
      write: (text: string) => written.push(text) > 0,
    } as unknown as NodeJS.WriteStream;
    const line = createProgressLine({ stderr, env, now: () => time });
    for (const ms of [100, 300, 500, 520, 700]) {
      time = ms;
      line.count("pods", ms);
    }
    line.clear();
    return written;
  }

  it("shows on a terminal after a while, not too often, and goes", () => {
    const written = run(true);
    expect(written.map((text) => text.split("\r").at(-1))).toEqual(["reading: pods 500", "reading: pods 700", ""]);
    expect(written.at(-1)).toMatch(/^\r +\r$/);
  });

  it.each([
    ["in a pipe", false, {}],
    ["on a dumb terminal", true, { TERM: "dumb" }],
  ] as [string, boolean, Env][])("is silent %s", (_name, isTTY, env) => {
    expect(run(isTTY, env)).toEqual([]);
  });
});
