/** 1-4, 9: what arrives and how it is shown. On the basic server, whose alerts are nobody else's. */
import { expect } from "vitest";
import type { Bench, Case } from "../case.ts";
import { deliveryOf, firing } from "../delivery.ts";
import { recordsOf } from "../operarius.ts";

const inOrder = true;

async function names({ basic }: Bench, query: string): Promise<(string | undefined)[]> {
  return (await basic.search(query)).map(({ alert }) => alert.labels.alertname);
}

export const receivingCases: readonly Case[] = [
  {
    title: "1 GET /alerts answers OK",
    async run({ open }) {
      const answer = await open.get("/alerts");
      expect(answer).toMatchObject({ code: 200, text: '"OK"' });
      expect(answer.headers.get("content-type")).toContain("application/json");
    },
  },
  {
    title: "2 a firing alert that no Operarius answers is stored, and starts no Job",
    inOrder,
    async run({ basic, kube }) {
      const parts = { labels: { alertname: "OnlyStored", zone: "z" }, annotations: { summary: "nobody cares" } };
      await basic.deliver(deliveryOf([parts]));
      const [stored, ...others] = await basic.search("OnlyStored");
      expect(others).toEqual([]);
      expect(stored).toMatchObject({ status: "firing", alert: parts });
      expect(stored?.alert.startsAt).toBe("2026-01-15T08:30:00.000Z");
      expect(Date.parse(stored?.timestamp ?? "")).toBeGreaterThan(0);
      expect(stored).not.toHaveProperty("jobInfo");
      expect(await recordsOf(kube, "OnlyStored")).toEqual([]);
    },
  },
  {
    title: "3 three alerts in one group are three entries, newest first",
    inOrder,
    async run(bench) {
      const members = ["a", "b", "c"].map((node) => ({ labels: { alertname: "ThreeOfAGroup", instance: node } }));
      await bench.basic.deliver(deliveryOf(members));
      await bench.basic.deliver(firing("ThreeOfAGroup", { instance: "later" }));
      const stored = await bench.basic.search("ThreeOfAGroup");
      expect(stored[0]?.alert.labels.instance).toBe("later");
      const instances = stored.map(({ alert }) => alert.labels.instance);
      expect(instances).toHaveLength(4);
      expect(new Set(instances)).toEqual(new Set(["a", "b", "c", "later"]));
    },
  },
  {
    title: "4 broken JSON is answered with 400, and nothing is stored",
    inOrder,
    async run({ basic }) {
      const before = await basic.search("");
      for (const body of ["{", '{"alerts":[{"labels":{"alertname":"Case4"}', "Case4", ""])
        expect((await basic.post(body)).code, body).toBe(400);
      expect(await basic.search("")).toEqual(before);
    },
  },
  {
    title: "4 keys are read in any case, unknown fields and the Content-Type do not matter",
    inOrder,
    async run({ basic }) {
      const alert = { Status: "firing", LABELS: { alertname: "Case4Keys" }, EndsAt: "2026-01-15T09:30:00Z", x: 1 };
      const body = JSON.stringify({ Version: "4", GroupKey: "g", Alerts: [alert], unheardOf: { of: [] } });
      expect((await basic.post(body)).code).toBe(200);
      const [stored] = await basic.search("Case4Keys");
      expect(stored?.alert.endsAt).toBe("2026-01-15T09:30:00Z");
    },
  },
  {
    title: "9 the search finds statuses and names in any case, and label and annotation values",
    inOrder,
    async run(bench) {
      await bench.basic.deliver(
        deliveryOf([
          { labels: { alertname: "Case9First", zone: "Zone-9" }, annotations: { summary: "Broken Disk 9" } },
          { labels: { alertname: "Case9Second" }, status: "resolved" },
        ]),
      );
      for (const query of ["firing", "FIRING", "case9first", "zone-9", "broken disk 9"])
        expect(await names(bench, query), query).toContain("Case9First");
      expect(await names(bench, "resolved")).toContain("Case9Second");
      expect(await names(bench, "FIRING")).not.toContain("Case9Second");
      expect(await names(bench, "Case9")).toEqual(expect.arrayContaining(["Case9First", "Case9Second"]));
      expect(await names(bench, "nothing has this")).toEqual([]);
      const alias = await bench.basic.get("/alertStore?q=Case9First");
      expect(JSON.parse(alias.text)).toEqual(await bench.basic.search("Case9First"));
    },
  },
  {
    title: "9 of more than a hundred alerts the oldest are dropped",
    inOrder,
    async run(bench) {
      await bench.basic.deliver(firing("Case9Oldest"));
      const members = Array.from({ length: 99 }, (_, n) => ({ labels: { alertname: `Case9Many${n}` } }));
      await bench.basic.deliver(deliveryOf(members));
      expect(await names(bench, "Case9Oldest")).toHaveLength(1);
      await bench.basic.deliver(firing("Case9Newest"));
      expect(await names(bench, "Case9Oldest")).toEqual([]);
      const all = await names(bench, "");
      expect(all).toHaveLength(100);
      expect(all[0]).toBe("Case9Newest");
    },
  },
];
