import { expect, test } from "vitest";
import { layoutOf, layouts } from "./layout.ts";

test("no two networks share an address or a name, and every name fits an interface", () => {
  const names = ["n1", "n2", "n3"];
  const all = Array.from({ length: layouts }, (_, number) => layoutOf(number, names));
  const ranges = all.flatMap(({ range, nodes }) => [range, ...nodes.map(({ podRange }) => podRange)]);
  expect(new Set(ranges).size).toBe(ranges.length);
  expect(ranges.every((range) => /^198\.1[89]\.\d{1,3}\.0\/24$/.test(range))).toBe(true);
  const made = all.flatMap(({ interface: name, nodes }) => [name, ...nodes.map(({ cgroup }) => cgroup)]);
  expect(new Set(made).size).toBe(made.length);
  // IFNAMSIZ of Linux is 16, with the final zero.
  expect(all.filter(({ interface: name }) => name.length > 15)).toEqual([]);
});
