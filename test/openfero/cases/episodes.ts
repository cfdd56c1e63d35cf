/** 25, 26, 28-32: how often a Job is started, and what the Operarius says about it. */
import { expect } from "vitest";
import { jobs } from "../../../src/kube/resources.ts";
import { operariuses } from "../../../src/operarius/operarius.ts";
import { until } from "../../support/until.ts";
import type { Bench, Case } from "../case.ts";
import { deliveryOf, firing } from "../delivery.ts";
import { allEnded, create, jobOf, jobsOf, jobsStarted, namespace, recordsOf, statusOf } from "../operarius.ts";

const times = (count: number, body: object) => Array.from({ length: count }, () => body);

async function ttlOf({ kube }: Bench, name: string, ttl: number): Promise<void> {
  const body = { spec: { deduplication: { ttl } } };
  await kube.patch(operariuses, { namespace, name }, { type: "merge", body });
}

export const episodeCases: readonly Case[] = [
  {
    title: "25 without deduplication every new episode starts a Job",
    async run({ kube, open, seen }) {
      await create(kube, "c25", { alertname: "Case25" });
      for (const count of [1, 2, 3]) {
        await open.deliver(firing("Case25"));
        await allEnded(seen, "Case25", count);
        expect(await jobsOf(kube, "c25")).toHaveLength(count);
      }
    },
  },
  {
    title: "26 within the window a new episode is skipped, after it one is allowed",
    async run(bench) {
      const { kube, open, seen } = bench;
      await create(kube, "c26", { alertname: "Case26", spec: { deduplication: { enabled: true, ttl: 3600 } } });
      await open.deliver(firing("Case26"));
      await allEnded(seen, "Case26");
      await open.deliver(firing("Case26"));
      expect(await recordsOf(kube, "Case26")).toHaveLength(1);
      expect(await statusOf(kube, "c26")).toMatchObject({
        executionCount: 1,
        lastExecutionStatus: "Skipped: Deduplication",
      });
      await ttlOf(bench, "c26", 1);
      await until("the window to be over", async () => {
        await open.deliver(firing("Case26"));
        return (await recordsOf(kube, "Case26")).length === 2;
      });
      await jobsStarted(seen, "c26", 2);
    },
  },
  {
    title: "26 a window of 0 seconds is none",
    async run({ kube, open, seen }) {
      await create(kube, "c26-zero", { alertname: "Case26Zero", spec: { deduplication: { enabled: true, ttl: 0 } } });
      for (const count of [1, 2]) {
        await open.deliver(firing("Case26Zero"));
        await allEnded(seen, "Case26Zero", count);
      }
      expect(await jobsOf(kube, "c26-zero")).toHaveLength(2);
    },
  },
  {
    title: "28 and 30 twenty identical deliveries at once start exactly one Job, and all are recorded",
    async run({ kube, open, seen }) {
      await create(kube, "c28", { alertname: "Case28", spec: { deduplication: { enabled: true, ttl: 3600 } } });
      const answers = await Promise.all(times(20, firing("Case28", { zone: "a" })).map((body) => open.post(body)));
      expect(answers.map(({ code }) => code)).toEqual(Array(20).fill(200));
      await allEnded(seen, "Case28");
      expect(await jobsOf(kube, "c28")).toHaveLength(1);
      expect(await statusOf(kube, "c28")).toMatchObject({ executionCount: 1 });
    },
  },
  {
    title: "28 each of twenty identical deliveries can be found",
    inOrder: true,
    async run({ bearer }) {
      await Promise.all(times(20, firing("Case28Seen")).map((body) => bearer.deliver(body)));
      expect(await bearer.search("Case28Seen")).toHaveLength(20);
    },
  },
  {
    title: "29 and 30 different targets have a Job each",
    async run({ kube, open, seen }) {
      await create(kube, "c29", { alertname: "Case29" });
      const zones = ["a", "b", "c", "d"];
      await Promise.all(zones.map((zone) => open.deliver(firing("Case29", { zone }))));
      await open.deliver(deliveryOf(["e", "f"].map((zone) => ({ labels: { alertname: "Case29", zone } }))));
      await allEnded(seen, "Case29", 6);
      expect(await jobsOf(kube, "c29")).toHaveLength(6);
    },
  },
  {
    title: "31 the status says when, how often, which Job, and what became of it",
    async run({ kube, open, seen }) {
      await create(kube, "c31", { alertname: "Case31" });
      await create(kube, "c31-bad", {
        alertname: "Case31Bad",
        container: { image: "app:exit-3" },
        job: { backoffLimit: 0 },
      });
      const { conditions: _checked, ...executions } = await statusOf(kube, "c31");
      expect(executions).toEqual({});
      await open.deliver(firing("Case31"));
      const job = await jobOf(seen, "c31");
      const begun = await until("the start in the status", async () => {
        const status = await statusOf(kube, "c31");
        return status.lastExecutedJobName !== undefined && status;
      });
      expect(begun).toMatchObject({ executionCount: 1, lastExecutedJobName: job.metadata.name });
      expect(["Pending", "Running", "Successful"]).toContain(begun.lastExecutionStatus);
      expect(Date.parse(begun.lastExecutionTime ?? "")).toBeGreaterThan(0);
      await until("Successful", async () => (await statusOf(kube, "c31")).lastExecutionStatus === "Successful");
      await open.deliver(firing("Case31Bad"));
      await until("Failed", async () => (await statusOf(kube, "c31-bad")).lastExecutionStatus === "Failed");
      const [record] = await allEnded(seen, "Case31Bad");
      expect(record?.status?.phase).toBe("Failed");
    },
  },
  {
    title: "31 GET /api/jobs and GET /api/alerts show the same",
    async run({ kube, open, seen }) {
      await create(kube, "c31-shown", { alertname: "Case31Shown" });
      await open.deliver(firing("Case31Shown"));
      const job = await jobOf(seen, "c31-shown");
      const stored = await open.search("c31-shown");
      expect(stored[0]?.jobInfo).toEqual({
        operariusName: "c31-shown",
        jobName: job.metadata.name,
        namespace,
        image: "busybox:1.36",
      });
      for (const query of [job.metadata.name, "busybox:1.36"])
        expect((await open.search(query)).map(({ jobInfo }) => jobInfo?.operariusName)).toContain("c31-shown");
      const entry = await until("the end in /api/jobs", async () => {
        const { text } = await open.get("/api/jobs");
        const list = JSON.parse(text) as { operariusName: string; status?: string }[];
        return list.find(({ operariusName, status }) => operariusName === "c31-shown" && status === "Successful");
      });
      expect(entry).toMatchObject({
        jobName: "Case31Shown",
        namespace,
        image: "busybox:1.36",
        executionCount: 1,
        lastExecutedJobName: job.metadata.name,
        lastExecutionTime: expect.any(String),
      });
    },
  },
  {
    title: "32 an Operarius counts from the moment it is applied, and no more from the moment it is deleted",
    async run({ kube, open, seen }) {
      for (const round of [1, 2, 3, 4, 5]) {
        const alertname = `Case32-${round}`;
        await create(kube, `c32-${round}`, { alertname });
        await open.deliver(firing(alertname));
        expect(await recordsOf(kube, alertname)).toHaveLength(1);
      }
      await jobOf(seen, "c32-1");
      await allEnded(seen, "Case32-1");
      await kube.delete(operariuses, { namespace, name: "c32-1" });
      await until("the deletion to be seen", async () => !(await open.get("/api/jobs")).text.includes('"c32-1"'));
      await open.deliver(firing("Case32-1"));
      expect(await recordsOf(kube, "Case32-1")).toHaveLength(1);
    },
  },
  {
    title: "3.12 the window outlives the Job: its collection reopens nothing",
    async run({ kube, open, seen }) {
      await create(kube, "window", { alertname: "Window", spec: { deduplication: { enabled: true, ttl: 3600 } } });
      await open.deliver(firing("Window"));
      await allEnded(seen, "Window");
      const { name } = (await jobOf(seen, "window")).metadata;
      await kube.delete(jobs, { namespace, name }, { propagationPolicy: "Background" });
      await until("the Job to go", async () => (await jobsOf(kube, "window")).length === 0);
      await open.deliver(firing("Window"));
      expect(await recordsOf(kube, "Window")).toHaveLength(1);
      expect(await statusOf(kube, "window")).toMatchObject({ lastExecutionStatus: "Skipped: Deduplication" });
      expect(await jobsOf(kube, "window")).toEqual([]);
    },
  },
];
