import { describe, expect, it } from "vitest";
import type { Delivery } from "./alert.ts";
import { normalise } from "./normalise.ts";

function read(body: unknown): Delivery {
  const result = normalise(typeof body === "string" ? body : JSON.stringify(body));
  if (result.kind !== "ok") throw new Error(result.reason);
  return result.delivery;
}

describe("normalise", () => {
  it("reads every alert of a group by its own status", () => {
    const { alerts } = read({
      version: "4",
      status: "firing",
      alerts: [
        { status: "firing", labels: { alertname: "A" } },
        { status: "resolved", labels: { alertname: "B" } },
        { labels: { alertname: "C" } },
      ],
    });
    expect(alerts.map(({ status, labels }) => [labels.alertname, status])).toEqual([
      ["A", "firing"],
      ["B", "resolved"],
      ["C", "firing"],
    ]);
  });

  it("lets an alert's labels and annotations override the common ones", () => {
    const [alert] = read({
      status: "firing",
      commonLabels: { alertname: "Common", team: "x" },
      commonAnnotations: { summary: "s" },
      alerts: [{ labels: { alertname: "Own" } }, { labels: {} }],
    }).alerts;
    expect(alert).toMatchObject({ labels: { alertname: "Own", team: "x" }, annotations: { summary: "s" } });
  });

  it.each([[[]], [null], [undefined]])("takes the common labels for one alert when alerts is %o", (alerts) => {
    const delivery = read({
      status: "resolved",
      commonLabels: { alertname: "A" },
      commonAnnotations: { x: "y" },
      alerts,
    });
    expect(delivery.alerts).toEqual([{ status: "resolved", labels: { alertname: "A" }, annotations: { x: "y" } }]);
  });

  it("matches keys whatever their case, label names excepted, and prefers the exact spelling", () => {
    const delivery = read({
      STATUS: "firing",
      groupkey: "other",
      groupKey: "exact",
      Alerts: [{ Labels: { AlertName: "kept" }, EndsAt: "2026", startsat: "2025" }],
    });
    expect(delivery.hook.groupKey).toBe("exact");
    expect(delivery.alerts[0]).toMatchObject({ labels: { AlertName: "kept" }, endsAt: "2026", startsAt: "2025" });
  });

  it("ignores unknown fields and counts what Alertmanager left out", () => {
    expect(
      read({ status: "firing", future: 1, truncatedAlerts: 3, alerts: [{ labels: {}, more: [] }] }).truncatedAlerts,
    ).toBe(3);
  });

  it("rejects one bad alert and keeps the others", () => {
    const delivery = read({
      status: "firing",
      alerts: [{ labels: { a: 1 } }, { labels: { alertname: "A" } }, "text", { status: "odd", labels: {} }],
    });
    expect(delivery.alerts).toHaveLength(1);
    expect(delivery.rejected).toEqual([
      { index: 0, reason: 'labels["a"] is not a string' },
      { index: 2, reason: "the alert is not a JSON object" },
      { index: 3, reason: 'status "odd" is not firing or resolved' },
    ]);
  });

  it("keeps a label named __proto__ as data", () => {
    const { alerts } = read('{"status":"firing","alerts":[{"labels":{"__proto__":"x","alertname":"A"}}]}');
    expect(Object.entries(alerts[0]?.labels ?? {})).toContainEqual(["__proto__", "x"]);
  });

  it.each([
    ["", "the body is empty"],
    ["{", "not JSON"],
    ["[]", "the body is not a JSON object"],
    ["null", "the body is not a JSON object"],
    ["{}", "neither an alert"],
    ['{"alerts":{}}', "alerts is not a list"],
    ['{"version":"5","alerts":[{"status":"firing"}]}', 'version "5" is not supported'],
    ['{"commonLabels":[],"alerts":[]}', "commonLabels is not a JSON object"],
    ['{"status":1,"alerts":[]}', "status is not a string"],
    ['{"alerts":[{"labels":{}}]}', "alerts[0]: status is missing"],
  ])("%s is malformed, with the reason", (body, reason) => {
    expect(normalise(body)).toEqual({ kind: "malformed", reason: expect.stringContaining(reason) });
  });

  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

  it.each([
    ["a version nested a million times", `{"version":${deep(1_000_000)},"alerts":[]}`, /deeper than 100/],
    ["an unknown field nested a million times", `{"x":${deep(1_000_000)},"alerts":[]}`, /deeper than 100/],
    [
      "a hundred thousand common labels for half a million alerts",
      `{"status":"firing","commonLabels":{${Array.from({ length: 100_000 }, (_, n) => `"a${n}":""`).join()}},"alerts":[${Array(500_000).fill("{}").join()}]}`,
      /500000 alerts with 100000 common labels/,
    ],
  ])("refuses %s before it costs anything", (_, body, reason) =>
    expect(normalise(body)).toEqual({ kind: "malformed", reason: expect.stringMatching(reason) }),
  );

  it("does not take brackets in texts for nesting", () => {
    const annotations = { a: "[".repeat(1000), b: `\\"${"{".repeat(1000)}`, c: "\\" };
    expect(read({ status: "firing", alerts: [{ labels: { a: "b" }, annotations }] }).alerts[0]?.annotations).toEqual(
      annotations,
    );
  });
});
