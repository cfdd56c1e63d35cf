/** Several alerts about one target, in one delivery or at the same moment: none of them hides another. */
import { describe, expect, it } from "vitest";
import {
  aContext,
  aDelivery,
  anOperarius,
  install,
  NAMESPACE,
  NOW,
  stuckLabels,
} from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import type { Alert } from "../intake/alert.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { jobs } from "../kube/resources.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { remediations } from "../operarius/remediation.ts";
import { createCatalog } from "./catalog.ts";
import { receive } from "./receive.ts";
import { reconcile } from "./reconcile.ts";
import { toSummary } from "./summary.ts";

const answering = (alertname: string, status: "firing" | "resolved", name: string): OperariusObject =>
  anOperarius({ ...anOperarius().spec, alertSelector: { alertname, status } }, name);

/** No two moments are the same. */
async function setUp(...operarii: OperariusObject[]) {
  const world = { now: NOW };
  const kube = createMemoryKube(() => world.now);
  await install(kube, ...operarii);
  const context = aContext(kube, { now: () => world.now++ });
  const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
  const records = () => kube.all(remediations);
  const pass = async () => {
    for (const { metadata } of records()) await reconcile(context, metadata.name);
  };
  return {
    world,
    kube,
    records,
    pass,
    send: (...alerts: Partial<Alert>[]) => receive({ context, catalog, store: createAlertStore(9) }, aDelivery(alerts)),
    fires: () =>
      records()
        .map(toSummary)
        .every(({ resolvedAt, lastFiringAt }) => resolvedAt <= lastFiringAt),
    finish: async () => {
      for (const { metadata } of kube.all(jobs)) {
        const body = { status: { conditions: [{ type: "Complete", status: "True" }] } };
        await kube.patchStatus(jobs, { namespace: NAMESPACE, name: metadata.name }, { type: "merge", body });
      }
      for (let times = 0; times < 3; times++) await pass();
    },
    made: () => kube.all(jobs).map(({ metadata }) => metadata.name.replace(/-[a-z0-9]+-\d+-\d+$/, "")),
  };
}

const STUCK = "KubeDaemonSetRolloutStuck";
const from = (status: "firing" | "resolved", instance: string) => ({ status, labels: stuckLabels({ instance }) });
const named = (status: "firing" | "resolved", alertname: string, more: Partial<Alert> = {}): Partial<Alert> => ({
  status,
  labels: stuckLabels({ alertname }),
  ...more,
});

describe("two kube-state-metrics, of which one is replaced", () => {
  const alerts = [from("firing", "new"), from("resolved", "old")];
  it.each([
    ["first", alerts],
    ["last", alerts.toReversed()],
  ])("the alert of the other one fires on (it comes %s)", async (_, delivery) => {
    const { send, fires, records } = await setUp(anOperarius());
    await send(from("firing", "old"));
    await send(...delivery);
    expect(fires()).toBe(true);
    expect(records()).toHaveLength(1);
    await send(from("resolved", "new"), from("resolved", "old"));
    expect(fires()).toBe(false);
  });
});

it("fires again although the replica that heard of its end has a clock that is ahead", async () => {
  const { world, send, fires } = await setUp(anOperarius());
  await send(from("firing", "one"));
  world.now += 60_000;
  await send(from("resolved", "one"));
  world.now -= 30_000;
  await send(from("firing", "one"));
  expect(fires()).toBe(true);
});

describe("an alert resolves in the moment in which another one about its target fires", () => {
  const cleanUp = answering("Other", "resolved", "clean-up");
  it.each([
    ["first", [named("firing", STUCK), named("resolved", "Other")]],
    ["last", [named("resolved", "Other"), named("firing", STUCK)]],
  ])("the Operarius of the resolved one is not forgotten (the firing one comes %s)", async (_, delivery) => {
    const { send, pass, finish, made } = await setUp(answering(STUCK, "firing", "repair"), cleanUp);
    await send(...delivery);
    await pass();
    await finish();
    await finish();
    expect(made()).toContain("clean-up");
  });

  it("both names are noted, whoever opens the record", async () => {
    const { send, records } = await setUp(answering(STUCK, "firing", "repair"), answering("Other", "firing", "other"));
    await send(named("firing", STUCK), named("firing", "Other"));
    expect(Object.keys(records()[0]?.status?.otherAlerts ?? {})).toHaveLength(1);
  });
});

describe("a resolved alert that waits for the end of the live record", () => {
  const operarii = [
    answering(STUCK, "firing", "repair"),
    answering("Other", "resolved", "clean-up"),
    answering("Third", "resolved", "sweep"),
  ];
  const scene = async () => {
    const all = await setUp(...operarii);
    await all.send(named("firing", STUCK));
    await all.pass();
    return all;
  };

  it("is not dropped because the alert of the record, another one, began later", async () => {
    const { send, finish, made } = await scene();
    await send(named("resolved", "Other", { startsAt: "2026-01-01T00:00:00Z" }));
    await send(named("firing", STUCK, { startsAt: "2026-01-01T05:00:00Z" }));
    await finish();
    expect(made()).toEqual(["repair", "clean-up"]);
  });

  it("is dropped when it fires anew itself", async () => {
    const all = await setUp(...operarii, answering("Other", "firing", "other"));
    await all.send(named("firing", STUCK));
    await all.pass();
    await all.send(named("resolved", "Other", { startsAt: "2026-01-01T00:00:00Z" }));
    await all.send(named("firing", "Other", { startsAt: "2026-01-01T05:00:00Z" }));
    await all.finish();
    expect(all.made()).toEqual(["repair"]);
  });

  it("is kept as it came last, with nothing of how it came before", async () => {
    const { send, records } = await scene();
    const labels = stuckLabels({ alertname: "Other" });
    await send({ status: "resolved", labels: { ...labels, pod: "a", extra: "x" }, endsAt: "2026-01-01T06:00:00Z" });
    await send({ status: "resolved", labels });
    const { alert } = records()[0]?.status?.next ?? {};
    expect(alert?.labels).toEqual(labels);
    expect(alert).not.toHaveProperty("endsAt");
  });

  it("is not replaced by that of a third Operarius: its sender comes again, until the end", async () => {
    const { send, finish, made } = await scene();
    expect((await send(named("resolved", "Other"))).kind).toBe("recorded");
    expect((await send(named("resolved", "Third"))).kind).toBe("unavailable");
    await finish();
    expect((await send(named("resolved", "Third"))).kind).toBe("recorded");
    await finish();
    await finish();
    expect(made()).toEqual(["repair", "clean-up", "sweep"]);
  });
});
