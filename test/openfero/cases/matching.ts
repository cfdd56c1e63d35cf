/** 10-19 and departure 9: which Operarius answers an alert. */
import { expect } from "vitest";
import type { Bench, Case } from "../case.ts";
import { deliveryOf, firing } from "../delivery.ts";
import type { OperariusParts } from "../operarius.ts";
import { allEnded, create, jobsOf, jobsStarted, recordsOf } from "../operarius.ts";

/** The rivals for one alert name, by Operarius. */
type Rivals = Readonly<Record<string, Omit<OperariusParts, "alertname">>>;

/** Lets them compete for one body; the winner has one Job and the others none. */
async function competes(
  { kube, open, seen }: Bench,
  contest: { alertname: string; rivals: Rivals; body: object; winner: string },
): Promise<void> {
  const { alertname, rivals, body, winner } = contest;
  for (const [name, parts] of Object.entries(rivals)) await create(kube, name, { alertname, ...parts });
  await open.deliver(body);
  await jobsStarted(seen, winner);
  const [record] = await recordsOf(kube, alertname);
  expect(record?.spec.operarius.name).toBe(winner);
  for (const name of Object.keys(rivals)) expect(await jobsOf(kube, name), name).toHaveLength(name === winner ? 1 : 0);
}

/** Nobody answers this body: it is taken, and no record stands for it. */
async function nobody(
  { kube, open }: Bench,
  contest: { alertname: string; rivals: Rivals; body: object },
): Promise<void> {
  const { alertname, rivals, body } = contest;
  for (const [name, parts] of Object.entries(rivals)) await create(kube, name, { alertname, ...parts });
  await open.deliver(body);
  // A record is there before the answer is.
  expect(await recordsOf(kube, alertname)).toEqual([]);
  for (const name of Object.keys(rivals)) expect(await jobsOf(kube, name), name).toEqual([]);
}

const disabled = { enabled: false };

export const matchingCases: readonly Case[] = [
  {
    title: "10 an alert starts the Job of the Operarius with its name",
    run: (bench) =>
      competes(bench, { alertname: "Case10", rivals: { c10: {} }, body: firing("Case10"), winner: "c10" }),
  },
  {
    title: "11 an alert starts the Job of the Operarius with its name and labels",
    run: (bench) =>
      competes(bench, {
        alertname: "Case11",
        rivals: { c11: { labels: { severity: "critical", team: "a" } }, "c11-other": { labels: { team: "b" } } },
        body: firing("Case11", { severity: "critical", team: "a", more: "x" }),
        winner: "c11",
      }),
  },
  {
    title: "12 an alert of another name starts no Job",
    run: (bench) => nobody(bench, { alertname: "Case12", rivals: { c12: {} }, body: firing("Case12Unknown") }),
  },
  {
    title: "13 of the priorities 10, 50 and 100 the Operarius with 100 answers",
    run: (bench) =>
      competes(bench, {
        alertname: "Case13",
        rivals: {
          "c13-low": { spec: { priority: 10 } },
          "c13-high": { spec: { priority: 100 } },
          "c13-middle": { spec: { priority: 50 } },
        },
        body: firing("Case13"),
        winner: "c13-high",
      }),
  },
  {
    title: "14 a disabled Operarius never answers, whatever its priority; without `enabled` one is enabled",
    async run(bench) {
      await competes(bench, {
        alertname: "Case14",
        rivals: { "c14-off": { spec: { priority: 100, ...disabled } }, "c14-absent": { spec: { priority: 1 } } },
        body: firing("Case14"),
        winner: "c14-absent",
      });
      const rivals = { "c14-all-off": { spec: disabled } };
      await nobody(bench, { alertname: "Case14Off", rivals, body: firing("Case14Off") });
    },
  },
  {
    title: "15 an Operarius with labels and a priority beats the generic one; a partial match falls back to that",
    async run(bench) {
      const alertname = "Case15";
      const rivals = {
        "c15-specific": { labels: { severity: "critical", team: "a" }, spec: { priority: 100 } },
        "c15-generic": { spec: { priority: 1 } },
      };
      const labels = { severity: "critical", team: "a", node: "x" };
      await competes(bench, { alertname, rivals, body: firing(alertname, labels), winner: "c15-specific" });
      await bench.open.deliver(firing(alertname, { severity: "critical", team: "b", node: "y" }));
      await jobsStarted(bench.seen, "c15-generic");
      expect(await jobsOf(bench.kube, "c15-specific")).toHaveLength(1);
    },
  },
  {
    title: "16 an alert's own label overrides the common one",
    run: (bench) =>
      competes(bench, {
        alertname: "Case16",
        rivals: { "c16-own": { labels: { team: "own" } }, "c16-common": { labels: { team: "common" } } },
        body: deliveryOf([{ labels: { alertname: "Case16", team: "own" } }], {
          commonLabels: { alertname: "Case16Common", team: "common" },
        }),
        winner: "c16-own",
      }),
  },
  {
    title: "17 with an empty list of alerts the common labels stand for one",
    run: (bench) =>
      competes(bench, {
        alertname: "Case17",
        rivals: { c17: { labels: { team: "a" } } },
        body: deliveryOf([], { commonLabels: { alertname: "Case17", team: "a" } }),
        winner: "c17",
      }),
  },
  {
    title: "18 an alert without labels takes its name from the common labels",
    run: (bench) =>
      competes(bench, {
        alertname: "Case18",
        rivals: { c18: {} },
        body: deliveryOf([{ labels: {} }], { commonLabels: { alertname: "Case18" } }),
        winner: "c18",
      }),
  },
  {
    title: "19 another status, a missing label and a different label start no Job",
    async run(bench) {
      const alertname = "Case19";
      const rivals = { c19: { labels: { team: "a" } } };
      const resolved = deliveryOf([{ status: "resolved", labels: { alertname, team: "a" } }]);
      await nobody(bench, { alertname, rivals, body: resolved });
      await nobody(bench, { alertname, rivals: {}, body: firing(alertname) });
      await nobody(bench, { alertname, rivals: {}, body: firing(alertname, { team: "b" }) });
      await nobody(bench, { alertname, rivals: {}, body: firing(alertname, { Team: "a" }) });
      expect(await jobsOf(bench.kube, "c19")).toEqual([]);
    },
  },
  {
    title: "37 an Operarius for `resolved` answers resolved alerts and no firing ones",
    async run(bench) {
      const { open, seen } = bench;
      const alertname = "Case37";
      await nobody(bench, { alertname, rivals: { c37: { status: "resolved" } }, body: firing(alertname) });
      await open.deliver(deliveryOf([{ status: "resolved", labels: { alertname } }]));
      const [job] = await jobsStarted(seen, "c37");
      expect(job?.metadata.labels?.["openfero.io/status"]).toBe("resolved");
      const [record] = await allEnded(seen, alertname);
      expect(record?.status?.phase).toBe("Succeeded");
    },
  },
  {
    title: "3.9 equal priorities are settled by name",
    run: (bench) =>
      competes(bench, {
        alertname: "Tie",
        rivals: { "tie-b": { spec: { priority: 7 } }, "tie-a": { spec: { priority: 7 } }, "tie-c": {} },
        body: firing("Tie"),
        winner: "tie-a",
      }),
  },
  {
    title: "3.9 matchers as Alertmanager writes them, anchored, together with labels",
    run: (bench) =>
      competes(bench, {
        alertname: "Matchers",
        rivals: {
          "matchers-win": {
            spec: { alertSelector: selector("Matchers", ['team=~"infra|storage"', 'tier!="dev"', 'absent=""']) },
          },
          "matchers-part": { spec: { priority: 9, alertSelector: selector("Matchers", ['team=~"infr"']) } },
          "matchers-not": { spec: { priority: 9, alertSelector: selector("Matchers", ['team!~"infra.*"']) } },
        },
        body: firing("Matchers", { team: "infra", tier: "prod" }),
        winner: "matchers-win",
      }),
  },
];

function selector(alertname: string, matchers: string[]) {
  return { alertname, status: "firing" as const, matchers };
}
