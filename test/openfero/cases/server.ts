/** 33-35: probes, version, metrics. */
import { expect } from "vitest";
import { operariuses } from "../../../src/operarius/operarius.ts";
import { until } from "../../support/until.ts";
import type { Bench, Case } from "../case.ts";
import { firing } from "../delivery.ts";
import { allEnded, create, namespace } from "../operarius.ts";

const names = [
  "openfero_jobs_created_total",
  "openfero_jobs_succeeded_total",
  "openfero_jobs_failed_total",
  "openfero_operarius_sync_errors_total",
  "openfero_operarius_items_loaded",
] as const;

/** A metric's value over all replicas: any of them may do the work. */
async function sum({ open, basic, bearer }: Bench, name: (typeof names)[number]): Promise<number> {
  const texts = await Promise.all([open, basic, bearer].map(async (api) => (await api.get("/metrics")).text));
  return texts.reduce(
    (total, text) => total + Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN),
    0,
  );
}

export const serverCases: readonly Case[] = [
  {
    title: "33 the probes say ok",
    async run({ open }) {
      for (const path of ["/healthz", "/readiness", "/startupz"])
        expect(await open.get(path), path).toMatchObject({ code: 200, text: "ok" });
    },
  },
  {
    title: "33 until the caches are filled /startupz is 503 starting and /healthz ok",
    async run({ createRelay, startAnother }) {
      const relay = await createRelay();
      relay.down();
      const { url } = await startAnother(relay);
      const probe = async (path: string) => {
        const answer = await fetch(`${url}${path}`);
        return { code: answer.status, text: await answer.text() };
      };
      expect(await probe("/startupz")).toEqual({ code: 503, text: "starting" });
      expect(await probe("/readiness")).toMatchObject({ code: 503 });
      expect(await probe("/healthz")).toEqual({ code: 200, text: "ok" });
      relay.up();
      await until("the caches to be filled", async () => (await probe("/startupz")).code === 200);
      expect(await probe("/readiness")).toMatchObject({ code: 200 });
    },
  },
  {
    title: "34 GET /api/about names version, commit and date of the build",
    async run({ open }) {
      const { code, text } = await open.get("/api/about");
      expect(code).toBe(200);
      expect(JSON.parse(text)).toEqual({
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        commit: expect.any(String),
        buildDate: expect.any(String),
      });
    },
  },
  {
    title: "35 the metrics keep their names and count Jobs, their ends, and the Operarii",
    inOrder: true,
    async run(bench) {
      const { kube, open, seen } = bench;
      const { code, headers } = await open.get("/metrics");
      expect(code).toBe(200);
      expect(headers.get("content-type")).toContain("text/plain");
      const before = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await sum(bench, name)])));
      for (const name of names) expect(before[name], name).toBeGreaterThanOrEqual(0);
      await create(kube, "c35", { alertname: "Case35" });
      await create(kube, "c35-bad", {
        alertname: "Case35Bad",
        container: { image: "app:exit-1" },
        job: { backoffLimit: 0 },
      });
      await create(kube, "c35-broken", { alertname: "Case35Broken", container: { args: ["{{"] } });
      for (const alertname of ["Case35", "Case35Bad"]) {
        await open.deliver(firing(alertname));
        await allEnded(seen, alertname);
      }
      const grown = async (name: (typeof names)[number], by: number) =>
        until(`${name} to grow by ${by}`, async () => (await sum(bench, name)) >= Number(before[name]) + by);
      await grown("openfero_jobs_created_total", 2);
      await grown("openfero_jobs_succeeded_total", 1);
      await grown("openfero_jobs_failed_total", 1);
      await grown("openfero_operarius_sync_errors_total", 1);
      const { items } = await kube.list(operariuses, { namespace });
      await until("each replica to have loaded every Operarius", async () => {
        return (await sum(bench, "openfero_operarius_items_loaded")) === 3 * items.length;
      });
    },
  },
];
