import { expect, it } from "vitest";
import { bytes, containerSpecs, milli, time, when } from "./project-values.ts";

it.each<[string | number | undefined, number]>([
  ["100m", 100],
  ["2", 2000],
  [1, 1000],
  ["0.5", 500],
  [undefined, 0],
  ["much", 0],
  ["1.5", 1500],
  ["2k", 2_000_000],
  ["0.4m", 0],
  ["0.6m", 1],
  ["", 0],
  ["-1", 0],
  ["x1", 0],
  ["1 m", 0],
])("%s of CPU is %i thousandths", (text, want) => expect(milli(text)).toBe(want));

it.each<[string | number | undefined, number]>([
  ["128Mi", 2 ** 27],
  ["1G", 1e9],
  ["512", 512],
  ["1e3", 1000],
  ["25e10", 25e10],
  ["1M", 1e6],
  ["2T", 2e12],
  ["1Ki", 1024],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["2Ti", 2 ** 41],
  ["400m", 0],
  [undefined, 0],
  ["5Q", 0],
])("%s of memory is %i bytes", (text, want) => expect(bytes(text)).toBe(want));

it.each<[string | undefined | null, number | undefined]>([
  ["1970-01-01T00:00:01Z", 1000],
  ["1970-01-01T00:00:00Z", 0],
  ["", undefined],
  ["soon", undefined],
  [undefined, undefined],
  [null, undefined],
])("%j is %s ms since the epoch", (text, want) => expect(time(text)).toBe(want));

it("a member that is there or left out, zero and empty words included", () => {
  expect([0, "", false, undefined, null].map((value) => when("a", value))).toEqual([
    { a: 0 },
    { a: "" },
    { a: false },
    {},
    {},
  ]);
});

it("containers differ by name, image, command, arguments and salt, and by nothing else", () => {
  const main = { name: "main", image: "app:1", command: ["run"], args: ["--a"] };
  const spec = containerSpecs([main], "s").main;
  const others = [{ image: "app:2" }, { command: ["run", "x"] }, { args: [] }].map((change) => ({
    ...main,
    ...change,
  }));
  for (const other of others) expect(containerSpecs([other], "s").main).not.toBe(spec);
  expect(containerSpecs([main], "t").main).not.toBe(spec);
  expect(containerSpecs([main]).main).not.toBe(spec);
  expect(containerSpecs([{ ...main, tty: true }, { name: "side" }], "s")).toMatchObject({ main: spec });
});
