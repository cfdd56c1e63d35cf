/** What a look says would be done is what a run does: the same plan, the same guards, the same refusals. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { preview } from "../../src/engine/proposal.ts";
import { runRemedy } from "../../src/engine/run.ts";
import type { RunOptions } from "../../src/engine/run-types.ts";
import type { PlanContext, Policies } from "../../src/engine/types.ts";
import type { Observation } from "../../src/remedies/daemonset-rollout/facts.ts";
import { daemonSetRollout as remedy } from "../../src/remedies/daemonset-rollout/remedy.ts";
import { anyCluster } from "../support/any-cluster.ts";
import {
  anObservation,
  badImagePod,
  crashingPod,
  fleet,
  settings,
  somePolicies,
  stoppedRollout,
} from "../support/daemonset-builders.ts";
import { createMemoryKube } from "../support/memory-kube.ts";

function of(observation: Observation, flags: Partial<Policies> = {}) {
  const policies = somePolicies({ rollback: "approve", ...flags });
  return preview(observation, {
    remedy,
    settings,
    policies,
    intents: [],
    others: [],
    mayPatchTemplate: true,
    at: observation.at,
    surroundings: undefined,
  });
}

function never(): never {
  throw new Error("a dry run writes nothing and asks nobody");
}

/** A dry run of the engine on one frozen observation. */
function dryRun(observation: Observation, { settings: own, policies, mayPatchTemplate }: PlanContext) {
  const view = {
    look: async () => observation,
    changed: async () => undefined,
    confirm: async () => true,
    stop: () => undefined,
  };
  const options: RunOptions<Observation> = {
    remedy: { ...remedy, open: async () => view, surroundings: async () => ({ kind: "read", neighbours: [] }) },
    kube: createMemoryKube(),
    target: { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
    settings: own,
    policies,
    approval: { kind: "record" },
    approvedPlan: undefined,
    dryRun: "client",
    ledger: {
      read: never,
      begin: never,
      end: never,
      others: () => [],
      readOthers: never,
    } as RunOptions<Observation>["ledger"],
    actuator: never as unknown as RunOptions<Observation>["actuator"],
    mayPatchTemplate: async () => mayPatchTemplate,
    assertNotPaused: never,
    announce: never,
    keep: async () => undefined,
    ownNode: "",
    startedAtMs: observation.at,
    now: () => observation.at,
    sleep: never,
    signal: new AbortController().signal,
    report: () => undefined,
  };
  return runRemedy(options);
}

describe("preview", () => {
  it("a plan with its guards", () => {
    const seen = of(anObservation({ pods: fleet(4, [crashingPod("n2")]) }));
    expect(seen).toMatchObject({
      proposal: { kind: "proposed", plan: { kind: "act", needsApproval: false } },
      veto: undefined,
    });
    expect(seen.guards.length).toBeGreaterThan(3);
  });

  it("a plan that a guard forbids", () => {
    const daemonSet = { annotations: { "operarius.openfero.io/remedy": "disabled" } };
    const seen = of(stoppedRollout([badImagePod("n1")], { daemonSet }));
    expect(seen).toMatchObject({ proposal: { plan: { kind: "act" } }, veto: { reason: "OptedOut" } });
  });

  it("annotations lower it", () => {
    const daemonSet = { annotations: { "operarius.openfero.io/rollback": "suggest" } };
    const seen = of(stoppedRollout([badImagePod("n1")], { daemonSet }));
    expect(seen).toMatchObject({
      proposal: {
        plan: { kind: "decline", reason: "RollbackSuggested" },
        context: { policies: { rollback: "suggest" } },
      },
      guards: [],
    });
  });

  it("an annotation that cannot be read blocks it", () => {
    const daemonSet = { annotations: { "operarius.openfero.io/delete": "maybe" } };
    const seen = of(stoppedRollout([badImagePod("n1")], { daemonSet }));
    expect(seen).toMatchObject({
      proposal: { kind: "blocked", reason: "PolicyUnreadable" },
      guards: [],
      veto: undefined,
    });
  });

  it("comes to what a dry run of heal comes to", async () => {
    const ends: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(anyCluster, async ({ observation, context: given }) => {
        // A look asks nobody for rights, and a run asks late.
        const context = { ...given, intents: [], mayPatchTemplate: true };
        const { policies, mayPatchTemplate, settings: own } = context;
        const seen = preview(observation, {
          remedy,
          settings: own,
          policies,
          intents: [],
          others: [],
          mayPatchTemplate,
          at: observation.at,
          surroundings: undefined,
        });
        const { proposal, veto, diagnosis } = seen;
        const kind = proposal.kind === "blocked" ? "blocked" : proposal.plan.kind;
        ends[kind] = (ends[kind] ?? 0) + 1;
        if (diagnosis.kind !== "unhealthy" || kind === "wait") return;
        const { verdict, last, guards } = await dryRun(observation, context);
        expect(last?.diagnosis).toEqual(diagnosis);
        const reason = proposal.kind === "blocked" ? proposal.reason : proposal.plan.reason;
        expect(verdict.reason).toBe(kind === "act" ? (veto?.reason ?? "DryRun") : reason);
        expect(guards).toEqual(seen.guards);
        if (proposal.kind === "proposed" && veto === undefined) expect(last?.plan).toEqual(proposal.plan);
      }),
      { numRuns: 300, seed: 8 },
    );
    expect(ends).toMatchObject({ act: expect.any(Number), decline: expect.any(Number) });
  });
});
