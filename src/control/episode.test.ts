/** Whole episodes on the API server in memory, with scripted looks: what a person sees from the alert to the end. */
import type { Job } from "kubernetes-types/batch/v1";
import { describe, expect, it } from "vitest";
import {
  aContext,
  aDelivery,
  aHealthyLook,
  aLook,
  anOperarius,
  install,
  NAMESPACE,
  NOW,
  stuckLabels,
} from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { leaseName } from "../engine/ledger.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { configMaps, jobs, leases, namespaces, pods } from "../kube/resources.ts";
import { remediations } from "../operarius/remediation.ts";
import { createCatalog } from "./catalog.ts";
import type { ControlSettings } from "./context.ts";
import { limitsFor } from "./limits.ts";
import type { Look, Looks } from "./looks.ts";
import { receive } from "./receive.ts";
import { reconcile } from "./reconcile.ts";

const SECOND = 1000;

/** A cluster, its clock, and what a look at any target sees. */
async function installation({ ours = true, ...settings }: Partial<ControlSettings> & { ours?: boolean } = {}) {
  const world = { now: NOW, look: aLook() as Look };
  const kube = createMemoryKube(() => world.now);
  await install(kube, anOperarius());
  const looks: Looks = {
    knows: () => ours,
    look: async () => ({ ...world.look, at: world.now }),
  };
  const newContext = () => aContext(kube, { now: () => world.now, looks, ...settings });
  let context = newContext();
  const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
  const records = () => kube.all(remediations).toSorted((a, b) => a.spec.sequence - b.spec.sequence);
  const names = () => records().map(({ metadata }) => metadata.name);
  return {
    world,
    kube,
    records,
    latest: () => records().at(-1)?.status,
    /** Another process takes over. */
    restart: (other: Partial<ControlSettings> = {}) => {
      context = { ...newContext(), settings: { ...newContext().settings, ...other } };
    },
    deliver: (status: "firing" | "resolved", ...daemonSets: string[]) =>
      receive(
        { context, catalog, store: createAlertStore(10) },
        aDelivery(
          (daemonSets.length > 0 ? daemonSets : ["agent"]).map((daemonset) => ({
            status,
            labels: stuckLabels({ daemonset }),
          })),
        ),
      ),
    passAfter: async (seconds: number) => {
      world.now += seconds * SECOND;
      for (const name of names()) await reconcile(context, name);
    },
    /** All at once, as the loop does it. */
    passTogether: async (seconds: number) => {
      world.now += seconds * SECOND;
      await Promise.all(names().map((name) => reconcile(context, name)));
    },
    jobEnds: async (verdict: string, more: object = {}) => {
      const job = kube.all(jobs).at(-1)?.metadata.name ?? "";
      const report = {
        schema: "operarius.openfero.io/termination/v1",
        verdict,
        reason: "Why",
        sentence: "What.",
        cause: "C07",
        ...more,
      };
      await kube.create(pods, {
        metadata: { name: `${job}-x`, namespace: NAMESPACE, labels: { "job-name": job } },
        status: {
          containerStatuses: [
            { name: "heal", state: { terminated: { exitCode: 0, message: JSON.stringify(report) } } } as never,
          ],
        },
      });
      const done: Job["status"] = { conditions: [{ type: "Complete", status: "True" }] };
      await kube.patchStatus(jobs, { namespace: NAMESPACE, name: job }, { type: "merge", body: { status: done } });
    },
  };
}

type Installation = Awaited<ReturnType<typeof installation>>;
const wroteAt = (seconds: number) => ({ lastWriteAt: new Date(NOW + seconds * SECOND).toISOString() });

/** From the alert to the end, repaired in one attempt. `pass` stands in for passAfter. */
async function repaired(
  { world, deliver, jobEnds }: Installation,
  pass: (seconds: number) => Promise<void>,
): Promise<void> {
  await deliver("firing");
  await pass(10);
  await jobEnds("recovered", wroteAt(15));
  await pass(10);
  world.look = aHealthyLook(20, 60);
  await pass(10);
  world.look = aHealthyLook(60, 60);
  await pass(40);
}

describe("an episode", () => {
  it("is repaired by one Job, verified through the soak, and ends", async () => {
    const all = await installation();
    const { world, deliver, passAfter, jobEnds, latest, kube } = all;
    await deliver("firing");
    await passAfter(1);
    expect([latest()?.phase, kube.all(jobs).length]).toEqual([undefined, 0]);
    await passAfter(9);
    expect(latest()).toMatchObject({ phase: "Running", firstLook: { plan: "act", planDigest: "d1" } });
    await jobEnds("recovered", wroteAt(15));
    await passAfter(10);
    expect(latest()?.phase).toBe("Verifying");
    world.look = aHealthyLook(20, 60);
    await passAfter(10);
    expect(latest()?.phase).toBe("Verifying");
    world.look = aHealthyLook(60, 60);
    await passAfter(40);
    expect(latest()).toMatchObject({ phase: "Succeeded", reason: "Recovered", outcome: "repaired" });
    expect(kube.all(jobs)).toHaveLength(1);
  });

  it("one bad look in between does not make a repair ineffective", async () => {
    const { world, deliver, passAfter, jobEnds, latest } = await installation();
    await deliver("firing");
    await passAfter(10);
    await jobEnds("recovered", wroteAt(15));
    await passAfter(300);
    await passAfter(1);
    expect(latest()?.phase).toBe("Verifying");
    world.look = aHealthyLook(60, 60);
    await passAfter(60);
    expect(latest()?.phase).toBe("Succeeded");
  });

  it("trouble that lasts makes it ineffective", async () => {
    const { deliver, passAfter, jobEnds, latest } = await installation();
    await deliver("firing");
    await passAfter(10);
    await jobEnds("recovered", wroteAt(15));
    for (const seconds of [10, 1, 29, 1]) await passAfter(seconds);
    expect(latest()).toMatchObject({ phase: "Ineffective", outcome: "not-repaired" });
  });

  it("is cancelled when the alert resolves first and the recount agrees", async () => {
    const { world, deliver, passAfter, latest, kube } = await installation();
    await deliver("firing");
    await passAfter(1);
    await deliver("resolved");
    await passAfter(9);
    expect(latest()).toMatchObject({ phase: "Blocked", reason: "AlertResolved" });
    world.look = aHealthyLook(5, 60);
    await passAfter(10);
    expect(latest()).toMatchObject({ phase: "Cancelled", reason: "AlertResolved", outcome: "self-healed" });
    expect(kube.all(jobs)).toEqual([]);
  });

  it("is cancelled without a Job when the target became well while it waited, through its soak", async () => {
    const { world, deliver, passAfter, latest, kube } = await installation();
    const pause = { namespace: NAMESPACE, name: "operarius-pause" };
    await kube.create(configMaps, { metadata: pause, data: { why: "x" } });
    await deliver("firing");
    await passAfter(10);
    await kube.delete(configMaps, pause);
    world.look = aHealthyLook(10, 60);
    await passAfter(30);
    expect(latest()).toMatchObject({ phase: "Blocked", reason: "TargetHealthy" });
    world.look = aHealthyLook(60, 60);
    await passAfter(50);
    expect(latest()).toMatchObject({ phase: "Cancelled", reason: "TargetHealthy" });
    expect(kube.all(jobs)).toEqual([]);
  });

  it.each([true, false])("waits out a pause and goes on (ours: %s)", async (ours) => {
    const { deliver, passAfter, latest, kube } = await installation({ ours });
    await kube.create(configMaps, {
      metadata: { name: "operarius-pause", namespace: NAMESPACE },
      data: { release: "ann" },
    });
    await deliver("firing");
    await passAfter(10);
    expect(latest()).toMatchObject({ phase: "Blocked", reason: "Paused", message: expect.stringContaining("release") });
    expect(kube.all(jobs)).toEqual([]);
    await kube.delete(configMaps, { namespace: NAMESPACE, name: "operarius-pause" });
    await passAfter(30);
    expect(latest()?.phase).toBe("Running");
  });

  it.each<[string, Error]>([
    ["forbidden", new StatusError({ code: 403, reason: "Forbidden", message: "no" })],
    ["broken", new StatusError({ code: 500, reason: "InternalError", message: "no" })],
  ])("starts nothing while the pause cannot be read: %s", async (_, error) => {
    const { deliver, passAfter, kube } = await installation();
    await deliver("firing");
    kube.failWith(({ plural }) => (plural === "configmaps" ? error : undefined));
    await passAfter(10).catch(() => undefined);
    expect(kube.all(jobs)).toEqual([]);
    kube.failWith(() => undefined);
    await passAfter(30);
    expect(kube.all(jobs)).toHaveLength(1);
  });

  it.each<[string, Record<string, string> | undefined, string]>([
    ["labelled", { heal: "yes" }, "Running"],
    ["not labelled", {}, "Blocked"],
    ["not there", undefined, "Blocked"],
  ])("keeps to the namespaces that it is for: %s", async (_, labels, phase) => {
    const { deliver, passAfter, latest, kube } = await installation({ namespaceSelector: "heal=yes" });
    if (labels !== undefined) await kube.create(namespaces, { metadata: { name: "kube-system", labels } });
    await deliver("firing");
    await passAfter(10);
    expect(latest()?.phase).toBe(phase);
  });

  it("a repeat during it, and its own alert after a decline, open no other", async () => {
    const { deliver, passAfter, jobEnds, records, world } = await installation();
    await deliver("firing");
    await passAfter(10);
    await deliver("firing");
    await jobEnds("declined");
    await passAfter(10);
    for (let hour = 0; hour < 5; hour++) {
      await deliver("firing");
      await passAfter(3600);
    }
    expect(records()).toHaveLength(1);
    world.look = aLook({ fingerprint: "f2" });
    await passAfter(3600);
    expect(records().map(({ spec }) => spec.openedAfter)).toEqual([undefined, records()[0]?.metadata.name]);
  });

  it("an alert that fires on after a repair is looked at after the cool-down, and opens the next when it is right", async () => {
    for (const isIll of [true, false]) {
      const all = await installation();
      await repaired(all, all.passAfter);
      await all.passAfter(60);
      await all.deliver("firing");
      if (isIll) all.world.look = aLook();
      await all.passAfter(300);
      await all.passAfter(11);
      expect(all.records()).toHaveLength(isIll ? 2 : 1);
      expect(all.kube.all(jobs)).toHaveLength(isIll ? 2 : 1);
    }
  });
});

describe("several at once", () => {
  it("never more Jobs than the limit, although all are judged in the same moment", async () => {
    const limits = {
      ...limitsFor("normal"),
      maxRunning: { total: 2, perNamespace: 9, perOperarius: 9 },
      storm: { ...limitsFor("normal").storm, floor: 99 },
    };
    const { deliver, passTogether, kube } = await installation({ limits });
    await deliver("firing", "a", "b", "c", "d", "e", "f");
    await passTogether(10);
    expect(kube.all(jobs)).toHaveLength(2);
    await passTogether(30);
    expect(kube.all(jobs)).toHaveLength(2);
  });

  it("one Job explains a common cause, although all are judged in the same moment", async () => {
    const { deliver, passTogether, kube, records, world } = await installation();
    world.look = aLook({ root: "node/n2", plan: { kind: "decline", reason: "DeadNode", message: "m" } });
    await deliver("firing", "a", "b", "c");
    await passTogether(10);
    expect(kube.all(jobs)).toHaveLength(1);
    const reasons = records().map(({ status }) => status?.reason ?? "");
    expect(reasons.filter((reason) => reason === "DependencyUnhealthy")).toHaveLength(2);
    expect(reasons).toContain("JobStarted");
    expect(new Set(records().map(({ status }) => status?.incident))).toEqual(new Set(["node/n2"]));
  });

  it("a storm is held, then goes on one target at a time", async () => {
    const { deliver, passTogether, kube, records, jobEnds } = await installation();
    await deliver("firing", "a", "b", "c", "d", "e");
    await passTogether(10);
    expect(records().map(({ status }) => status?.reason)).toEqual(Array(5).fill("ReceiverStorm"));
    await passTogether(14 * 60);
    expect(kube.all(jobs)).toEqual([]);
    await passTogether(60);
    expect(kube.all(jobs)).toHaveLength(1);
    await jobEnds("declined");
    await passTogether(60);
    await passTogether(60);
    expect(kube.all(jobs)).toHaveLength(2);
  });
});

describe("a Job that could not report", () => {
  const dies = async (all: Installation, intentAt?: number) => {
    await all.deliver("firing");
    await all.passAfter(10);
    if (intentAt !== undefined) {
      const target = { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
      const intent = {
        kind: "delete-pod",
        uid: "u",
        templateHash: "t",
        cause: "C04",
        trouble: "x",
        node: "n1",
        pod: "p",
      };
      await all.kube.create(leases, {
        metadata: {
          name: leaseName(target),
          namespace: NAMESPACE,
          labels: { "app.kubernetes.io/managed-by": "operarius" },
          annotations: {
            "operarius.openfero.io/intents": JSON.stringify([{ ...intent, at: NOW + intentAt * SECOND }]),
          },
        },
      });
    }
    const name = all.kube.all(jobs)[0]?.metadata.name ?? "";
    await all.kube.patchStatus(
      jobs,
      { namespace: NAMESPACE, name },
      {
        type: "merge",
        body: { status: { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] } },
      },
    );
    await all.passAfter(10);
    all.world.look = aHealthyLook(70, 60);
    await all.passAfter(60);
    await all.passAfter(60);
  };
  it("is known to have written by the ledger: the repair is verified", async () => {
    const all = await installation();
    await dies(all, 15);
    expect(all.latest()).toMatchObject({ phase: "Succeeded", reason: "Recovered", outcome: "repaired" });
  });
  it("has not written where the ledger holds nothing: what became well did so by itself", async () => {
    const all = await installation();
    await dies(all);
    expect(all.latest()).toMatchObject({ phase: "Cancelled", reason: "TargetHealthy", outcome: "self-healed" });
  });
});

describe("mode approve and a foreign Job", () => {
  const approve = async ({ kube, records }: Installation, decision: "approve" | "deny") => {
    const { metadata, status } = records()[0] ?? {};
    const body = { spec: { approval: { decision, planDigest: status?.planDigest } } };
    await kube.patch(remediations, { namespace: NAMESPACE, name: metadata?.name ?? "" }, { type: "merge", body });
  };
  const suspended = async () => {
    const all = await installation({ ours: false, mode: "approve" });
    await all.deliver("firing");
    await all.passAfter(1);
    return all;
  };
  const suspends = ({ kube }: Installation) => kube.all(jobs).map(({ spec }) => spec?.suspend);

  it("is created suspended, and let go when it is approved", async () => {
    const all = await suspended();
    expect([all.latest()?.phase, ...suspends(all)]).toEqual(["AwaitingApproval", true]);
    await approve(all, "approve");
    await all.passAfter(1);
    expect([all.latest()?.phase, ...suspends(all)]).toEqual(["Running", false]);
  });
  it("is deleted when it is denied", async () => {
    const all = await suspended();
    await approve(all, "deny");
    await all.passAfter(1);
    expect([all.latest()?.phase, ...suspends(all)]).toEqual(["Declined"]);
  });
  it("is not deleted when somebody has let it go by hand", async () => {
    const all = await suspended();
    const name = all.kube.all(jobs)[0]?.metadata.name ?? "";
    await all.kube.patch(jobs, { namespace: NAMESPACE, name }, { type: "merge", body: { spec: { suspend: false } } });
    await approve(all, "deny");
    await all.passAfter(1);
    expect(suspends(all)).toEqual([false]);
  });
  it("is not let go in a pause, although it is approved", async () => {
    const all = await suspended();
    const pause = { namespace: NAMESPACE, name: "operarius-pause" };
    await all.kube.create(configMaps, { metadata: pause, data: { why: "x" } });
    await approve(all, "approve");
    await all.passAfter(1);
    expect([all.latest()?.reason, ...suspends(all)]).toEqual(["Paused", true]);
    await all.kube.delete(configMaps, pause);
    await all.passAfter(30);
    expect([all.latest()?.phase, ...suspends(all)]).toEqual(["Running", false]);
  });
  it.each(["approve", "deny"] as const)(
    "one of another record by the same name is neither let go nor deleted (%s)",
    async (decision) => {
      const all = await suspended();
      const name = all.kube.all(jobs)[0]?.metadata.name ?? "";
      const ownerReferences = [{ apiVersion: "openfero.io/v1alpha1", kind: "Remediation", name: "r", uid: "another" }];
      await all.kube.patch(
        jobs,
        { namespace: NAMESPACE, name },
        { type: "merge", body: { metadata: { ownerReferences } } },
      );
      await approve(all, decision);
      await all.passAfter(1);
      expect(suspends(all)).toEqual([true]);
    },
  );
  it("waits for a person although the process died before it said so, and the next one runs in mode auto", async () => {
    const all = await installation({ ours: false, mode: "approve" });
    await all.deliver("firing");
    let isDead = false;
    all.kube.failWith(({ verb, plural }) => {
      isDead ||= verb === "patchStatus" && plural === "operariuses";
      return isDead ? new Error("dead") : undefined;
    });
    await expect(all.passAfter(1)).rejects.toThrow("dead");
    all.kube.failWith(() => undefined);
    all.restart({ mode: "auto" });
    await all.passAfter(1);
    expect([all.latest()?.phase, ...suspends(all)]).toEqual(["AwaitingApproval", true]);
  });
  it("is never created where suspend is not honoured", async () => {
    const all = await installation({ ours: false, mode: "approve" });
    const create = all.kube.create.bind(all.kube);
    all.kube.create = async (resource, object, options) => {
      const { suspend: _dropped, ...spec } = (object as { spec?: { suspend?: boolean } }).spec ?? {};
      return create(resource, resource.plural === "jobs" ? { ...object, spec } : object, options);
    };
    await all.deliver("firing");
    await all.passAfter(1);
    expect(all.latest()).toMatchObject({ phase: "Declined", reason: "SuspendNotHonoured" });
    expect(all.kube.all(jobs)).toEqual([]);
  });
});

describe("killed at any moment", () => {
  const gone = new TransportError("the server went away");
  /** Plays the episode; after `cut` calls the process that makes the passes dies, and another one goes on. */
  async function play(episode: typeof repaired, settings: Parameters<typeof installation>[0], cut: number) {
    const all = await installation(settings);
    let left = cut;
    await episode(all, async (seconds) => {
      const wasAlive = left >= 0;
      if (wasAlive) {
        all.kube.failWith(() => (left-- > 0 ? undefined : gone));
        await all.passAfter(seconds).catch(() => undefined);
        all.kube.failWith(() => undefined);
      } else await all.passAfter(seconds);
      if (left >= 0) return;
      if (wasAlive) all.restart();
      // Its successor has the passes that it needs; nothing else happens meanwhile.
      for (let times = 0; times < 3; times++) await all.passAfter(0);
    });
    return { all, reached: left >= 0 };
  }
  const foreign: typeof repaired = async ({ deliver, jobEnds }, pass) => {
    await deliver("firing");
    await pass(1);
    await jobEnds("recovered").catch(() => undefined);
    await pass(1);
  };
  const approved: typeof repaired = async ({ deliver, kube, records }, pass) => {
    await deliver("firing");
    await pass(1);
    const { metadata, status } = records()[0] ?? {};
    const body = { spec: { approval: { decision: "approve", planDigest: status?.planDigest } } };
    await kube.patch(remediations, { namespace: NAMESPACE, name: metadata?.name ?? "" }, { type: "merge", body });
    await pass(1);
  };
  it.each<[string, typeof repaired, Parameters<typeof installation>[0], string]>([
    ["ours", repaired, {}, "Succeeded"],
    ["foreign", foreign, { ours: false }, "Succeeded"],
    ["foreign, approved", approved, { ours: false, mode: "approve" }, "Running"],
  ])("another one comes to the same end, with one Job: %s", async (_, episode, settings, phase) => {
    let cuts = 0;
    for (let isOver = false; !isOver; cuts++) {
      const { all, reached } = await play(episode, settings, cuts);
      const where = `cut after ${cuts} calls`;
      expect(all.latest()?.phase, where).toBe(phase);
      expect(all.kube.all(jobs), where).toHaveLength(1);
      expect(all.records(), where).toHaveLength(1);
      expect(all.latest()?.attempts, where).toHaveLength(1);
      isOver = reached;
    }
    expect(cuts).toBeGreaterThan(8);
  });
});
