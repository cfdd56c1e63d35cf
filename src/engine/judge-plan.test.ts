import { describe, expect, it } from "vitest";
import { aNodeFact, anIntent, aStructure, NOW } from "../../test/support/daemonset-builders.ts";
import type { FakeScene } from "../../test/support/fake-run.ts";
import { acts, deletion, healthy, ill, rollback, runFake } from "../../test/support/fake-run.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { leases } from "../kube/resources.ts";
import { Stalled } from "./errors.ts";
import type { Surroundings } from "./guards/common-cause.ts";
import type { Ledger } from "./ledger.ts";
import { createLedger } from "./ledger.ts";
import type { ForeignIntent, GuardFacts } from "./types.ts";

const oneStep = acts("plan-1");
const template = acts("plan-t", { steps: [rollback] });
const nodes = [aNodeFact("n1", { troubledSince: NOW - 20 * 60_000 })];
const cni = aStructure({ hostPaths: [{ path: "/opt/cni/bin", writable: true, bidirectional: false }] });
const csi = aStructure({ hostPaths: [{ path: "/var/lib/kubelet/plugins", writable: true, bidirectional: false }] });

function run(facts: Partial<GuardFacts>, scene: Partial<FakeScene> = {}, plan = oneStep) {
  const looks = [ill(plan, { facts: { nodes, ...facts } }), ill(plan, { facts: { nodes, ...facts } }), healthy()];
  return runFake({ looks, ...scene });
}
const written = (log: readonly string[]) => log.filter((line) => line.startsWith("write"));

describe("the surroundings", () => {
  it("are read once, after the dwell and before anything is recorded", async () => {
    const { log, outcome } = await run({});
    expect(outcome.verdict.kind).toBe("recovered");
    const order = [
      "sleep 30000",
      "surroundings?",
      "pause?",
      "begin delete-pod n1",
      "read others",
      "write delete on n1",
    ];
    expect(log.filter((line) => order.includes(line))).toEqual(order);
  });

  it("are not asked for where no pod is in trouble", async () => {
    expect((await run({ nodes: [aNodeFact("n1")] })).log).not.toContain("surroundings?");
  });

  it("a dependency that fell ill as well ends it", async () => {
    const neighbours = [
      {
        ref: "kube-system/cni",
        classified: { class: "path" as const, evidence: "CNI" },
        pods: [{ node: "n1", since: NOW - 20 * 60_000 }],
      },
    ];
    const { outcome, log } = await run({}, { surroundings: () => Promise.resolve({ kind: "read", neighbours }) });
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason: "DependencyUnhealthy" });
    expect(written(log)).toEqual([]);
    expect(log).not.toContain("pause?");
  });

  it("no answer: looked at again, and nothing is written without one", async () => {
    const answers = [new TransportError("connection reset")];
    const surroundings = (): Promise<Surroundings> => {
      const error = answers.shift();
      return error ? Promise.reject(error) : Promise.resolve({ kind: "read", neighbours: [] });
    };
    const { outcome, log, progress } = await run({}, { surroundings });
    expect(outcome.verdict.kind).toBe("recovered");
    expect(progress).toContainEqual({ kind: "note", message: "looking again: connection reset" });
    expect(written(log.slice(0, log.indexOf("surroundings?")))).toEqual([]);
  });

  it.each([
    new TransportError("connection reset"),
    new StatusError({ code: 500, reason: "InternalError", message: "etcd" }),
  ])("an answer that never comes ends the run without a write: %s", async (error) => {
    let begun = 0;
    const begin = () => {
      begun += 1;
      return Promise.resolve();
    };
    const looks = [ill(oneStep, { facts: { nodes } })];
    const { outcome } = await runFake({ looks, ledger: { begin }, surroundings: () => Promise.reject(error) });
    expect(outcome.verdict).toMatchObject({ kind: "waiting", reason: "OutOfTime" });
    expect(begun).toBe(0);
  });

  it("rights that do not reach them leave one pod and no template", async () => {
    const surroundings = (): Promise<Surroundings> => Promise.resolve({ kind: "unread", scope: "the other pods" });
    expect(written((await run({}, { surroundings })).log)).toHaveLength(1);
    const { outcome, log } = await run({}, { surroundings }, template);
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason: "NotEvaluated" });
    expect(written(log)).toEqual([]);
  });
});

describe("a class that wants a person's word", () => {
  it("proposes the plan where somebody can approve it, and says why", async () => {
    const { outcome, log } = await run({ structure: csi }, { approval: { kind: "record" } });
    expect(outcome.verdict).toMatchObject({
      kind: "awaiting-approval",
      planDigest: "plan-1",
      message: expect.stringContaining("class driver"),
    });
    expect(written(log)).toEqual([]);
    expect(outcome.last?.plan).toMatchObject({ needsApproval: true, digest: "plan-1" });
  });

  it("acts once exactly that plan is approved", async () => {
    const { outcome, log } = await run({ structure: csi }, { approval: { kind: "record" }, approvedPlan: "plan-1" });
    expect(outcome.verdict.kind).toBe("recovered");
    expect(written(log)).toHaveLength(1);
  });

  it("not on the approval of another plan", async () => {
    const { outcome, log } = await run({ structure: csi }, { approval: { kind: "record" }, approvedPlan: "plan-0" });
    expect(outcome.verdict.kind).toBe("awaiting-approval");
    expect(written(log)).toEqual([]);
  });

  it("declines with the command where nobody can", async () => {
    const { outcome, log } = await run({ structure: csi });
    expect(outcome.verdict).toMatchObject({
      kind: "declined",
      reason: "CriticalClass",
      message: expect.stringContaining("kubectl delete pod agent-n1 -n kube-system"),
    });
    expect(outcome.last?.plan?.notes).toEqual({
      delete: expect.stringMatching(/^not done: It is a mount or driver/),
      template: "about the template",
    });
    expect(written(log)).toEqual([]);
  });

  it("a rollback of the network path waits even under rollback auto", async () => {
    const policies = { rollback: "auto" as const };
    const { outcome } = await run({ structure: cni }, { approval: { kind: "record" }, policies }, template);
    expect(outcome.verdict.kind).toBe("awaiting-approval");
  });
});

describe("the cluster's budget", () => {
  const wrote: ForeignIntent = {
    ...anIntent({ kind: "rollback", node: "", at: NOW - 60_000 }),
    target: "DaemonSet/logging/shipper",
  };

  it("that was used up before ends it", async () => {
    const { outcome, log } = await run({}, { ledger: { others: () => [wrote] } }, template);
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason: "ClusterBudgetExhausted" });
    expect(log.filter((line) => line.startsWith("begin"))).toEqual([]);
  });

  it("that somebody else used up meanwhile: what was recorded is withdrawn, nothing is written", async () => {
    let others: ForeignIntent[] = [];
    const ledger: Partial<Ledger> = {
      others: () => others,
      readOthers: () => {
        others = [wrote];
        return Promise.resolve();
      },
    };
    const { outcome, log } = await run({}, { ledger }, template);
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason: "ClusterBudgetExhausted" });
    expect(written(log)).toEqual([]);
    expect(log).toContain("end without 1");
    expect(outcome.intents).toEqual([]);
  });

  it("that cannot be counted again: withdrawn, too", async () => {
    const readOthers = () => Promise.reject(new Stalled("LedgerUnreadable", "The ledger cannot be read."));
    const { outcome, log } = await run({}, { ledger: { readOthers } });
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason: "LedgerUnreadable" });
    expect(written(log)).toEqual([]);
    expect(log).toContain("end without 1");
  });

  it("is not counted again by rights that do not list", async () => {
    const { log } = await run({}, { ledger: { others: () => undefined } });
    expect(log).not.toContain("read others");
    expect(written(log)).toHaveLength(1);
  });

  it("two targets at the same moment: at most one template is written, whoever comes first", async () => {
    const kube = createMemoryKube(() => NOW);
    const ledgerOf = (name: string) =>
      createLedger({
        kube,
        namespace: "openfero",
        target: { cluster: "", kind: "DaemonSet", namespace: "kube-system", name },
        holder: name,
        now: () => NOW,
        sleep: () => Promise.resolve(),
        signal: new AbortController().signal,
      });
    const both = await Promise.all(["a", "b"].map((name) => run({}, { ledger: ledgerOf(name) }, template)));
    const writes = both.flatMap(({ log }) => written(log));
    expect(writes.length).toBeLessThanOrEqual(1);
    const kept = kube.all(leases).map(({ metadata }) => metadata.annotations?.["operarius.openfero.io/intents"]);
    expect(kept.filter((text) => text !== "[]")).toHaveLength(writes.length);
  });
});

describe("a refusal after a write", () => {
  it("ends the run once what is left has stayed bad, and not at the end of its time", async () => {
    const surroundings = (): Promise<Surroundings> => Promise.resolve({ kind: "unread", scope: "the other pods" });
    const second = acts("plan-2", { steps: [deletion("n2")] });
    const given = { facts: { nodes } };
    const { outcome, took } = await runFake({
      looks: [ill(oneStep, given), ill(oneStep, given), ill(second, given)],
      surroundings,
    });
    expect(outcome.verdict).toMatchObject({ kind: "partial", reason: "NotEvaluated" });
    expect(took).toBeLessThan(90_000);
  });
});

describe("a wave", () => {
  it("is cut to what the cluster's budget leaves", async () => {
    const others = Array.from({ length: 18 }, (_, i) => ({
      ...anIntent({ node: `m${i}`, at: NOW - 600_000 }),
      target: "DaemonSet/logging/shipper",
    }));
    const seen: (number | undefined)[] = [];
    const plan = ({ deletionsLeft }: { deletionsLeft?: number }) => {
      seen.push(deletionsLeft);
      return acts("plan-w", { steps: [deletion("n1")] });
    };
    await runFake({ looks: [ill(plan), ill(plan), healthy()], ledger: { others: () => others } });
    expect(seen[0]).toBe(2);
  });
});
