import type { Lease } from "kubernetes-types/coordination/v1";
import { describe, expect, it } from "vitest";
import type { MemoryKube } from "../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { leases } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import { Interrupted, Stalled, TargetMoved } from "./errors.ts";
import type { Ledger } from "./ledger.ts";
import { createLedger, leaseName } from "./ledger.ts";
import type { Intent, Target } from "./types.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 15, 12);
const target: Target = { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const name = leaseName(target);
const ANNOTATION = "operarius.openfero.io/intents";

function intent(overrides: Partial<Intent> = {}): Intent {
  return {
    kind: "delete-pod",
    uid: "u",
    templateHash: "t",
    cause: "C04",
    trouble: "CrashLoop",
    node: "n1",
    pod: "p",
    at: NOW,
    ...overrides,
  };
}

interface Scene {
  kube: MemoryKube;
  /** A ledger of this holder; all share one clock. */
  as: (holder: string) => Ledger;
  clock: { now: number };
  /** Runs at each sleep, after the clock has moved on. */
  meanwhile: { act: () => Promise<void> };
  abort: AbortController;
  stored: () => Live<Lease> | undefined;
}

function scene(): Scene {
  const clock = { now: NOW };
  const meanwhile = { act: () => Promise.resolve() };
  const abort = new AbortController();
  const kube = createMemoryKube(() => clock.now);
  return {
    kube,
    clock,
    meanwhile,
    abort,
    as: (holder) =>
      createLedger({
        kube,
        namespace: "openfero",
        target,
        holder,
        now: () => clock.now,
        signal: abort.signal,
        sleep: async (ms) => {
          clock.now += ms;
          await meanwhile.act();
        },
      }),
    stored: () => kube.all(leases)[0],
  };
}

async function put(kube: MemoryKube, annotations: Record<string, string>, spec: Lease["spec"] = {}): Promise<void> {
  await kube.create(leases, { metadata: { name, namespace: "openfero", annotations }, spec });
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => "resolved",
    (failed: unknown) => failed,
  );
  return error instanceof Stalled ? error.reason : error instanceof Error ? error.name : String(error);
}

describe("the lease's name", () => {
  it.each<[string, Partial<Target>]>([
    ["a plain one", {}],
    ["253 characters", { name: "a".repeat(253) }],
    ["dots", { name: "agent.v2.example" }],
    ["an odd cut", { name: `${"a".repeat(33)}.b` }],
  ])("%s is a DNS label", (_name, part) => {
    expect(leaseName({ ...target, ...part })).toMatch(/^operarius-daemonset-[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(leaseName({ ...target, ...part }).length).toBeLessThanOrEqual(63);
  });

  it("differs by every part of the target", () => {
    const others: Partial<Target>[] = [
      {},
      { cluster: "b" },
      { kind: "Deployment" },
      { namespace: "other" },
      { name: "agent2" },
    ];
    expect(new Set(others.map((part) => leaseName({ ...target, ...part }))).size).toBe(others.length);
  });
});

describe("what was tried", () => {
  it("is nothing at first, and looking leaves no trace", async () => {
    const { as, stored } = scene();
    expect(await as("a").read()).toEqual([]);
    expect(stored()).toBeUndefined();
  });

  it("is known to the next run", async () => {
    const { as, stored } = scene();
    const first = as("a");
    await first.read();
    await first.begin([intent()]);
    expect(stored()).toMatchObject({ spec: { holderIdentity: "a", leaseDurationSeconds: 30 } });
    await first.end([]);
    expect(stored()?.spec).not.toHaveProperty("holderIdentity");
    expect(await as("b").read()).toEqual([intent()]);
    expect(stored()?.metadata.annotations?.["operarius.openfero.io/target"]).toBe("DaemonSet/kube-system/agent");
  });

  it("grows by each write, and loses what was not carried out", async () => {
    const { as } = scene();
    const ledger = as("a");
    await ledger.read();
    const refused = intent({ node: "n2" });
    await ledger.begin([intent()]);
    await ledger.end([]);
    await ledger.begin([refused]);
    await ledger.end([refused]);
    expect(await as("b").read()).toEqual([intent()]);
  });

  it("is forgotten after 24 h, and kept up to the last 200", async () => {
    const { as, kube } = scene();
    const many = Array.from({ length: 300 }, (_, i) => intent({ node: `n${i}`, at: NOW - HOUR + i }));
    await put(kube, {
      [ANNOTATION]: JSON.stringify([intent({ at: NOW - 24 * HOUR }), intent({ at: NOW - 25 * HOUR }), ...many]),
    });
    const read = await as("a").read();
    expect(read).toHaveLength(200);
    expect([read[0]?.node, read[199]?.node]).toEqual(["n100", "n299"]);
    const ledger = as("a");
    await ledger.read();
    await ledger.begin([intent({ node: "last" })]);
    const kept = await as("a").read();
    expect([kept.length, kept[199]?.node]).toEqual([200, "last"]);
  });

  it("holds what is younger than 24 h and nothing older", async () => {
    const { as, kube } = scene();
    const stored = [intent({ node: "old", at: NOW - 24 * HOUR }), intent({ node: "young", at: NOW - 24 * HOUR + 1 })];
    await put(kube, { [ANNOTATION]: JSON.stringify(stored) });
    expect((await as("a").read()).map(({ node }) => node)).toEqual(["young"]);
  });

  it("keeps other people's annotations", async () => {
    const { as, kube, stored } = scene();
    await put(kube, { note: "kept" });
    const ledger = as("a");
    await ledger.read();
    await ledger.begin([intent()]);
    expect(stored()?.metadata.annotations?.note).toBe("kept");
  });
});

describe("unreadable means no writes", () => {
  it.each([
    ["no JSON", "{"],
    ["no list", '{"a":1}'],
    ["an entry that is none", "[null]"],
    ["an entry without its time", JSON.stringify([{ ...intent(), at: "yesterday" }])],
    ["an entry without its node", JSON.stringify([{ ...intent(), node: undefined }])],
  ])("%s", async (_name, text) => {
    const { as, kube } = scene();
    await put(kube, { [ANNOTATION]: text });
    expect(await reasonOf(as("a").read())).toBe("LedgerUnreadable");
  });

  const forbidden = new StatusError({ code: 403, reason: "Forbidden", message: "leases is forbidden" });
  const reset = new TransportError("connection reset");
  it.each([
    ["no right at all", { list: forbidden, get: forbidden }],
    ["no answer to the list", { list: reset, get: undefined }],
    ["no answer to the get", { list: forbidden, get: reset }],
  ])("%s", async (_name, errors: Record<string, Error | undefined>) => {
    const { as, kube } = scene();
    kube.failWith(({ verb }) => errors[verb]);
    expect(await reasonOf(as("a").read())).toBe("LedgerUnreadable");
  });

  it("unwritable, too", async () => {
    const { as, kube } = scene();
    kube.failWith(({ verb }) =>
      verb === "create" ? new StatusError({ code: 403, reason: "Forbidden", message: "no" }) : undefined,
    );
    const ledger = as("a");
    await ledger.read();
    expect(await reasonOf(ledger.begin([intent()]))).toBe("LedgerUnwritable");
  });
});

describe("what was done to others", () => {
  const other = async ({ kube }: Scene, intents: string, called = "operarius-daemonset-other") => {
    const annotations = { [ANNOTATION]: intents, "operarius.openfero.io/target": "DaemonSet/logging/other" };
    await kube.create(leases, { metadata: { name: called, namespace: "openfero", annotations }, spec: {} });
  };

  it("comes with the same reading, each with its target", async () => {
    const stage = scene();
    await other(stage, JSON.stringify([intent({ node: "n7" }), intent({ at: NOW - 25 * HOUR })]));
    await put(stage.kube, { [ANNOTATION]: JSON.stringify([intent()]) });
    await stage.kube.create(leases, { metadata: { name: "operarius-leader", namespace: "openfero" }, spec: {} });
    const ledger = stage.as("a");
    expect(await ledger.read()).toEqual([intent()]);
    expect(ledger.others()).toEqual([{ ...intent({ node: "n7" }), target: "DaemonSet/logging/other" }]);
    expect(
      stage.kube.calls
        .filter(({ plural }) => plural === "leases")
        .map(({ verb }) => verb)
        .at(-1),
    ).toBe("list");
  });

  it("is read again on demand, and what is recorded meanwhile is seen", async () => {
    const stage = scene();
    const ledger = stage.as("a");
    await ledger.read();
    await ledger.begin([intent()]);
    await other(stage, JSON.stringify([intent({ node: "n7" })]));
    expect(ledger.others()).toEqual([]);
    await ledger.readOthers();
    expect(ledger.others()?.map(({ node }) => node)).toEqual(["n7"]);
    await ledger.end([]);
    expect(await stage.as("b").read()).toEqual([intent()]);
  });

  it("is not known without the right to list; our own ledger still is", async () => {
    const stage = scene();
    await put(stage.kube, { [ANNOTATION]: JSON.stringify([intent()]) });
    stage.kube.failWith(({ verb }) =>
      verb === "list" ? new StatusError({ code: 403, reason: "Forbidden", message: "no" }) : undefined,
    );
    const ledger = stage.as("a");
    expect(await ledger.read()).toEqual([intent()]);
    expect(ledger.others()).toBeUndefined();
    await ledger.read();
    expect(stage.kube.calls.filter(({ verb }) => verb === "list")).toHaveLength(1);
  });

  it("unreadable means no writes, and the Lease is named", async () => {
    const stage = scene();
    await other(stage, "{");
    await expect(stage.as("a").read()).rejects.toMatchObject({
      reason: "LedgerUnreadable",
      message: expect.stringContaining("openfero/operarius-daemonset-other"),
    });
  });

  it("no answer when it is read again means no writes", async () => {
    const stage = scene();
    const ledger = stage.as("a");
    await ledger.read();
    stage.kube.failWith(({ verb }) => (verb === "list" ? new TransportError("connection reset") : undefined));
    expect(await reasonOf(ledger.readOthers())).toBe("LedgerUnreadable");
  });
});

describe("the lock", () => {
  it("two that begin at the same time: one writes, the other plans anew", async () => {
    const { as } = scene();
    const [a, b] = [as("a"), as("b")];
    await Promise.all([a.read(), b.read()]);
    const results = await Promise.allSettled([a.begin([intent()]), b.begin([intent()])]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const lost = results.find((result) => result.status === "rejected");
    expect(lost?.reason).toBeInstanceOf(TargetMoved);
  });

  it("a write by somebody else since the look is seen", async () => {
    const { as } = scene();
    const [a, b] = [as("a"), as("b")];
    await a.read();
    await a.begin([]);
    await a.end([]);
    await b.read();
    await a.begin([intent()]);
    await a.end([]);
    expect(await reasonOf(b.begin([intent()]))).toBe("TargetMoved");
    expect(await b.read()).toEqual([intent()]);
    await b.begin([intent({ node: "n2" })]);
  });

  it("a holder that renews is waited for, up to a minute", async () => {
    const { as, kube, meanwhile, clock } = scene();
    await put(kube, {}, { holderIdentity: "other", leaseDurationSeconds: 30 });
    const ledger = as("a");
    await ledger.read();
    meanwhile.act = async () => {
      if ((clock.now - NOW) % 10_000 === 0)
        await kube.patch(
          leases,
          { namespace: "openfero", name },
          { type: "merge", body: { spec: { renewTime: `${clock.now}` } } },
        );
    };
    expect(await reasonOf(ledger.begin([intent()]))).toBe("TargetLocked");
    expect(clock.now - NOW).toBe(60_000);
  });

  it("one that ends: what it did is looked at first", async () => {
    const { as, kube, meanwhile, stored } = scene();
    await put(kube, {}, { holderIdentity: "other", leaseDurationSeconds: 30 });
    const ledger = as("a");
    await ledger.read();
    meanwhile.act = async () => {
      await kube.patch(
        leases,
        { namespace: "openfero", name },
        { type: "merge", body: { spec: { holderIdentity: null } } },
      );
    };
    expect(await reasonOf(ledger.begin([intent()]))).toBe("TargetMoved");
    expect(stored()?.spec).not.toHaveProperty("holderIdentity");
  });

  it("one that died is taken over after its time by our own watch, whatever its clock says", async () => {
    const { as, kube, clock, stored } = scene();
    await put(
      kube,
      {},
      { holderIdentity: "other", leaseDurationSeconds: 30, renewTime: "2099-01-01T00:00:00.000000Z" },
    );
    const ledger = as("a");
    await ledger.read();
    await ledger.begin([intent()]);
    expect(clock.now - NOW).toBe(30_000);
    expect(stored()?.spec?.holderIdentity).toBe("a");
  });

  it("an expired clock of the holder does not shorten that", async () => {
    const { as, kube, clock } = scene();
    await put(
      kube,
      {},
      { holderIdentity: "other", leaseDurationSeconds: 30, renewTime: "2001-01-01T00:00:00.000000Z" },
    );
    const ledger = as("a");
    await ledger.read();
    await ledger.begin([intent()]);
    expect(clock.now - NOW).toBe(30_000);
  });

  it("being told to stop ends the wait at once", async () => {
    const { as, kube, abort, clock } = scene();
    await put(kube, {}, { holderIdentity: "other" });
    const ledger = as("a");
    await ledger.read();
    abort.abort();
    await expect(ledger.begin([intent()])).rejects.toBeInstanceOf(Interrupted);
    expect(clock.now - NOW).toBe(1000);
  });

  it("is renewed by its holder without losing anything", async () => {
    const { as, clock, stored } = scene();
    const ledger = as("a");
    await ledger.read();
    await ledger.begin([intent()]);
    const before = stored()?.spec?.renewTime;
    clock.now += 11_000;
    await ledger.begin([]);
    expect(stored()?.spec?.renewTime).not.toBe(before);
    await ledger.end([]);
    expect(await as("b").read()).toEqual([intent()]);
  });

  it("is not given back by somebody who does not hold it", async () => {
    const { as, kube, stored } = scene();
    await put(kube, {}, { holderIdentity: "other" });
    const ledger = as("a");
    await ledger.read();
    await ledger.end([]);
    expect(stored()?.spec?.holderIdentity).toBe("other");
  });
});

describe("our clock", () => {
  /** The API server dates what it writes; ours is this much ahead. */
  const behindUs = (aheadMs: number) => {
    const { as, kube, clock, stored } = scene();
    const dated = (object: object) => {
      const managedFields = [
        { manager: "someone", time: "2020-01-01T00:00:00Z" },
        { manager: "operarius", time: new Date(clock.now - aheadMs).toISOString() },
      ];
      return { ...object, metadata: { ...(object as Lease).metadata, managedFields } };
    };
    const plain = { ...kube };
    kube.create = async (resource, object, options) => dated(await plain.create(resource, object, options)) as never;
    kube.replace = async (resource, object, options) => dated(await plain.replace(resource, object, options)) as never;
    return { as, stored };
  };

  it.each([
    [31_000, /31 s ahead of/],
    [-45_000, /45 s behind/],
  ])("%s ms off: nothing is written, and nothing stays recorded or locked", async (aheadMs, words) => {
    const { as, stored } = behindUs(aheadMs);
    const ledger = as("a");
    await ledger.read();
    await expect(ledger.begin([intent()])).rejects.toMatchObject({ reason: "ClockSkew", message: words });
    expect(stored()?.spec).not.toHaveProperty("holderIdentity");
    expect(await as("b").read()).toEqual([]);
  });

  it("a little off does not matter", async () => {
    const ledger = behindUs(12_000).as("a");
    await ledger.read();
    await ledger.begin([intent()]);
  });
});
