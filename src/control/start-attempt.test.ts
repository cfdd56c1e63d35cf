/** What may happen between the reservation of an attempt and the note that its Job has started. */
import { describe, expect, it } from "vitest";
import { aContext, aHook, anAlert, anOperarius, install, NAMESPACE } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { jobs } from "../kube/resources.ts";
import { targetHash } from "../operarius/names.ts";
import { operariuses } from "../operarius/operarius.ts";
import type { RemediationSpec, RemediationStatus } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import type { ControlSettings } from "./context.ts";
import { reconcile } from "./reconcile.ts";

const target = { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const JOB = `daemonset-rollout-fix-${targetHash(target)}-1-1`;
const START = Date.parse("2026-01-01T12:00:00Z");
const HOUR = 3600;

/** A record of a foreign Operarius that came at START, so many seconds ago. */
async function setUp(
  ago = 0,
  {
    status,
    settings = {},
    ...spec
  }: Partial<RemediationSpec> & { status?: RemediationStatus; settings?: Partial<ControlSettings> } = {},
) {
  const world = { now: START };
  const kube = createMemoryKube(() => world.now);
  await install(kube, anOperarius());
  const record = () =>
    kube.create(remediations, {
      metadata: { name: "r", namespace: NAMESPACE },
      spec: {
        target,
        operarius: { name: "daemonset-rollout-fix" },
        sequence: 1,
        alert: anAlert(),
        hook: aHook(),
        receivedAt: new Date(world.now).toISOString(),
        ...spec,
      },
      ...(status === undefined ? {} : { status }),
    });
  await record();
  world.now += ago * 1000;
  const context = aContext(kube, { now: () => world.now, ...settings });
  return {
    world,
    kube,
    record,
    pass: () => reconcile(context, "r"),
    status: () => kube.all(remediations)[0]?.status,
    made: () =>
      kube.calls.filter(({ verb, plural, dryRun }) => verb === "create" && plural === "jobs" && !dryRun).length,
    /** The creation of a Job fails, before or after it was carried out. */
    failCreation: (error: Error, isCarriedOut = false) => {
      const create = kube.create.bind(kube);
      kube.create = async (resource, object, options) => {
        if (resource.plural !== jobs.plural) return create(resource, object, options);
        if (isCarriedOut) await create(resource, object, options);
        throw error;
      };
      return () => {
        kube.create = create;
      };
    },
  };
}

const gone = new TransportError("the connection was reset");
const broken = new StatusError({ code: 500, reason: "InternalError", message: "etcd has no leader" });
const quota = new StatusError({ code: 403, reason: "Forbidden", message: "exceeded quota" });

describe("a record that has waited for long", () => {
  it.each([gone, broken, quota])("does not end because one try to create its Job failed: %s", async (error) => {
    const { pass, status, failCreation } = await setUp(9 * HOUR);
    const repair = failCreation(error);
    await expect(pass()).rejects.toBe(error);
    expect(status()?.phase).toBe("Pending");
    repair();
    await pass();
    expect(status()?.phase).toBe("Running");
  });

  it("has one Job when the answer to its creation was lost", async () => {
    const { kube, pass, status, failCreation } = await setUp(9 * HOUR);
    const repair = failCreation(gone, true);
    await pass().catch(() => undefined);
    repair();
    await pass();
    expect(status()?.phase).toBe("Running");
    expect(kube.all(jobs)).toHaveLength(1);
  });
});

it.each([broken, quota])("a Job that is refused for an hour is given up: %s", async (error) => {
  const { world, pass, status, failCreation } = await setUp();
  failCreation(error);
  await expect(pass()).rejects.toBe(error);
  world.now += HOUR * 1000 + 1000;
  await pass();
  expect(status()).toMatchObject({ phase: "Failed", reason: "JobRefused", message: expect.stringContaining(JOB) });
});

describe("a record that takes the place of a deleted one of the same name", () => {
  it("gets its Job when the first try failed, although the earlier record's Job was counted under that name", async () => {
    const { world, kube, record, pass, status, failCreation } = await setUp();
    await pass();
    await kube.delete(jobs, { namespace: NAMESPACE, name: JOB });
    await kube.delete(remediations, { namespace: NAMESPACE, name: "r" });
    world.now += 60_000;
    await record();
    const repair = failCreation(quota);
    await pass().catch(() => undefined);
    repair();
    await pass();
    await pass();
    expect(status()?.phase).toBe("Running");
    expect(kube.all(jobs)).toHaveLength(1);
  });

  it("gets it when the earlier one's was still being cleared away", async () => {
    const { world, kube, record, pass, status } = await setUp();
    await pass();
    await kube.delete(remediations, { namespace: NAMESPACE, name: "r" });
    world.now += 60_000;
    await record();
    await expect(pass()).rejects.toThrow("still there");
    await kube.delete(jobs, { namespace: NAMESPACE, name: JOB });
    await pass();
    await pass();
    expect(status()?.phase).toBe("Running");
    expect(kube.all(jobs)).toHaveLength(1);
  });
});

describe("a Job whose start could not be noted goes on to be followed", () => {
  it.each<[string, (kube: Awaited<ReturnType<typeof setUp>>["kube"]) => Promise<unknown>]>([
    ["disabled", (kube) => patchOperarius(kube, { enabled: false })],
    ["narrowed", (kube) => patchOperarius(kube, { alertSelector: { labels: { team: "other" } } })],
    ["given a bad template", (kube) => patchOperarius(kube, { jobTemplate: { spec: { template: { spec: null } } } })],
    ["deleted", (kube) => kube.delete(operariuses, { namespace: NAMESPACE, name: "daemonset-rollout-fix" })],
  ])("although its Operarius was %s meanwhile", async (_, change) => {
    const { kube, pass, status } = await setUp();
    kube.failWith(({ verb, plural }) => (verb === "patchStatus" && plural === "operariuses" ? gone : undefined));
    await expect(pass()).rejects.toBe(gone);
    kube.failWith(() => undefined);
    await change(kube);
    await pass();
    expect(status()).toMatchObject({ phase: "Running", attempts: [{ startedAt: expect.any(String) }] });
    expect(kube.all(jobs)).toHaveLength(1);
  });
});

function patchOperarius(kube: Awaited<ReturnType<typeof setUp>>["kube"], spec: object): Promise<unknown> {
  const ref = { namespace: NAMESPACE, name: "daemonset-rollout-fix" };
  return kube.patch(operariuses, ref, { type: "merge", body: { spec } });
}

describe("mode approve: what the dry run of a foreign Job is refused for", () => {
  const failDryRun = (scene: Awaited<ReturnType<typeof setUp>>, error: Error) =>
    scene.kube.failWith(({ dryRun }) => (dryRun === true ? error : undefined));

  it("ends the record when the Job is invalid", async () => {
    const scene = await setUp(0, { settings: { mode: "approve" } });
    failDryRun(scene, new StatusError({ code: 422, reason: "Invalid", message: "spec.template: Required" }));
    await scene.pass();
    expect(scene.status()).toMatchObject({ phase: "Failed", reason: "JobRefused" });
  });

  it("is tried again for an hour when it may pass", async () => {
    const scene = await setUp(0, { settings: { mode: "approve" } });
    failDryRun(scene, quota);
    await expect(scene.pass()).rejects.toBe(quota);
    scene.world.now += HOUR * 1000 + 1000;
    await scene.pass();
    expect(scene.status()).toMatchObject({ phase: "Failed", reason: "JobRefused" });
    expect(scene.made()).toBe(0);
  });
});

describe("an attempt that was reserved, and whose Job is not there yet", () => {
  const approved: RemediationStatus = {
    phase: "Blocked",
    reason: "Paused",
    planDigest: "abc",
    approvalExpiresAt: new Date(START + HOUR * 1000).toISOString(),
    attempts: [
      { n: 1, jobName: "first", finishedAt: new Date(START).toISOString() },
      { n: 2, jobName: JOB.replace(/1$/, "2"), approvedPlan: "abc" },
    ],
  };
  const approval = { decision: "approve", planDigest: "abc" } as const;

  it("is carried out while its approval holds", async () => {
    const { pass, status, made } = await setUp(60, { status: approved, approval });
    await pass();
    expect([status()?.phase, made()]).toEqual(["Running", 1]);
  });

  it("is not carried out when it was denied meanwhile", async () => {
    const { pass, status, made } = await setUp(60, { status: approved, approval: { decision: "deny" } });
    await pass();
    expect(status()).toMatchObject({ phase: "Declined", reason: "ApprovalDenied" });
    expect(made()).toBe(0);
  });

  it("is not carried out when its approval has lapsed", async () => {
    const { pass, status, made } = await setUp(HOUR + 1, { status: approved, approval });
    await pass();
    expect(status()).toMatchObject({ phase: "Declined", reason: "ApprovalLapsed" });
    expect(made()).toBe(0);
  });

  it("is not begun when the alert resolved before the Job could be made", async () => {
    const { kube, world, pass, status, failCreation } = await setUp();
    const repair = failCreation(quota);
    await pass().catch(() => undefined);
    world.now += 60_000;
    const body = { status: { alertResolvedAt: new Date(world.now).toISOString() } };
    await kube.patchStatus(remediations, { namespace: NAMESPACE, name: "r" }, { type: "merge", body });
    repair();
    await pass();
    expect(status()).toMatchObject({ phase: "Cancelled", reason: "AlertResolved" });
    expect(kube.all(jobs)).toEqual([]);
  });
});

it("two replicas of different modes: what one holds back, the other does not call running", async () => {
  const { kube, pass, status } = await setUp();
  let left = 2;
  kube.failWith(async ({ verb, plural }) => {
    if (verb !== "patchStatus" || plural !== "remediations" || --left !== 0) return undefined;
    const attempts = status()?.attempts?.map((attempt) => ({ ...attempt, suspended: true }));
    const body = { status: { phase: "AwaitingApproval", attempts } };
    await kube.patchStatus(remediations, { namespace: NAMESPACE, name: "r" }, { type: "merge", body });
    return undefined;
  });
  await pass();
  // Its Job was made without being held back: it has begun.
  await pass();
  expect(status()).toMatchObject({ phase: "Running", attempts: [{ startedAt: expect.any(String) }] });
  expect(status()?.attempts?.[0]).not.toHaveProperty("suspended");
});
