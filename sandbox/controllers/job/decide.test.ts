import type { Job, JobStatus } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Live } from "../../../src/kube/types.ts";
import { planJob, trackingFinalizer } from "./decide.ts";
import { expiryMs } from "./time-to-live.ts";

const now = Date.parse("2030-01-01T00:10:00Z");
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString().replace(".000", "");

function job(spec: Partial<Job["spec"]> = {}, status?: JobStatus): Live<Job> {
  return {
    metadata: { name: "heal", namespace: "openfero", uid: "uid-job", resourceVersion: "1", creationTimestamp: ago(60) },
    spec: { completions: 1, parallelism: 1, template: { spec: { containers: [], restartPolicy: "Never" } }, ...spec },
    ...(status !== undefined && { status }),
  };
}

function pod(
  name: string,
  phase: string,
  parts: { endedFor?: number; deleting?: boolean; ready?: boolean; counted?: boolean } = {},
): Live<Pod> {
  const { endedFor = 0, deleting = false, ready = false, counted = false } = parts;
  const isOver = phase === "Failed" || phase === "Succeeded";
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: ago(60),
      finalizers: counted ? [] : [trackingFinalizer],
      ...(deleting && { deletionTimestamp: ago(0) }),
    },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      ...(isOver && {
        containerStatuses: [
          {
            name: "m",
            image: "i",
            imageID: "",
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode: 1, finishedAt: ago(endedFor) } },
          },
        ],
      }),
    },
  };
}

function plan(of: Live<Job>, pods: Live<Pod>[] = [], at = now) {
  return planJob({ job: of, pods, now: at, backoff: { baseMs: 1_000, capMs: 4_000 } });
}

const types = (status: JobStatus): string[] =>
  (status.conditions ?? []).map((each) => `${each.type}=${each.status}:${each.reason ?? ""}`);

describe("what a Job needs next", () => {
  it("starts with one pod and a start time", () => {
    expect(plan(job())).toMatchObject({ create: 1, status: { active: 1, ready: 0, startTime: ago(0) } });
  });

  it("creates nothing beside a pod that is at work", () => {
    const result = plan(job(), [pod("a", "Running", { ready: true })]);
    expect(result).toMatchObject({ create: 0, remove: [], status: { active: 1, ready: 1 } });
  });

  it("is complete when its pod succeeded, and lets the pod go", () => {
    const result = plan(job(), [pod("a", "Succeeded")]);
    expect(types(result.status)).toEqual([
      "SuccessCriteriaMet=True:CompletionsReached",
      "Complete=True:CompletionsReached",
    ]);
    expect(result.status).toMatchObject({ succeeded: 1, completionTime: ago(0) });
    expect(result.release.map((each) => each.metadata.name)).toEqual(["a"]);
    expect(result.events.map((each) => each.reason)).toEqual(["Completed"]);
  });

  it("counts each end once: not again while the finalizer is still seen", () => {
    const first = plan(job({ backoffLimit: 3 }), [pod("a", "Failed", { endedFor: 60 })]).status;
    expect(first.failed).toBe(1);
    const second = plan(job({ backoffLimit: 3 }, first), [pod("a", "Failed", { endedFor: 60 })]).status;
    expect(second.failed).toBe(1);
    const third = plan(job({ backoffLimit: 3 }, second), [pod("a", "Failed", { endedFor: 60, counted: true })]).status;
    expect(third).toMatchObject({ failed: 1, uncountedTerminatedPods: {} });
  });

  it.each([
    { failures: [0.5], want: { create: 0, recheckMs: 500 } },
    { failures: [1.5], want: { create: 1 } },
    { failures: [9, 0.5], want: { create: 0, recheckMs: 1_500 } },
    { failures: [9, 8, 7, 6, 1], want: { create: 0, recheckMs: 3_000 } },
  ])("after failures $failures seconds ago waits as the back-off says", ({ failures, want }) => {
    const pods = failures.map((endedFor, index) => pod(`p${index}`, "Failed", { endedFor }));
    expect(plan(job({ backoffLimit: 9 }), pods)).toMatchObject(want);
  });

  it.each([
    { name: "the first failure with backoffLimit 0", limit: 0, failed: 1, fails: true },
    { name: "one failure with backoffLimit 1", limit: 1, failed: 1, fails: false },
    { name: "two failures with backoffLimit 1", limit: 1, failed: 2, fails: true },
  ])("on $name fails: $fails", ({ limit, failed, fails }) => {
    const pods = Array.from({ length: failed }, (_, index) => pod(`p${index}`, "Failed", { endedFor: 60 }));
    const result = plan(job({ backoffLimit: limit }), pods);
    expect(types(result.status).includes("Failed=True:BackoffLimitExceeded")).toBe(fails);
    expect(result.create).toBe(fails ? 0 : 1);
  });

  it("counts restarts in place under OnFailure", () => {
    const running = pod("a", "Running");
    const status = { name: "m", image: "i", imageID: "", ready: false, restartCount: 1 };
    const restarted = { ...running, status: { ...running.status, containerStatuses: [status] } };
    const spec = { backoffLimit: 0, template: { spec: { containers: [], restartPolicy: "OnFailure" } } };
    expect(types(plan(job(spec), [restarted]).status)).toEqual(["FailureTarget=True:BackoffLimitExceeded"]);
  });

  it("at its deadline takes the pod down first and fails when the pod is gone", () => {
    const late = job({ activeDeadlineSeconds: 30 }, { startTime: ago(31) });
    const first = plan(late, [pod("a", "Running")]);
    expect(first.remove.map((each) => each.metadata.name)).toEqual(["a"]);
    expect(types(first.status)).toEqual(["FailureTarget=True:DeadlineExceeded"]);
    const second = plan({ ...late, status: first.status }, []);
    expect(types(second.status)).toContain("Failed=True:DeadlineExceeded");
    expect(second.events).toEqual([
      { type: "Warning", reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" },
    ]);
  });

  it("says when the deadline will be", () => {
    const result = plan(job({ activeDeadlineSeconds: 30 }, { startTime: ago(10) }), [pod("a", "Running")]);
    expect(result.recheckMs).toBe(20_000);
  });

  it("suspends without counting a failure, and resumes with a new start time", () => {
    const suspended = plan(job({ suspend: true }, { startTime: ago(50) }), [pod("a", "Running")]);
    expect(suspended.remove).toHaveLength(1);
    expect(suspended.status.startTime).toBeUndefined();
    const going = plan(job({ suspend: true }, suspended.status), [pod("a", "Running", { deleting: true })]);
    expect(going.status.failed).toBeUndefined();
    const resumed = plan(job({ suspend: false }, suspended.status));
    expect(types(resumed.status)).toEqual(["Suspended=False:JobResumed"]);
    expect(resumed).toMatchObject({ create: 1, status: { startTime: ago(0) } });
  });

  it("leaves a finished Job as it is", () => {
    const done: JobStatus = { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] };
    expect(plan(job({}, done))).toMatchObject({ create: 0, remove: [], events: [], status: { succeeded: 1 } });
  });

  it.each([
    { ttl: undefined, ended: 100, want: undefined },
    { ttl: 10, ended: 4, want: 6_000 },
    { ttl: 10, ended: 12, want: -2_000 },
  ])("time to live $ttl, finished $ended s ago: $want ms left", ({ ttl, ended, want }) => {
    const conditions = [{ type: "Failed", status: "True", lastTransitionTime: ago(ended) }];
    expect(expiryMs(job(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }, { conditions }), now)).toBe(want);
  });
});
