import { describe, expect, it } from "vitest";
import { aContext, aDelivery, anOperarius, install, stuckLabels } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { remediations } from "../operarius/remediation.ts";
import { createCatalog } from "./catalog.ts";
import { receive } from "./receive.ts";

async function received(
  {
    operarii,
    clusterName = "",
    ...more
  }: { operarii: OperariusObject[]; clusterName?: string; truncatedAlerts?: number },
  labels: Record<string, string>,
  status: "firing" | "resolved" = "firing",
) {
  const kube = createMemoryKube();
  await install(kube, ...operarii);
  const context = aContext(kube, { clusterName });
  const cache = { hasSynced: () => false, items: () => [] };
  const catalog = createCatalog({ kube, namespace: context.settings.namespace, cache });
  const store = createAlertStore();
  const answer = await receive({ context, catalog, store }, { ...aDelivery([{ labels, status }]), ...more });
  const metrics = await context.metrics.registry.metrics();
  return { answer, stored: store.search()[0], lines: context.lines, metrics, records: kube.all(remediations) };
}

const selecting = (selector: object, name?: string) =>
  anOperarius(
    { alertSelector: { alertname: "KubeDaemonSetRolloutStuck", status: "firing", ...selector } } as never,
    name,
  );

describe("an alert that nothing answers", () => {
  it("is kept with the reason and the nearest miss, in the store and in the log", async () => {
    const operarii = [selecting({ labels: { team: "x" } }, "near"), selecting({ alertname: "Other" }, "far")];
    const { answer, stored, lines, metrics, records } = await received({ operarii }, stuckLabels());
    expect(answer).toEqual({ kind: "recorded" });
    const nearest = { operarius: "near", why: 'label team is missing, it has to be "x"' };
    expect(stored?.unmatched).toEqual({
      reason: "ConditionsNotMet",
      message: expect.stringContaining("near"),
      nearest,
    });
    expect(stored).not.toHaveProperty("rejected");
    const line = lines.map((each) => JSON.parse(each) as object).find((each) => "kind" in each);
    expect(line).toMatchObject({ kind: "no-match", reason: "ConditionsNotMet", nearest });
    expect(metrics).toContain('openfero_alerts_received_total{status="firing",outcome="no-match"} 1');
    expect(records).toEqual([]);
  });

  it.each<[string, OperariusObject[], string]>([
    ["there is no Operarius", [], "NoOperarii"],
    ["none of its name", [selecting({ alertname: "Other" })], "NoOperariusForAlertName"],
    ["one with a matcher that cannot be read", [selecting({ matchers: ["a=~("] })], "ConditionsNotMet"],
    ["one whose matcher fails", [selecting({ matchers: ['severity="critical"'] })], "ConditionsNotMet"],
  ])("%s", async (_, operarii, reason) => {
    expect((await received({ operarii }, stuckLabels())).stored?.unmatched?.reason).toBe(reason);
  });

  it("says nothing of the kind about one that is answered, or resolved", async () => {
    for (const status of ["firing", "resolved"] as const) {
      const { stored } = await received({ operarii: [anOperarius()] }, stuckLabels(), status);
      expect(stored).toBeDefined();
      expect(stored).not.toHaveProperty("unmatched");
    }
  });
});

it("an Operarius with a matcher that cannot be read does not disturb the others", async () => {
  const operarii = [
    selecting({ matchers: ["a=~("] }, "broken"),
    selecting({ matchers: ['severity=~"warn.*"'] }, "good"),
  ];
  const { records } = await received({ operarii }, stuckLabels());
  expect(records.map(({ spec }) => spec.operarius.name)).toEqual(["good"]);
});

describe("an alert that nothing can be done about", () => {
  it.each<[string, OperariusObject, string]>([
    ["another cluster's", anOperarius(), "OtherCluster"],
    ["a target label is missing", anOperarius({ target: { kind: "X", nameFrom: "nope" } }), "TargetLabelMissing"],
  ])("%s: kept with the reason, nothing recorded", async (_, operarius, reason) => {
    const { answer, stored, records } = await received({ operarii: [operarius], clusterName: "ours" }, stuckLabels());
    expect(answer).toEqual({ kind: "recorded" });
    expect(stored?.rejected).toEqual({ reason, message: expect.stringMatching(/\w/) });
    expect(records).toEqual([]);
  });

  it("is no other's because it has no cluster label, or ours", async () => {
    for (const cluster of ["", "ours"]) {
      const { records } = await received({ operarii: [anOperarius()], clusterName: "ours" }, stuckLabels({ cluster }));
      expect(records.map(({ spec }) => spec.target.cluster)).toEqual(["ours"]);
    }
  });
});

it("alerts that Alertmanager left out are counted and logged", async () => {
  const { lines, metrics } = await received({ operarii: [], truncatedAlerts: 7 }, stuckLabels());
  expect(metrics).toContain("openfero_alerts_truncated_total 7");
  expect(lines.some((line) => line.includes('"count":7'))).toBe(true);
});
