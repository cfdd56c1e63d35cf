import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "./status.ts";

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
