import { describe, expect, it } from "vitest";
import { createBackOff } from "./back-off.ts";
import { formatMicroTime } from "./micro-time.ts";
import { collectionPath, objectPath, withQuery } from "./paths.ts";
import { configMaps, jobs, nodes } from "./resources.ts";
import { parseRetryAfter } from "./status.ts";

describe("back-off", () => {
  it("doubles its range up to the cap, draws from all of it, and starts over after a success", () => {
    const high = createBackOff({ baseMs: 500, capMs: 3000, random: () => 1 });
    expect([1, 2, 3, 4, 5].map(() => high.next())).toEqual([500, 1000, 2000, 3000, 3000]);
    high.reset();
    expect(high.next()).toBe(500);
    const low = createBackOff({ baseMs: 500, capMs: 3000, random: () => 0 });
    expect([1, 2, 3].map(() => low.next())).toEqual([50, 50, 50]);
  });

  it("stays finite however long it goes on", () => {
    const backOff = createBackOff({ baseMs: 1, capMs: 1000, random: () => 1 });
    for (let count = 0; count < 5000; count += 1) backOff.next();
    expect(backOff.next()).toBe(1000);
  });
});

describe("MicroTime", () => {
  it("has six fraction digits", () => {
    expect(formatMicroTime(new Date(0))).toBe("1970-01-01T00:00:00.000000Z");
    expect(formatMicroTime(new Date(1_767_225_600_123))).toBe("2026-01-01T00:00:00.123000Z");
  });
});

describe("paths", () => {
  it("follow group, version and scope", () => {
    expect(collectionPath(configMaps, undefined)).toBe("/api/v1/configmaps");
    expect(collectionPath(jobs, "ns")).toBe("/apis/batch/v1/namespaces/ns/jobs");
    expect(collectionPath(nodes, "ignored")).toBe("/api/v1/nodes");
    expect(objectPath(jobs, { namespace: "ns", name: "j" }, "status")).toBe(
      "/apis/batch/v1/namespaces/ns/jobs/j/status",
    );
    expect(objectPath(nodes, { name: "ä ?#" })).toBe("/api/v1/nodes/%C3%A4%20%3F%23");
  });

  it("take a query after one that is there already", () => {
    expect(withQuery("/x", { a: undefined, b: "" })).toBe("/x");
    expect(withQuery("/x?a=1", { b: "&=", c: false, d: 0 })).toBe("/x?a=1&b=%26%3D&c=false&d=0");
  });
});

describe("Retry-After", () => {
  it.each([
    ["0", 0],
    ["17", 17],
    [" 5 ", 5],
    ["-1", undefined],
    ["soon", undefined],
    [undefined, undefined],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ])("%j is %j seconds", (header, want) => expect(parseRetryAfter(header)).toBe(want));

  it("may be a date", () => {
    expect(parseRetryAfter(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(50);
  });
});
