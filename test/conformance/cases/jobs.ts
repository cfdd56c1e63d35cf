/** Jobs: their lives, deadlines, conditions, the labels of their pods. */

import type { Job } from "kubernetes-types/batch/v1";
import { expect } from "vitest";
import { events, jobs, pods } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import { aJob } from "../objects.ts";

const work = (bench: Bench) => ({ namespace: bench.namespace, name: "work" });

async function ended(bench: Bench, type: "Complete" | "Failed"): Promise<Live<Job>> {
  const last: { status?: object } = {};
  return bench.until(
    `the Job is ${type}`,
    async () => {
      const job = await bench.kube.get(jobs, work(bench));
      last.status = { ...job.status };
      return job.status?.conditions?.some((each) => each.type === type && each.status === "True") && job;
    },
    { seen: () => last.status },
  );
}

function conditions({ status }: Live<Job>): (string | undefined)[][] {
  return (status?.conditions ?? []).map(({ type, reason, message }) => [type, reason, message]);
}

async function ownPods(bench: Bench) {
  return (await bench.kube.list(pods, { namespace: bench.namespace, labelSelector: "job-name=work" })).items;
}

export const jobCases: readonly Case[] = [
  {
    name: "a Job that succeeds: conditions, counters, and the labels and owner of its pod",
    nodes: 1,
    async run(bench) {
      const made = await bench.kube.create(jobs, aJob(bench, 0));
      expect(made.spec).toMatchObject({
        backoffLimit: 6,
        completions: 1,
        parallelism: 1,
        completionMode: "NonIndexed",
        suspend: false,
      });
      const { uid } = made.metadata;
      expect(made.spec?.selector).toEqual({ matchLabels: { "batch.kubernetes.io/controller-uid": uid } });
      const job = await ended(bench, "Complete");
      expect(conditions(job)).toEqual([
        ["SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods"],
        ["Complete", "CompletionsReached", "Reached expected number of succeeded pods"],
      ]);
      expect(job.status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
      expect(job.status?.completionTime).toBeDefined();
      const [pod] = await ownPods(bench);
      expect(pod?.metadata.labels).toEqual({
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "work",
        "controller-uid": uid,
        "job-name": "work",
      });
      expect(pod?.metadata.ownerReferences).toEqual([
        { apiVersion: "batch/v1", kind: "Job", name: "work", uid, controller: true, blockOwnerDeletion: true },
      ]);
      expect(pod?.metadata.generateName).toBe("work-");
      expect(pod?.metadata.finalizers).toBeUndefined();
      expect(pod?.status?.phase).toBe("Succeeded");
    },
  },
  {
    name: "backoffLimit 0: one failure ends the Job, with the reason BackoffLimitExceeded",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(jobs, aJob(bench, 3, { backoffLimit: 0 }));
      const job = await ended(bench, "Failed");
      expect(conditions(job)).toEqual([
        ["FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit"],
        ["Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"],
      ]);
      expect(job.status?.failed).toBe(1);
      const own = await ownPods(bench);
      expect(own.map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.exitCode)).toEqual([3]);
    },
  },
  {
    name: "activeDeadlineSeconds: the pods are ended and the Job fails as DeadlineExceeded",
    nodes: 1,
    async run(bench) {
      const containers = [{ name: "main", image: "app:ok-1" }];
      const template = { spec: { containers } };
      await bench.kube.create(jobs, aJob(bench, 0, { activeDeadlineSeconds: 2, backoffLimit: 0, template }));
      const job = await ended(bench, "Failed");
      expect(conditions(job)).toEqual([
        ["FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline"],
        ["Failed", "DeadlineExceeded", "Job was active longer than specified deadline"],
      ]);
      // The pod is deleted.
      await bench.until("the pod is gone", async () => (await ownPods(bench)).length === 0);
    },
  },
  {
    name: "a suspended Job has no pods; resumed it starts, suspended again it loses them",
    nodes: 1,
    async run(bench) {
      const template = { spec: { containers: [{ name: "main", image: "app:longgrace-1" }] } };
      await bench.kube.create(jobs, aJob(bench, 0, { suspend: true, template }));
      const suspended = await bench.until("it is suspended", async () => {
        const job = await bench.kube.get(jobs, work(bench));
        return job.status?.conditions?.[0] !== undefined && job;
      });
      expect(conditions(suspended)).toEqual([["Suspended", "JobSuspended", "Job suspended"]]);
      expect(suspended.status?.startTime).toBeUndefined();
      expect(await ownPods(bench)).toEqual([]);
      const suspend = (value: boolean) =>
        bench.kube.patch(jobs, work(bench), { type: "merge", body: { spec: { suspend: value } } });
      await suspend(false);
      await bench.until("a pod runs", async () => (await ownPods(bench)).length === 1);
      const resumed = await bench.until("it is active", async () => {
        const job = await bench.kube.get(jobs, work(bench));
        return job.status?.active === 1 && job;
      });
      expect(conditions(resumed)).toEqual([["Suspended", "JobResumed", "Job resumed"]]);
      await suspend(true);
      await bench.until("its pod is gone", async () => (await ownPods(bench)).length === 0);
    },
  },
  {
    name: "ttlSecondsAfterFinished removes the Job and its pods",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(jobs, aJob(bench, 0, { ttlSecondsAfterFinished: 1 }));
      await bench.until("the Job is gone", async () =>
        bench.kube.get(jobs, work(bench)).then(
          () => false,
          () => true,
        ),
      );
      await bench.until("the pods are gone", async () => (await ownPods(bench)).length === 0);
    },
  },
  {
    name: "the pod of a running Job carries a finalizer; deleting the Job in the background removes it",
    nodes: 1,
    async run(bench) {
      const template = { spec: { containers: [{ name: "main", image: "app:ok-1" }] } };
      await bench.kube.create(jobs, aJob(bench, 0, { template }));
      const [pod] = await bench.until("a pod", async () => {
        const own = await ownPods(bench);
        return own.length > 0 && own;
      });
      expect(pod?.metadata.finalizers).toEqual(["batch.kubernetes.io/job-tracking"]);
      await bench.kube.delete(jobs, work(bench), { propagationPolicy: "Background" });
      await bench.until("the pod is gone", async () => (await ownPods(bench)).length === 0);
    },
  },
  {
    name: "a Job tells of its pods in events",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(jobs, aJob(bench, 0));
      await ended(bench, "Complete");
      const [pod] = await ownPods(bench);
      const said = await bench.until("the events", async () => {
        const fieldSelector = "involvedObject.kind=Job,involvedObject.name=work";
        const { items } = await bench.kube.list(events, { namespace: bench.namespace, fieldSelector });
        const words = items.map(({ reason, message }) => `${reason}: ${message}`);
        return words.length >= 2 && words;
      });
      expect(said.toSorted()).toEqual([
        "Completed: Job completed",
        `SuccessfulCreate: Created pod: ${pod?.metadata.name}`,
      ]);
    },
  },
  {
    name: "the template of a Job cannot be changed",
    async run(bench) {
      await bench.kube.create(jobs, aJob(bench, 0, { suspend: false }));
      const body = { spec: { template: { spec: { containers: [{ name: "main", image: "app:exit-1" }] } } } };
      await expect(bench.kube.patch(jobs, work(bench), { type: "merge", body })).rejects.toMatchObject({
        code: 422,
        message: expect.stringMatching(
          /^Job\.batch "work" is invalid: spec\.template: Invalid value: .*: field is immutable$/,
        ) as string,
      });
    },
  },
  {
    name: "kubectl wait sees the end of a Job, and kubectl logs its output",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(jobs, aJob(bench, 0));
      const said = await bench.kubectl(["wait", "--for=condition=complete", "job/work", "--timeout=30s"]);
      expect(said).toContain("job.batch/work condition met");
      expect((await bench.tryKubectl(["logs", "job/work"])).code).toBe(0);
    },
  },
];
