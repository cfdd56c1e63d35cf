import { describe, expect, it } from "vitest";
import { createInterner } from "./intern.ts";

const pod = (name: string) => ({
  name,
  specs: { main: `spec-${1}` },
  images: [`app:${1}`],
  containers: [{ name: "c", restartCount: 0 }],
});

describe("createInterner", () => {
  it("keeps values as they are and shares what is alike", () => {
    const intern = createInterner();
    const [a, b] = [intern(pod("a")), intern(pod("b"))];
    expect([a, b]).toEqual([pod("a"), pod("b")]);
    expect(a.specs).toBe(b.specs);
    expect(a.images).toBe(b.images);
    // What differs in more than its name is its own.
    expect(a.containers).not.toBe(b.containers);
  });

  it("does not mix up lists and records", () => {
    const intern = createInterner();
    expect(intern({ a: [], b: {} })).toEqual({ a: [], b: {} });
    expect(intern({ a: ["x"], b: { 0: "x" } })).toEqual({ a: ["x"], b: { 0: "x" } });
  });
});
