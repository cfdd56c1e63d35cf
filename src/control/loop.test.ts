import { afterEach, describe, expect, it } from "vitest";
import {
  aContext,
  aHook,
  aLook,
  anAlert,
  anOperarius,
  install,
  NAMESPACE,
  until,
} from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { jobs } from "../kube/resources.ts";
import { targetHash } from "../operarius/names.ts";
import { remediations, TARGET_HASH_LABEL } from "../operarius/remediation.ts";
import { startCaches } from "./caches.ts";
import { limitsFor } from "./limits.ts";
import { createLoop } from "./loop.ts";

const stopping: AbortController[] = [];
afterEach(() => {
  for (const each of stopping.splice(0)) each.abort(new Error("over"));
});

async function setUp(maxRunning = limitsFor("fast").maxRunning) {
  const kube = createMemoryKube();
  await install(kube, anOperarius());
  const control = new AbortController();
  stopping.push(control);
  const context = aContext(kube, { limits: { ...limitsFor("fast"), maxRunning } });
  const loop = createLoop();
  const caches = startCaches(context, { ...loop.listeners, operarius: () => undefined }, control.signal);
  await until(() => caches.hasSynced(), "filled caches");
  const open = async (name: string, more: { phase?: "Declined"; ours?: boolean } = {}) => {
    const target = { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name };
    const { phase, ours } = more;
    await kube.create(remediations, {
      metadata: { name: `${name}-1`, namespace: NAMESPACE, labels: { [TARGET_HASH_LABEL]: targetHash(target) } },
      spec: {
        target,
        operarius: { name: "daemonset-rollout-fix", ...(ours ? { ours } : {}) },
        sequence: 1,
        alert: anAlert(),
        hook: aHook(),
        receivedAt: new Date().toISOString(),
      },
      ...(phase === undefined ? {} : { status: { phase, endedAt: new Date().toISOString() } }),
    });
    await until(() => caches.records.items().some((record) => record.name === `${name}-1`), "the record in the cache");
  };
  const reads = (name: string) => kube.calls.filter((call) => call.verb === "get" && call.name === `${name}-1`).length;
  return { kube, context, loop, caches, open, reads };
}

function term(): AbortController {
  const control = new AbortController();
  stopping.push(control);
  return control;
}

describe("the loop", () => {
  it("does nothing as long as it does not lead, and picks everything up when it does", async () => {
    const { kube, context, loop, caches, open, reads } = await setUp();
    await open("a");
    await open("b");
    loop.wake("a-1");
    expect([reads("a"), kube.all(jobs).length]).toEqual([0, 0]);
    const leading = term();
    const led = loop.lead(context, caches, leading.signal);
    await until(() => kube.all(jobs).length === 2, "both Jobs");
    await open("c");
    await until(() => kube.all(jobs).length === 3, "the Job of a record that came later");
    leading.abort(new Error("over"));
    await led;
    await open("d");
    loop.wake("d-1");
    expect(reads("d")).toBe(0);
  });

  it("goes on being woken when a term begins before the one before it has ended", async () => {
    const { kube, context, loop, caches, open } = await setUp();
    const first = term();
    const one = loop.lead(context, caches, first.signal);
    void loop.lead(context, caches, term().signal);
    first.abort(new Error("over"));
    await one;
    await open("a");
    await until(() => kube.all(jobs).length === 1, "its Job");
  });

  it("leaves ended records of others alone", async () => {
    const { context, loop, caches, open, reads } = await setUp();
    await open("foreign", { phase: "Declined" });
    await open("ours", { phase: "Declined", ours: true });
    void loop.lead({ ...context, looks: { knows: () => true, look: async () => aLook() } }, caches, term().signal);
    await until(() => reads("ours") > 0, "the one of ours looked after");
    expect(reads("foreign")).toBe(0);
  });

  it("tells those that wait for a place when one becomes free", async () => {
    const { kube, context, loop, caches, open } = await setUp({ total: 1, perNamespace: 9, perOperarius: 9 });
    await open("a");
    await open("b");
    void loop.lead(context, caches, term().signal);
    await until(() => kube.all(remediations).some(({ status }) => status?.reason === "TooManyRunning"), "one in line");
    await until(() => kube.all(jobs).length === 1, "the Job of the first");
    const [job] = kube.all(jobs);
    const body = { status: { conditions: [{ type: "Complete", status: "True" }] } };
    await kube.patchStatus(jobs, { namespace: NAMESPACE, name: job?.metadata.name ?? "" }, { type: "merge", body });
    await until(() => kube.all(jobs).length === 2, "the other one's Job");
  });
});
