/** Deliveries for a target whose last record has ended and still watches over it. */
import { describe, expect, it } from "vitest";
import {
  aContext,
  aDelivery,
  aHook,
  aLook,
  anOperarius,
  at,
  install,
  NAMESPACE,
  NOW,
  stuckLabels,
} from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { TransportError } from "../kube/errors.ts";
import { jobs } from "../kube/resources.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { operariuses, readOperarius } from "../operarius/operarius.ts";
import type { RemediationStatus } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { admit } from "./admit.ts";
import { createCatalog } from "./catalog.ts";
import { receive } from "./receive.ts";
import { reconcile } from "./reconcile.ts";
import { toSummary } from "./summary.ts";

const target = { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const withWindow: OperariusObject["spec"]["deduplication"] = { enabled: true, ttl: 600 };

/** One record of the target; `wasOurs`: when it was opened, `isOurs`: now. */
async function setUp(
  status: RemediationStatus,
  { wasOurs = true, isOurs = true, deduplication = {} as NonNullable<typeof withWindow> } = {},
) {
  const world = { now: NOW };
  const kube = createMemoryKube(() => world.now);
  await install(kube, anOperarius({ deduplication }));
  const state = { knows: wasOurs };
  const looks = { knows: () => state.knows, look: async () => aLook({ at: world.now }) };
  const context = aContext(kube, { now: () => world.now, looks });
  const [alert] = aDelivery().alerts;
  const read = readOperarius(kube.all(operariuses)[0] ?? {});
  if (alert === undefined || read.kind !== "operarius") throw new Error("no fixture");
  const deliver = () => admit(context, { alert, hook: aHook(), operarius: read.operarius, target });
  await deliver();
  const [first] = kube.all(remediations);
  await kube.patchStatus(
    remediations,
    { namespace: NAMESPACE, name: first?.metadata.name ?? "" },
    { type: "merge", body: { status } },
  );
  state.knows = isOurs;
  /** What the leader does about it. */
  const later = async (seconds: number) => {
    world.now += seconds * 1000;
    await reconcile(context, first?.metadata.name ?? "");
  };
  return {
    kube,
    deliver,
    later,
    status: () => kube.all(remediations)[0]?.status,
    count: () => kube.all(remediations).length,
  };
}

const declined: RemediationStatus = { phase: "Declined", reason: "Why", endedAt: at(-7200) };
const succeeded = (ago: number): RemediationStatus => ({ phase: "Succeeded", outcome: "repaired", endedAt: at(-ago) });
const foreign = { wasOurs: false, isOurs: false };

describe("a delivery after the end", () => {
  it.each<[string, RemediationStatus, Parameters<typeof setUp>[1], string]>([
    ["of a live one", { phase: "Verifying" }, {}, "live"],
    ["of a blocked one", { phase: "Blocked" }, {}, "live"],
    ["of a decline, which sleeps", declined, {}, "noted"],
    ["of a decline whose target healed", { ...declined, outcome: "self-healed" }, {}, "created"],
    ["of a decline that a person mended", { ...declined, outcome: "changed-by-person" }, {}, "created"],
    ["of a decline whose target is gone", { ...declined, outcome: "gone" }, {}, "created"],
    ["within the cool-down", succeeded(299), {}, "noted"],
    ["after the cool-down", succeeded(300), {}, "created"],
    ["within the cool-down, another target of the name", { ...succeeded(10), outcome: "gone" }, {}, "created"],
    ["within the time window", succeeded(599), { deduplication: withWindow }, "skipped"],
    ["after the time window", succeeded(600), { deduplication: withWindow }, "created"],
    ["of a foreign one", succeeded(1), foreign, "created"],
    ["of a foreign one that declined", declined, foreign, "created"],
    ["of a foreign one within the time window", succeeded(599), { ...foreign, deduplication: withWindow }, "skipped"],
    ["of a foreign one after it", succeeded(600), { ...foreign, deduplication: withWindow }, "created"],
    ["of ours, by a server that cannot look any more", declined, { isOurs: false }, "created"],
    ["of a foreign one, now answered by ours", succeeded(1), { wasOurs: false }, "created"],
  ])("%s is %s", async (_, status, which, want) => {
    const { deliver, count } = await setUp(status, which);
    expect((await deliver()).kind).toBe(want);
    expect(count()).toBe(want === "created" ? 2 : 1);
  });

  it("is written down on the record that it rests on", async () => {
    const { deliver, status } = await setUp(declined);
    expect(await deliver()).toMatchObject({ message: expect.stringMatching(/declined \(Why\).*sleeps/) });
    expect(status()?.lastSeenFiring).toBe(at(0));
  });

  it.each([
    ["ended the record", { ...succeeded(-20) }],
    [
      "looked at the target",
      {
        ...succeeded(10),
        look: {
          at: at(20),
          health: "healthy",
          cause: "none",
          reason: "R",
          message: "m",
          plan: "nothing",
          fingerprint: "f",
        },
      },
    ],
  ] satisfies [string, RemediationStatus][])(
    "counts although the clock of the replica that %s is ahead",
    async (_, ended) => {
      const { deliver, kube, later } = await setUp(ended);
      expect((await deliver()).kind).toBe("noted");
      await later(7200);
      expect(kube.all(remediations)).toHaveLength(2);
    },
  );

  it("must be sent again when it cannot be written down: what it opens later would be lost", async () => {
    const { kube, deliver } = await setUp(succeeded(10));
    kube.failWith(({ verb }) => (verb === "patchStatus" ? new TransportError("gone") : undefined));
    expect((await deliver()).kind).toBe("unavailable");
    kube.failWith(() => undefined);
    expect((await deliver()).kind).toBe("noted");
  });

  it("of a live one is safe without", async () => {
    const { kube, deliver } = await setUp({ phase: "Running" });
    kube.failWith(({ verb }) => (verb === "patchStatus" ? new TransportError("gone") : undefined));
    expect((await deliver()).kind).toBe("live");
  });
});

it("another alert about the target keeps its own time, so that it fires on when the first one resolves", async () => {
  const kube = createMemoryKube(() => NOW);
  const firstOnly = anOperarius();
  const other = anOperarius({ ...firstOnly.spec, alertSelector: { alertname: "Other", status: "firing" } }, "other");
  await install(kube, firstOnly, other);
  const context = aContext(kube, { now: () => NOW });
  const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
  const send = (status: "firing" | "resolved", alertname?: string) => {
    const labels = stuckLabels(alertname === undefined ? {} : { alertname });
    return receive({ context, catalog, store: createAlertStore(9) }, aDelivery([{ status, labels }]));
  };
  const fires = () => {
    const [record] = kube.all(remediations).map(toSummary);
    return record !== undefined && record.resolvedAt <= record.lastFiringAt;
  };
  await send("firing");
  await send("firing", "Other");
  expect(Object.keys(kube.all(remediations)[0]?.status?.otherAlerts ?? {})).toEqual(["Other"]);
  await send("resolved");
  expect(fires()).toBe(true);
  expect(kube.all(remediations)).toHaveLength(1);
});

describe("a resolved alert for another Operarius while the record of the firing one is live", () => {
  const setUpBoth = async () => {
    const world = { now: NOW };
    const kube = createMemoryKube(() => world.now);
    const firing = anOperarius();
    const { alertSelector } = firing.spec;
    const cleanUp = anOperarius(
      { ...firing.spec, alertSelector: { ...alertSelector, status: "resolved" } },
      "clean-up",
    );
    await install(kube, firing, cleanUp);
    const context = aContext(kube, { now: () => world.now });
    const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
    const send = (status: "firing" | "resolved", startsAt = "2026-01-01T00:00:00Z") =>
      receive({ context, catalog, store: createAlertStore(9) }, aDelivery([{ status, startsAt }]));
    const pass = async () => {
      world.now += 1000;
      for (const { metadata } of kube.all(remediations)) await reconcile(context, metadata.name);
    };
    const finish = async () => {
      const name = kube.all(jobs).at(-1)?.metadata.name ?? "";
      const body = { status: { conditions: [{ type: "Complete", status: "True" }] } };
      await kube.patchStatus(jobs, { namespace: NAMESPACE, name }, { type: "merge", body });
      await pass();
      await pass();
    };
    const made = () => kube.all(jobs).map(({ metadata }) => metadata.name.replace(/-[a-z0-9]+-\d+-\d+$/, ""));
    return { send, pass, finish, made };
  };
  it("opens the next record at its end, once", async () => {
    const { send, pass, finish, made } = await setUpBoth();
    await send("firing");
    await pass();
    await send("resolved");
    await send("resolved");
    // A late repeat of the same time.
    await send("firing");
    expect(made()).toEqual(["daemonset-rollout-fix"]);
    await finish();
    await pass();
    expect(made()).toEqual(["daemonset-rollout-fix", "clean-up"]);
    await finish();
    await pass();
    expect(made()).toHaveLength(2);
  });
  it("is dropped when the alert has begun anew meanwhile", async () => {
    const { send, pass, finish, made } = await setUpBoth();
    await send("firing");
    await pass();
    await send("resolved");
    await send("firing", "2026-01-01T01:00:00Z");
    await finish();
    await pass();
    expect(made()).toEqual(["daemonset-rollout-fix"]);
  });
});
