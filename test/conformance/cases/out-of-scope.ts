/** What the sandbox leaves out, as a real cluster does it; `differences.ts` says why. */
import { expect } from "vitest";
import { jobs, pods } from "../../../src/kube/resources.ts";
import type { Bench, Case } from "../case.ts";
import { aJob } from "../objects.ts";
import { makeOne } from "../writes.ts";

async function failedJob(bench: Bench) {
  return bench.until("the Job has failed", async () => {
    const job = await bench.kube.get(jobs, { namespace: bench.namespace, name: "work" });
    return job.status?.conditions?.find(({ type }) => type === "Failed");
  });
}

export const outOfScopeCases: readonly Case[] = [
  {
    name: "an Indexed Job gives each of its pods a number",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(jobs, aJob(bench, 0, { completionMode: "Indexed", completions: 2, parallelism: 2 }));
      const label = "batch.kubernetes.io/job-completion-index";
      await bench.until("both numbers", async () => {
        const { items } = await bench.kube.list(pods, { namespace: bench.namespace, labelSelector: label });
        return new Set(items.map(({ metadata }) => metadata.labels?.[label])).size === 2;
      });
    },
  },
  {
    name: "a podFailurePolicy ends a Job at an exit code",
    nodes: 1,
    async run(bench) {
      const rules = [{ action: "FailJob", onExitCodes: { operator: "In", values: [7] } }];
      const path = `/apis/batch/v1/namespaces/${bench.namespace}/jobs`;
      const body = aJob(bench, 7, { podFailurePolicy: { rules } } as object);
      expect((await bench.http({ method: "POST", path, body })).code).toBe(201);
      expect((await failedJob(bench)).reason).toBe("PodFailurePolicy");
    },
  },
  {
    name: "the columns of a Table have descriptions",
    async run(bench) {
      await makeOne(bench);
      const { body } = await bench.http<{ columnDefinitions: { description: string }[] }>({
        path: `/api/v1/namespaces/${bench.namespace}/configmaps`,
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
      });
      expect(body.columnDefinitions[0]?.description).toContain("Name must be unique within a namespace.");
    },
  },
  {
    name: "the server tells its own measurements at /metrics",
    async run({ http }) {
      expect((await http({ path: "/metrics" })).text).toContain("apiserver_request_total");
    },
  },
  {
    name: "storage, networking and autoscaling have API groups",
    async run({ http }) {
      for (const path of ["/apis/storage.k8s.io/v1", "/apis/networking.k8s.io/v1", "/apis/autoscaling/v2"])
        expect([path, (await http({ path })).code]).toEqual([path, 200]);
    },
  },
];
