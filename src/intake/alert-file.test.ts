import { describe, expect, it } from "vitest";
import { aBody } from "../../test/support/control-fixture.ts";
import { readAlertFile } from "./alert-file.ts";

const labels = { alertname: "A", namespace: "n" };

function alertsIn(value: unknown) {
  const read = readAlertFile(JSON.stringify(value));
  if (read.kind === "unreadable") throw new Error(read.message);
  return read;
}

describe("readAlertFile", () => {
  it("reads a webhook body as the server does", () => {
    const read = readAlertFile(aBody([{}, { status: "resolved" }], { receiver: "mine" }));
    if (read.kind === "unreadable") throw new Error(read.message);
    expect(read.alerts.map(({ alert, hook }) => [alert.status, hook.receiver])).toEqual([
      ["firing", "mine"],
      ["resolved", "mine"],
    ]);
  });

  it("reads a body without alerts by its common labels", () => {
    expect(alertsIn({ status: "firing", commonLabels: labels }).alerts).toMatchObject([{ alert: { labels } }]);
  });

  it.each<[string, unknown, string]>([
    ["an alert that does not say", { labels }, "firing"],
    ["a status", { labels, status: "resolved" }, "resolved"],
    ["a status as Alertmanager's API has it", { labels, status: { state: "suppressed" } }, "firing"],
  ])("reads one alert: %s", (_, alert, status) => {
    const { alerts } = alertsIn(alert);
    expect(alerts).toMatchObject([{ alert: { labels, status }, hook: { commonLabels: labels, version: "4" } }]);
    expect(alertsIn([alert]).alerts).toEqual(alerts);
  });

  it("keeps the readable ones of a list, and says which ones are not", () => {
    const { alerts, rejected } = alertsIn([{ labels: 7 }, { labels }, "text", { labels, status: "pending" }]);
    expect(alerts).toHaveLength(1);
    expect(rejected.map((why) => why.slice(0, 9))).toEqual(["alert 1: ", "alert 3: ", "alert 4: "]);
  });

  it.each<[string, string]>([
    ["no JSON", "{"],
    ["an empty file", ""],
    ["a number", "7"],
    ["null", "null"],
    ["an empty list", "[]"],
    ["an object of another kind", '{"kind":"Pod"}'],
    ["a list of nothing readable", "[1]"],
  ])("cannot read %s", (_, text) => {
    expect(readAlertFile(text)).toEqual({ kind: "unreadable", message: expect.stringMatching(/\w/) });
  });
});
