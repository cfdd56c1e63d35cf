import type { Job } from "kubernetes-types/batch/v1";
import { describe, expect, it } from "vitest";
import { aContext, aHook, anAlert, anOperarius, install, NAMESPACE } from "../../test/support/control-fixture.ts";
import type { Call } from "../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { events, jobs } from "../kube/resources.ts";
import { targetHash } from "../operarius/names.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { operariuses } from "../operarius/operarius.ts";
import { remediations } from "../operarius/remediation.ts";
import { reconcile } from "./reconcile.ts";

const target = { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const JOB = `daemonset-rollout-fix-${targetHash(target)}-1-1`;
const NOW = Date.parse("2026-01-01T12:00:00Z");

async function setUp(operarius: OperariusObject | undefined = anOperarius()) {
  const kube = createMemoryKube(() => NOW);
  if (operarius !== undefined) await install(kube, operarius);
  await kube.create(remediations, {
    metadata: { name: "r", namespace: NAMESPACE },
    spec: {
      target,
      operarius: { name: "daemonset-rollout-fix" },
      sequence: 1,
      alert: anAlert(),
      hook: aHook(),
      receivedAt: new Date(NOW).toISOString(),
    },
  });
  const context = aContext(kube, { now: () => NOW });
  return {
    kube,
    context,
    pass: () => reconcile(context, "r"),
    status: () => kube.all(remediations)[0]?.status,
    setJob: (status: Job["status"]) =>
      kube.patchStatus(jobs, { namespace: NAMESPACE, name: JOB }, { type: "merge", body: { status } }),
  };
}

const isWrite = ({ verb }: Call) => !["get", "list"].includes(verb);

describe("starting an attempt", () => {
  it("reserves the number, creates the Job, counts it and says so, in this order", async () => {
    const { kube, pass, status } = await setUp();
    const before = kube.calls.length;
    await pass();
    expect(
      kube.calls
        .slice(before)
        .filter(isWrite)
        .map(({ verb, plural }) => `${verb} ${plural}`),
    ).toEqual([
      "patchStatus remediations",
      "create jobs",
      "patchStatus operariuses",
      "patchStatus remediations",
      "create events",
    ]);
    expect(status()).toMatchObject({
      phase: "Running",
      attempts: [{ n: 1, jobName: JOB, startedAt: expect.any(String) }],
    });
    expect(kube.all(jobs).map(({ metadata }) => metadata.name)).toEqual([JOB]);
    expect(kube.all(operariuses)[0]?.status).toMatchObject({ executionCount: 1, lastExecutionStatus: "Pending" });
    expect(kube.all(events)[0]).toMatchObject({
      reason: "JobStarted",
      involvedObject: { kind: "Remediation", name: "r" },
    });
  });

  it("can be interrupted after any call and makes one Job all the same", async () => {
    const whole = await setUp();
    const begun = whole.kube.calls.length;
    await whole.pass();
    const length = whole.kube.calls.length - begun;
    for (let cut = 0; cut < length; cut++) {
      const { kube, pass, status } = await setUp();
      let left = cut;
      kube.failWith(() => (left-- > 0 ? undefined : new TransportError("the server went away")));
      await pass().catch(() => undefined);
      kube.failWith(() => undefined);
      await pass();
      await pass();
      expect(kube.all(jobs), `cut after ${cut} calls`).toHaveLength(1);
      expect(status()?.attempts, `cut after ${cut} calls`).toMatchObject([{ n: 1, startedAt: expect.any(String) }]);
      expect(kube.all(operariuses)[0]?.status?.executionCount, `cut after ${cut} calls`).toBe(1);
    }
  });

  it("two replicas at once make one Job and count it once", async () => {
    const { kube, pass } = await setUp();
    await Promise.all([pass(), pass(), pass()]);
    await pass();
    expect(kube.all(jobs)).toHaveLength(1);
    expect(kube.all(operariuses)[0]?.status?.executionCount).toBe(1);
  });

  describe("a Job that is deleted as soon as it is there is not made again", () => {
    const atTheNote = ({ verb, plural }: Call) => verb === "patchStatus" && plural === "remediations";
    async function deletedAtOnce(meanwhile: (scene: Awaited<ReturnType<typeof setUp>>) => Promise<Error | undefined>) {
      const scene = await setUp();
      const { kube, pass, status } = scene;
      let left = 2;
      kube.failWith(async (call) => {
        if (!atTheNote(call) || --left !== 0) return undefined;
        await kube.delete(jobs, { namespace: NAMESPACE, name: JOB });
        return meanwhile(scene);
      });
      await pass().catch(() => undefined);
      for (let rounds = 0; rounds < 3; rounds++) await pass();
      expect(kube.calls.filter(({ verb, plural }) => verb === "create" && plural === "jobs")).toHaveLength(1);
      expect(status()).toMatchObject({ phase: "Failed", attempts: [{ n: 1, startedAt: expect.any(String) }] });
      expect(kube.all(operariuses)[0]?.status?.executionCount).toBe(1);
      return scene;
    }
    const noteAlert = async ({ kube }: Awaited<ReturnType<typeof setUp>>) => {
      const body = { status: { lastSeenFiring: new Date(NOW).toISOString() } };
      await kube.patchStatus(remediations, { namespace: NAMESPACE, name: "r" }, { type: "merge", body });
      return undefined;
    };

    it("though the alert was noted on the record before its start was", () => deletedAtOnce(noteAlert));

    it("though another record of the Operarius has begun since, too", () =>
      deletedAtOnce(async (scene) => {
        const body = { status: { lastExecutedJobName: "another" } };
        const ref = { namespace: NAMESPACE, name: "daemonset-rollout-fix" };
        await scene.kube.patchStatus(operariuses, ref, { type: "merge", body });
        return noteAlert(scene);
      }));

    it("though the server went away before it could note the start", () =>
      deletedAtOnce(() => Promise.resolve(new TransportError("the server went away"))));
  });

  it("does not take somebody else's Job for its own", async () => {
    const { kube, pass, status } = await setUp();
    await kube.create(jobs, { metadata: { name: JOB, namespace: NAMESPACE } });
    await pass();
    expect(status()).toMatchObject({ phase: "Failed", reason: "JobNameTaken" });
  });

  it("waits for the Job of a deleted record of the same name to be collected", async () => {
    const { kube, pass, status } = await setUp();
    const ownerReferences = [{ apiVersion: "openfero.io/v1alpha1", kind: "Remediation", name: "r", uid: "earlier" }];
    await kube.create(jobs, { metadata: { name: JOB, namespace: NAMESPACE, ownerReferences } });
    await expect(pass()).rejects.toThrow("still there");
    await kube.delete(jobs, { namespace: NAMESPACE, name: JOB });
    await pass();
    expect(status()).toMatchObject({ phase: "Running", attempts: [{ n: 1, jobName: JOB }] });
  });

  it.each<[string, OperariusObject | undefined, string, string]>([
    ["deleted", anOperarius({}, "another"), "Failed", "OperariusGone"],
    ["disabled", anOperarius({ enabled: false }), "Cancelled", "OperariusDisabled"],
    [
      "broken",
      { ...anOperarius(), spec: { ...anOperarius().spec, jobTemplate: {} as never } },
      "Failed",
      "OperariusInvalid",
    ],
    [
      "given a template the alert cannot fill",
      anOperarius({
        jobTemplate: { spec: { template: { spec: { containers: [{ name: "c", args: ["{{ .Labels.missing }}"] }] } } } },
      }),
      "Failed",
      "TemplateInvalid",
    ],
  ])("makes no Job when the Operarius was %s", async (_, operarius, phase, reason) => {
    const { kube, pass, status } = await setUp(operarius);
    await pass();
    expect(status()).toMatchObject({ phase, reason, message: expect.stringContaining("daemonset-rollout-fix") });
    expect(kube.all(jobs)).toEqual([]);
  });

  it("tries again what is refused for now", async () => {
    const forbidden = new StatusError({ code: 403, reason: "Forbidden", message: "exceeded quota" });
    const { kube, pass, status } = await setUp();
    kube.failWith(({ verb, plural }) => (verb === "create" && plural === "jobs" ? forbidden : undefined));
    await expect(pass()).rejects.toBe(forbidden);
    expect(status()?.phase).toBe("Pending");
  });

  it("fails at once when the API server finds the Job invalid", async () => {
    const { kube, pass, status } = await setUp();
    const invalid = new StatusError({ code: 422, reason: "Invalid", message: "spec.template: Required" });
    kube.failWith(({ verb, plural }) => (verb === "create" && plural === "jobs" ? invalid : undefined));
    await pass();
    expect(status()).toMatchObject({ phase: "Failed", reason: "JobRefused" });
  });
});

describe("following the Job", () => {
  it("says Running once pods run, and does not take a failed pod for a failed Job", async () => {
    const { kube, pass, status, setJob } = await setUp();
    await pass();
    await setJob({ active: 1, failed: 1 });
    await pass();
    expect(kube.all(operariuses)[0]?.status?.lastExecutionStatus).toBe("Running");
    expect(status()?.phase).toBe("Running");
  });

  it("ends with the Job's condition where there is no report", async () => {
    const { kube, pass, status, setJob, context } = await setUp();
    await pass();
    await setJob({ conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded", message: "too long" }] });
    await pass();
    expect(status()).toMatchObject({
      phase: "Failed",
      reason: "DeadlineExceeded",
      message: expect.stringContaining("too long"),
    });
    expect(kube.all(operariuses)[0]?.status?.lastExecutionStatus).toBe("Failed");
    expect(await context.metrics.registry.metrics()).toContain("openfero_jobs_failed_total 1");
    await pass();
    expect(await context.metrics.registry.metrics()).toContain("openfero_jobs_failed_total 1");
  });

  it("is ended by one replica only, however many see it end", async () => {
    const { kube, pass, setJob, context } = await setUp();
    await pass();
    await setJob({ conditions: [{ type: "Complete", status: "True" }] });
    await Promise.all([pass(), pass(), pass()]);
    expect(await context.metrics.registry.metrics()).toContain("openfero_jobs_succeeded_total 1");
    expect(kube.all(events).filter(({ message }) => message?.startsWith("Succeeded"))).toHaveLength(1);
  });

  it("leaves the Operarius' status alone when a later Job was started meanwhile", async () => {
    const { kube, pass, setJob } = await setUp();
    await pass();
    const later = { lastExecutedJobName: "later", lastExecutionStatus: "Pending" };
    const ref = { namespace: NAMESPACE, name: "daemonset-rollout-fix" };
    await kube.patchStatus(operariuses, ref, { type: "merge", body: { status: later } });
    await setJob({ conditions: [{ type: "Complete", status: "True" }] });
    await pass();
    expect(kube.all(operariuses)[0]?.status).toMatchObject(later);
  });

  it("survives a record that is deleted", async () => {
    const { kube, pass } = await setUp();
    await kube.delete(remediations, { namespace: NAMESPACE, name: "r" });
    expect(await pass()).toEqual({});
  });

  it("never fails because an Event cannot be written", async () => {
    const { kube, pass, status } = await setUp();
    kube.failWith(({ plural }) => (plural === "events" ? new TransportError("gone") : undefined));
    await pass();
    expect(status()?.phase).toBe("Running");
  });
});
