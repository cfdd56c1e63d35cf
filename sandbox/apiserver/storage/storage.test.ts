import { describe, expect, test } from "vitest";
import type { KubeObject } from "../object.ts";
import { fieldMatcher } from "./field-selector.ts";
import { labelMatcher } from "./label-selector.ts";
import { createSnapshotCache } from "./snapshots.ts";
import type { Change } from "./store.ts";
import { createStore } from "./store.ts";

function object(name: string, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: "v1", kind: "Thing", metadata: { name, labels } };
}

describe("store", () => {
  test("gives each write the next revision and keeps what it replaced", () => {
    const store = createStore();
    const seen: Change[] = [];
    store.subscribe("things", store.revision(), (change) => void seen.push(change));
    const first = store.put("things", "/a", object("a"));
    const second = store.put("things", "/a", object("a", { x: "y" }));
    store.remove("things", "/a");
    expect(seen.map((change) => change.type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(seen[1]?.previous).toBe(first);
    expect(seen[2]?.object.metadata.labels).toEqual({ x: "y" });
  });

  test("replays the history, and says when it does not reach back far enough", () => {
    const store = createStore({ historyLength: 5 });
    const start = store.revision();
    for (let index = 0; index < 20; index += 1) store.put("things", `/${index}`, object(String(index)));
    expect(store.subscribe("things", start, () => undefined)).toBeUndefined();
    const seen: Change[] = [];
    expect(store.subscribe("things", store.revision() - 3, (change) => void seen.push(change))).toBeDefined();
    expect(seen.map((change) => change.object.metadata.name)).toEqual(["17", "18", "19"]);
  });

  test("forgets all of it when compacted, also for buckets that were quiet", () => {
    const store = createStore();
    store.put("other", "/x", object("x"));
    const before = store.revision();
    store.compact();
    expect(store.subscribe("other", before - 1, () => undefined)).toBeUndefined();
    expect(store.subscribe("other", store.revision(), () => undefined)).toBeDefined();
  });

  test("lists in the order of the keys, by namespace", () => {
    const store = createStore();
    for (const key of ["b/2", "a/1", "b/1", "ba/1"]) store.put("things", key, object(key));
    expect(store.list("things", "b").map((one) => one.metadata.name)).toEqual(["b/1", "b/2"]);
    expect(store.list("things").map((one) => one.metadata.name)).toEqual(["a/1", "b/1", "b/2", "ba/1"]);
  });
});

test("the snapshot cache keeps a bounded number of rests", () => {
  const cache = createSnapshotCache(2);
  const tokens = [1, 2, 3].map((revision) => cache.keep({ revision, items: [] }));
  expect(tokens.map((token) => cache.find(token)?.revision)).toEqual([undefined, 2, 3]);
});

describe("selectors", () => {
  test.each([
    ["", true],
    ["a=1", true],
    ["a==1,b=2", true],
    ["a!=1", false],
    ["missing!=1", true],
    ["a in (0, 1)", true],
    ["a notin (1)", false],
    ["a,!missing", true],
    ["example.com/x=y", true],
    ["empty=", true],
  ])("label selector %j", (text, want) => {
    expect(labelMatcher(text)(object("o", { a: "1", b: "2", "example.com/x": "y", empty: "" }))).toBe(want);
  });

  test.each([
    ["a=b=c", "found '=', expected: ',' or 'end of string'"],
    ["a===b", "unable to parse requirement: found '=', expected: identifier"],
    ["a in b", "unable to parse requirement: found 'b' expected: '('"],
    ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["=b", "unable to parse requirement: found '=', expected: identifier"],
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ])("label selector %j is refused with %j", (text, words) => {
    expect(() => labelMatcher(text)).toThrow(words);
  });

  test("field selectors know only the fields they are given", () => {
    const fields = {
      of: (one: KubeObject) => ({ "metadata.name": one.metadata.name ?? "" }),
      unknown: (field: string) => `no ${field}`,
    };
    expect(fieldMatcher("metadata.name=a", fields)(object("a"))).toBe(true);
    expect(fieldMatcher("metadata.name!=a", fields)(object("a"))).toBe(false);
    expect(() => fieldMatcher("spec.x=1", fields)).toThrow("no spec.x");
  });
});
