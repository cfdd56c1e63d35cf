import { expect, test } from "vitest";
import { isUnder, nodeNames, problemWithName } from "./names.ts";

test.each(["operarius-test", "a", "t1"])("%s can be ours", (name) => {
  expect(problemWithName(name)).toBeUndefined();
});

test.each([
  ["default", /belongs to Kubernetes itself/],
  ["kube-system", /belongs to Kubernetes itself/],
  ["kube-mine", /belongs to Kubernetes itself/],
  ["Upper", /is no name/],
  ["-a", /is no name/],
  ["a-", /is no name/],
  ["1a", /is no name/],
  ["", /is no name/],
  ["a.b", /is no name/],
  ["a".repeat(31), /too long: at most 30/],
])("%j cannot", (name, reason) => {
  expect(problemWithName(name)).toMatch(reason);
});

test("nodes are in the order of their numbers as text, too", () => {
  const names = nodeNames("ours", 12);
  expect(names.slice(0, 2)).toEqual(["ours-n01", "ours-n02"]);
  expect([...names].sort()).toEqual(names);
});

test("only the name itself and what hangs on it is ours", () => {
  expect(["ours", "ours-s01"].every((name) => isUnder("ours", name))).toBe(true);
  expect(["our", "ours2", "theirs-ours"].some((name) => isUnder("ours", name))).toBe(false);
});
