import { describe, expect, it } from "vitest";
import {
  aContext,
  aDelivery,
  anAlert,
  anOperarius,
  install,
  NAMESPACE,
  stuckLabels,
} from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { operariuses } from "../operarius/operarius.ts";
import type { RemediationStatus } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { createCatalog, toCatalogEntry } from "./catalog.ts";
import { receive } from "./receive.ts";

const START = Date.parse("2026-01-01T00:00:00Z");

async function setUp(...objects: ReturnType<typeof anOperarius>[]) {
  let now = START;
  const kube = createMemoryKube(() => now);
  const context = aContext(kube, { now: () => now });
  const store = createAlertStore();
  // An empty cache: everything comes from the API.
  const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
  await install(kube, ...objects);
  return {
    kube,
    context,
    store,
    send: (...body: Parameters<typeof aDelivery>) => receive({ context, catalog, store }, aDelivery(...body)),
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
    end: async (status: RemediationStatus = { phase: "Succeeded" }) => {
      for (const { metadata } of kube.all(remediations)) {
        const body = { status: { endedAt: new Date(now).toISOString(), ...status } };
        await kube.patchStatus(remediations, { namespace: NAMESPACE, name: metadata.name }, { type: "merge", body });
      }
    },
    names: () => kube.all(remediations).map(({ metadata }) => metadata.name),
  };
}

const forTarget = (daemonset: string) => ({ labels: stuckLabels({ daemonset }) });

describe("one live remediation per target", () => {
  it("stores an alert that nobody answers, and writes nothing", async () => {
    const { kube, send, store } = await setUp();
    expect(await send()).toEqual({ kind: "recorded" });
    expect(kube.calls.filter(({ verb }) => verb !== "list")).toEqual([]);
    expect(store.search()).toHaveLength(1);
  });

  it("records the alert before it answers", async () => {
    const { kube, send } = await setUp(anOperarius());
    expect(await send()).toEqual({ kind: "recorded" });
    expect(kube.all(remediations)[0]).toMatchObject({
      metadata: { namespace: NAMESPACE, name: expect.stringMatching(/^daemonset-agent-[0-9a-z]{10}-1$/) },
      spec: {
        target: { cluster: "test-cluster", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
        operarius: { name: "daemonset-rollout-fix" },
        sequence: 1,
        alert: { status: "firing", startsAt: "2026-01-01T00:00:00Z" },
        hook: { groupKey: "test-group" },
      },
    });
  });

  it("makes one record of each target in a group, and stores each alert", async () => {
    const { send, names, store } = await setUp(anOperarius());
    await send([forTarget("a"), forTarget("b"), forTarget("c")]);
    expect(names()).toHaveLength(3);
    expect(store.search()).toHaveLength(3);
  });

  it("only refreshes lastSeenFiring while one is live", async () => {
    const { kube, send, wait, names } = await setUp(anOperarius());
    await send();
    wait(60);
    await send();
    expect(names()).toHaveLength(1);
    expect(kube.all(remediations)[0]?.status).toEqual({ lastSeenFiring: new Date(START + 60_000).toISOString() });
  });

  it("is not fooled by a restarted kube-state-metrics or a new startsAt", async () => {
    const { send, names } = await setUp(anOperarius());
    await send();
    await send([{ labels: stuckLabels({ pod: "new", instance: "10.1.1.1:8080" }), startsAt: "2026-01-02T00:00:00Z" }]);
    expect(names()).toHaveLength(1);
  });

  it("opens the next episode after the end", async () => {
    const { send, end, names } = await setUp(anOperarius());
    await send();
    await end();
    await send();
    expect(names().map((name) => name.slice(-2))).toEqual(["-1", "-2"]);
  });

  it("rests on no record that is being deleted: the sender comes again, until it is gone or its end was seen", async () => {
    const { kube, send, names, end } = await setUp(anOperarius());
    await send();
    const ref = { namespace: NAMESPACE, name: names()[0] ?? "" };
    const going = { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } };
    await kube.patch(remediations, ref, { type: "merge", body: going });
    expect(await send()).toEqual({ kind: "unavailable", message: `${ref.name} is being deleted` });
    await end();
    expect(await send()).toEqual({ kind: "recorded" });
    expect(names()).toHaveLength(2);
  });

  it("keeps the last ten episodes of a target and touches no other's", async () => {
    const { send, end, names } = await setUp(anOperarius());
    await send([forTarget("other")]);
    for (let episode = 1; episode <= 13; episode++) {
      await end();
      await send();
    }
    const numbers = names()
      .filter((name) => name.startsWith("daemonset-agent-"))
      .map((name) => Number(name.split("-").at(-1)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(names().filter((name) => name.startsWith("daemonset-other-"))).toHaveLength(1);
  });

  it("keeps those that did not help for as long as they count against the target", async () => {
    const { kube, send, end, names, wait } = await setUp(anOperarius());
    await send();
    await end({ phase: "Ineffective", attempts: [{ n: 1, jobName: "j" }] });
    const [ineffective] = names();
    const flap = async () => {
      await send();
      const name = names().at(-1) ?? "";
      const body = { status: { phase: "Cancelled", endedAt: new Date(START).toISOString() } };
      await kube.patchStatus(remediations, { namespace: NAMESPACE, name }, { type: "merge", body });
    };
    for (let times = 0; times < 12; times++) await flap();
    expect(names()).toContain(ineffective);
    expect(names()).toHaveLength(11);
    wait(4 * 60 * 60 + 1);
    await flap();
    expect(names()).not.toContain(ineffective);
  });

  it("twenty at once are one, with several Operarii too", async () => {
    const { send, names } = await setUp(anOperarius(), anOperarius({ priority: 3 }, "other"));
    const answers = await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(["recorded"]));
    expect(names()).toHaveLength(1);
  });
});

describe("the deduplication window", () => {
  const windowed = anOperarius({ deduplication: { enabled: true, ttl: 600 } });

  it("skips within it, says so on the Operarius, and opens again after it", async () => {
    const { kube, send, end, wait, names } = await setUp(windowed);
    await send();
    await end();
    wait(599);
    expect(await send()).toEqual({ kind: "recorded" });
    expect(names()).toHaveLength(1);
    expect(kube.all(operariuses)[0]?.status?.lastExecutionStatus).toBe("Skipped: Deduplication");
    wait(1);
    await send();
    expect(names()).toHaveLength(2);
  });

  it.each([[{ enabled: false, ttl: 600 }], [{ enabled: true, ttl: 0 }], [{ enabled: true }]])(
    "%o is no window",
    async (deduplication) => {
      const { send, end, names } = await setUp(anOperarius({ deduplication }));
      await send();
      await end();
      await send();
      expect(names()).toHaveLength(2);
    },
  );
});

describe("resolved alerts", () => {
  const resolved = { status: "resolved" as const };

  it("are noted on the live record, also inside a firing group", async () => {
    const { kube, send, names } = await setUp(anOperarius());
    await send();
    await send([resolved, forTarget("other")]);
    expect(names()).toHaveLength(2);
    const record = kube.all(remediations).find(({ spec }) => spec.target.name === "agent");
    expect(record?.status?.alertResolvedAt).toBeDefined();
  });

  it("of another alert change nothing", async () => {
    const { kube, send } = await setUp(
      anOperarius(),
      anOperarius({ alertSelector: { alertname: "B", status: "firing" } }, "b"),
    );
    await send();
    await send([{ ...resolved, labels: stuckLabels({ alertname: "B" }) }]);
    expect(kube.all(remediations)[0]?.status?.alertResolvedAt).toBeUndefined();
  });

  it("start the Job of an Operarius for them", async () => {
    const { names, send } = await setUp(
      anOperarius({ alertSelector: { alertname: "KubeDaemonSetRolloutStuck", status: "resolved" } }),
    );
    await send([resolved]);
    expect(names()).toHaveLength(1);
  });
});

describe("what cannot be recorded", () => {
  const status = (code: number) => new StatusError({ code, reason: "Why", message: "because" });

  it.each<[string, Error]>([
    ["the API is down", new TransportError("connection refused")],
    ["a 500", status(500)],
    ["a 429", status(429)],
    ["no CRD", status(404)],
    ["no rights", status(403)],
  ])("%s: unavailable, so that Alertmanager sends it again", async (_, error) => {
    const { kube, send, store } = await setUp(anOperarius());
    kube.failWith(({ verb, plural }) => (verb === "create" && plural === "remediations" ? error : undefined));
    expect(await send()).toMatchObject({ kind: "unavailable" });
    expect(store.search()).toHaveLength(1);
    kube.failWith(() => undefined);
    expect(await send()).toEqual({ kind: "recorded" });
  });

  it("the Operarii cannot be read: unavailable", async () => {
    const { kube, send } = await setUp(anOperarius());
    kube.failWith(() => new TransportError("connection refused"));
    expect(await send()).toMatchObject({ kind: "unavailable", message: expect.stringContaining("Operarii") });
  });

  it("can never be recorded: not sent again, but in the log", async () => {
    const { kube, send, context } = await setUp(anOperarius());
    kube.failWith(({ verb }) => (verb === "create" ? status(422) : undefined));
    expect(await send()).toEqual({ kind: "recorded" });
    expect(context.lines.join()).toContain("RecordRefused");
  });

  it("one bad alert does not keep the others from being recorded", async () => {
    const { kube, send, names } = await setUp(anOperarius());
    kube.failWith(({ verb, name }) => (verb === "create" && name.includes("bad") ? status(500) : undefined));
    expect(await send([forTarget("bad"), forTarget("good")])).toMatchObject({ kind: "unavailable" });
    expect(names()).toHaveLength(1);
  });
});

describe("an Operarius that was applied a moment ago", () => {
  it("is found although the cache has not seen it, by few lists however many ask", async () => {
    const { kube, context, store, names } = await setUp(anOperarius());
    const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => true, items: () => [] } });
    const before = kube.calls.length;
    await Promise.all(Array.from({ length: 20 }, () => receive({ context, catalog, store }, aDelivery())));
    expect(names()).toHaveLength(1);
    const lists = kube.calls.slice(before).filter(({ verb, plural }) => verb === "list" && plural === "operariuses");
    expect(lists).toHaveLength(2);
  });

  it("is not asked for when the cache knows an answer", async () => {
    const { kube, context, store } = await setUp(anOperarius());
    const items = kube.all(operariuses).map(toCatalogEntry);
    const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => true, items: () => items } });
    const resolved = { status: "resolved" as const };
    await receive({ context, catalog, store }, aDelivery([{}, resolved]));
    expect(kube.calls.filter(({ verb, plural }) => verb === "list" && plural === "operariuses")).toEqual([]);
  });
});

describe("several clusters behind one receiver", () => {
  it("does not act on another cluster's alert once it knows its own name", async () => {
    const { kube, context, store, names } = await setUp(anOperarius());
    const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
    const here = { ...context, settings: { ...context.settings, clusterName: "mine" } };
    await receive({ context: here, catalog, store }, aDelivery());
    expect(names()).toEqual([]);
    await receive(
      { context: here, catalog, store },
      aDelivery([{ ...anAlert(), labels: stuckLabels({ cluster: "mine" }) }]),
    );
    expect(names()).toHaveLength(1);
  });
});
