/** Departures 1 and 2: every alert of a group counts, and 200 means recorded. */
import { expect } from "vitest";
import type { Resource } from "../../../src/kube/types.ts";
import { until } from "../../support/until.ts";
import type { Case } from "../case.ts";
import { deliveryOf, firing } from "../delivery.ts";
import { allEnded, create, jobOf, jobsOf, jobsStarted, namespace, recordsOf } from "../operarius.ts";

interface Quota {
  metadata: { name: string; namespace: string };
  spec: { hard: Record<string, string> };
}

const quotas: Resource<Quota> = {
  group: "",
  version: "v1",
  plural: "resourcequotas",
  kind: "ResourceQuota",
  namespaced: true,
};

const inOrder = true;
const mebi = 1024 * 1024;

export const durabilityDepartures: readonly Case[] = [
  {
    title: "3.1 several targets, several names and resolved members in a firing group: each counts by its own status",
    async run({ kube, open, seen }) {
      await create(kube, "group-a", { alertname: "GroupA" });
      await create(kube, "group-b", { alertname: "GroupB" });
      await create(kube, "group-resolved", { alertname: "GroupA", status: "resolved" });
      await open.deliver(
        deliveryOf(
          [
            { status: "resolved", labels: { alertname: "GroupA", daemonset: "old", namespace: "n" } },
            { labels: { alertname: "GroupA", daemonset: "one", namespace: "n" } },
            { labels: { alertname: "GroupA", daemonset: "two", namespace: "n" } },
            { labels: { alertname: "GroupB", daemonset: "three", namespace: "n" } },
          ],
          { status: "firing" },
        ),
      );
      await jobsStarted(seen, "group-a", 2);
      await jobsStarted(seen, "group-b", 1);
      const [job] = await jobsStarted(seen, "group-resolved", 1);
      expect(job?.metadata.labels?.["openfero.io/status"]).toBe("resolved");
      const targets = [...(await recordsOf(kube, "GroupA")), ...(await recordsOf(kube, "GroupB"))].map(
        ({ spec }) => `${spec.alert.status} ${spec.target.kind} ${spec.target.namespace}/${spec.target.name}`,
      );
      expect(targets.sort()).toEqual([
        "firing DaemonSet n/one",
        "firing DaemonSet n/three",
        "firing DaemonSet n/two",
        "resolved DaemonSet n/old",
      ]);
    },
  },
  {
    title: "3.1 a firing member of a resolved group counts as firing",
    async run({ kube, open, seen }) {
      await create(kube, "mixed", { alertname: "Mixed" });
      const members = [
        { status: "resolved" as const, labels: { alertname: "Other" } },
        { labels: { alertname: "Mixed" } },
      ];
      await open.deliver(deliveryOf(members, { status: "resolved" }));
      await jobOf(seen, "mixed");
    },
  },
  {
    title: "3.2 an unreachable API server is answered with 5xx, and the repeated delivery starts the Job",
    inOrder,
    async run({ kube, bearer, relay, seen }) {
      await create(kube, "outage", { alertname: "Outage" });
      await bearer.deliver(firing("Outage", { zone: "before" }));
      await jobOf(seen, "outage");
      relay.down();
      try {
        const refused = await bearer.post(firing("Outage", { zone: "during" }));
        expect(refused.code).toBe(503);
        expect(refused.text).toMatch(/send again/);
      } finally {
        relay.up();
      }
      expect(await recordsOf(kube, "Outage")).toHaveLength(1);
      await bearer.deliver(firing("Outage", { zone: "during" }));
      await allEnded(seen, "Outage", 2);
      expect(await jobsOf(kube, "outage")).toHaveLength(2);
    },
  },
  {
    title: "3.2 a record that is refused for now is answered with 5xx, and with 200 once it is there",
    inOrder,
    async run({ kube, open, seen }) {
      await create(kube, "full", { alertname: "Full" });
      const metadata = { name: "no-more-records", namespace };
      await kube.create(quotas, { metadata, spec: { hard: { "count/remediations.openfero.io": "0" } } });
      try {
        const refused = await until("the quota to hold", async () => {
          const answer = await open.post(firing("Full"));
          return answer.code !== 200 && answer;
        });
        expect(refused.code).toBe(503);
      } finally {
        await kube.delete(quotas, metadata);
      }
      await open.deliver(firing("Full"));
      await jobOf(seen, "full");
    },
  },
  {
    title: "3.2 bodies that can never succeed are answered with 400 and 413, never with 5xx",
    async run({ open }) {
      const vile: readonly [body: string, code: number][] = [
        ["[]", 400],
        ["null", 400],
        ['"firing"', 400],
        ["{}", 400],
        ['{"version":"4","alerts":7}', 400],
        ['{"version":"3","alerts":[{"status":"firing","labels":{"alertname":"x"}}]}', 400],
        ['{"version":"4","alerts":[{"status":"pending","labels":{"alertname":"x"}}]}', 400],
        [`${"[".repeat(100_000)}`, 400],
        [`{"version":"4","pad":"${"x".repeat(4 * mebi)}","alerts":[]}`, 413],
      ];
      for (const [body, code] of vile) expect((await open.post(body)).code, body.slice(0, 80)).toBe(code);
    },
  },
  {
    title: "3.2 an alert that can never be recorded is answered with 200: sending it again would not help",
    async run({ kube, open }) {
      await create(kube, "huge", { alertname: "Huge" });
      const answer = await open.post(firing("Huge", { long: "x".repeat(mebi) }));
      expect(answer.code, answer.text).toBe(200);
      expect(await recordsOf(kube, "Huge")).toEqual([]);
    },
  },
  {
    title: "3.2 one bad alert does not fail the batch",
    async run({ kube, open, seen }) {
      await create(kube, "batch", { alertname: "Batch" });
      const good = (zone: string) => ({ status: "firing", labels: { alertname: "Batch", zone } });
      const bad = [
        7,
        { status: "firing", labels: { alertname: 7 } },
        { status: "odd", labels: { alertname: "Batch" } },
      ];
      const answer = await open.post(deliveryOf([], { alerts: [good("a"), ...bad, good("b")] }));
      expect(answer.code).toBe(200);
      expect((JSON.parse(answer.text) as { rejected: { index: number }[] }).rejected).toMatchObject([
        { index: 1 },
        { index: 2 },
        { index: 3 },
      ]);
      await jobsStarted(seen, "batch", 2);
    },
  },
];
