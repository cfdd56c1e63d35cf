import { describe, expect, it } from "vitest";
import { formatMicroTime } from "./micro-time.ts";

describe("MicroTime", () => {
  it("has six fraction digits", () => {
    expect(formatMicroTime(new Date(0))).toBe("1970-01-01T00:00:00.000000Z");
    expect(formatMicroTime(new Date(1_767_225_600_123))).toBe("2026-01-01T00:00:00.123000Z");
  });
});
