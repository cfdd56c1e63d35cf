import { describe, expect, it } from "vitest";
import { say } from "../../../test/support/guard-input.ts";
import type { GuardResult } from "./guard.ts";
import { closedSentence } from "./maintenance-window.ts";

const KEY = "operarius.openfero.io/writes-only-during";
/** 2026-01-15 is a Thursday. */
const at = (time: string): number => Date.parse(time);

describe("closedSentence", () => {
  it.each<[string, string, "open" | "closed"]>([
    ["09:00-17:00", "2026-01-15T09:00:00Z", "open"],
    ["09:00-17:00", "2026-01-15T08:59:59Z", "closed"],
    ["09:00-17:00", "2026-01-15T16:59:59Z", "open"],
    ["09:00-17:00", "2026-01-15T17:00:00Z", "closed"],
    ["00:00-24:00", "2026-01-15T23:59:59Z", "open"],
    ["Thu 09:00-17:00", "2026-01-15T12:00:00Z", "open"],
    ["Mon-Wed,Fri 09:00-17:00", "2026-01-15T12:00:00Z", "closed"],
    ["Mon-Fri 09:00-17:00", "2026-01-15T12:00:00Z", "open"],
    ["Fri-Mon 09:00-17:00", "2026-01-18T12:00:00Z", "open"],
    ["Fri-Mon 09:00-17:00", "2026-01-15T12:00:00Z", "closed"],
    // Over midnight the hours belong to the day on which they begin.
    ["Thu 22:00-04:00", "2026-01-15T23:00:00Z", "open"],
    ["Thu 22:00-04:00", "2026-01-16T03:59:00Z", "open"],
    ["Thu 22:00-04:00", "2026-01-16T04:00:00Z", "closed"],
    ["Thu 22:00-04:00", "2026-01-15T03:00:00Z", "closed"],
    ["Sat 22:00-04:00", "2026-01-18T01:00:00Z", "open"],
    ["Thu 22:00-04:00", "2026-01-15T21:59:00Z", "closed"],
    ["Thu 22:00-04:00", "2026-01-15T22:00:00Z", "open"],
    ["Sun-Sat 09:00-17:00", "2026-01-15T12:00:00Z", "open"],
    ["Sun 22:00-04:00", "2026-01-19T01:00:00Z", "open"],
    ["Sat 22:00-04:00", "2026-01-19T01:00:00Z", "closed"],
    ["22:00-04:00", "2026-01-15T12:00:00Z", "closed"],
    ["22:00-04:00", "2026-01-15T01:00:00Z", "open"],
    ["Thu  09:00-17:00", "2026-01-15T12:00:00Z", "open"],
    ["  Thu 09:00-17:00  ", "2026-01-15T12:00:00Z", "open"],
    ["Mon,Wed-Fri,Sun 09:00-17:00", "2026-01-15T12:00:00Z", "open"],
    ["Mon,Wed-Fri,Sun 09:00-17:00", "2026-01-13T12:00:00Z", "closed"],
    ["Thu,Mon 11:30-12:30", "2026-01-15T12:29:00Z", "open"],
    ["Thu,Mon 11:30-12:30", "2026-01-15T12:30:00Z", "closed"],
    ["Wed 23:30-24:00", "2026-01-14T23:45:00Z", "open"],
    ["09:00-17:00  UTC", "2026-01-15T12:00:00Z", "open"],
    ["07:00-08:00 America/Port-au-Prince", "2026-01-15T12:30:00Z", "open"],
    ["02:00-03:00 Etc/GMT+10", "2026-01-15T12:30:00Z", "open"],
    // Clocks of a place, summer and winter.
    ["12:00-13:00 Europe/Berlin", "2026-01-15T11:30:00Z", "open"],
    ["12:00-13:00 Europe/Berlin", "2026-01-15T12:30:00Z", "closed"],
    ["12:00-13:00 Europe/Berlin", "2026-07-15T10:30:00Z", "open"],
    ["Fri 00:00-01:00 Asia/Tokyo", "2026-01-15T15:30:00Z", "open"],
    ["09:00-10:00; 15:00-16:00", "2026-01-15T15:30:00Z", "open"],
    ["09:00-10:00;15:00-16:00", "2026-01-15T12:00:00Z", "closed"],
  ])("%s at %s: %s", (value, time, want) => {
    expect(closedSentence("target", { [KEY]: value }, at(time)) === undefined ? "open" : "closed").toBe(want);
  });

  it.each([
    "",
    "always",
    "9:00-17:00",
    "09:00-25:00",
    "09:60-10:00",
    "08:60-10:00",
    "08:61-10:00",
    "24:30-25:00",
    "12:00-12:00",
    "00:00-24:01",
    "009:00-17:00",
    "09:00-17:000",
    "x09:00-17:00",
    "09:00-17:00x",
    "Thu09:00-17:00",
    "Thu, Fri 09:00-17:00",
    "Thu,,Fri 09:00-17:00",
    "Mon-Wed-Fri 09:00-17:00",
    "thu 09:00-17:00",
    "09:00-17:00UTC",
    "09:00-17:00 UTC UTC",
    "09:00-17:00 +01:00",
    "09:00 - 17:00",
    "Thursday 09:00-17:00",
    "09:00-17:00 Middle/Earth",
    "09:00-17:00;",
    "00:00-24:00; nonsense",
  ])("%s cannot be read, and closes", (value) => {
    const sentence = closedSentence("namespace", { [KEY]: value }, at("2026-01-15T12:00:00Z"));
    expect(sentence).toContain(`namespace's annotation ${KEY} is ${JSON.stringify(value)}`);
    expect(sentence).toContain("not readable");
  });

  it("says which hours and what time it is", () => {
    expect(closedSentence("target", { [KEY]: "09:00-10:00" }, at("2026-01-15T12:00:00Z"))).toBe(
      `The target's annotation ${KEY} is "09:00-10:00"; it is 2026-01-15T12:00:00.000Z, so nothing is written now.`,
    );
  });

  it("no annotation, no limit", () => {
    expect(closedSentence("target", {}, 0)).toBeUndefined();
  });
});

describe("MaintenanceWindow", () => {
  // The guards' NOW is Thursday noon.
  const open = { [KEY]: "Thu 11:00-13:00" };
  const closed = { [KEY]: "Thu 13:00-14:00" };
  it.each<[string, Parameters<typeof say>[1]["facts"], GuardResult["kind"]]>([
    ["nothing said", {}, "pass"],
    ["open", { annotations: open }, "pass"],
    ["closed", { annotations: closed }, "veto"],
    ["closed for the namespace", { namespaceAnnotations: closed }, "veto"],
    ["the namespace cannot open what the target closes", { annotations: closed, namespaceAnnotations: open }, "veto"],
    ["the target cannot open what the namespace closes", { annotations: open, namespaceAnnotations: closed }, "veto"],
    ["the namespace cannot be read", { annotations: open, namespaceAnnotations: undefined }, "not-evaluated"],
    ["but the target is closed", { annotations: closed, namespaceAnnotations: undefined }, "veto"],
  ])("%s", (_name, facts, want) => {
    const result = say("MaintenanceWindow", facts ? { facts } : {});
    expect(result.kind).toBe(want);
    if (result.kind === "veto") expect(result.reason).toBe("OutsideMaintenanceWindow");
  });
});
