import { describe, expect, it } from "vitest";
import {
  anIntent,
  asAct,
  MINUTE,
  NOW,
  settings,
  someGuardFacts,
  somePolicies,
  UID,
} from "../../test/support/daemonset-builders.ts";
import { acts, declines, rollback } from "../../test/support/fake-run.ts";
import { aPlan, deletion, restart, touch } from "../../test/support/guard-input.ts";
import type { ActPlan } from "./guards/guard.ts";
import { hearGuards, preview, propose } from "./proposal.ts";
import type {
  Diagnosis,
  ForeignIntent,
  GuardFacts,
  ObservationBase,
  Plan,
  PlanContext,
  Policies,
  Remedy,
} from "./types.ts";

const observation: ObservationBase = {
  at: NOW,
  fence: { uid: UID, generation: 2, templateHash: "template-2" },
};
const diagnosis: Diagnosis = { kind: "healthy", reason: "Healthy", message: "All is well." };
const disabled = { annotations: { "operarius.openfero.io/remedy": "disabled" } };
const argo = {
  annotations: { "argocd.argoproj.io/tracking-id": "shop:apps/DaemonSet:kube-system/agent" },
  templateManagers: ["argocd-controller"],
};

/** A remedy with this plan and these facts; `asked` receives what it is asked with. */
function remedyOf(plan: Plan, facts: Partial<GuardFacts> = {}, asked: unknown[] = []): Remedy<ObservationBase> {
  return {
    name: "fake",
    kind: "DaemonSet",
    alerts: [],
    open: () => Promise.reject(new Error("a look at hand opens nothing")),
    surroundings: () => Promise.reject(new Error("a look at hand reads nothing")),
    diagnose: (_observation, context) => {
      asked.push(context);
      return diagnosis;
    },
    plan: (_observation, _diagnosis, context) => {
      asked.push(context);
      return plan;
    },
    verify: () => ({ healthy: false, reason: "NotRolledOut", message: "not yet" }),
    guardFacts: () => someGuardFacts(facts),
    describe: () => ({ status: [], pods: [] }),
    nodeStates: () => [],
    mostlyWorks: () => true,
    fingerprint: () => "",
    waveMs: () => 0,
  };
}

function given(plan: Plan, facts: Partial<GuardFacts> = {}, asked: unknown[] = []) {
  const others: ForeignIntent[] = [];
  return {
    remedy: remedyOf(plan, facts, asked),
    settings,
    policies: somePolicies({ rollback: "auto" }),
    intents: [],
    others,
    at: NOW,
    mayPatchTemplate: true,
    surroundings: undefined,
  };
}

describe("a proposal", () => {
  it("asks the remedy under the policies that hold, and says what lowered them", () => {
    const asked: unknown[] = [];
    const intents = [anIntent({ at: NOW - MINUTE })];
    const others = [
      { ...anIntent({ at: NOW - 2 * MINUTE }), target: "DaemonSet/kube-system/other" },
      { ...anIntent({ at: NOW - 2 * 60 * MINUTE }), target: "DaemonSet/kube-system/other" },
    ];
    const facts = { annotations: { "operarius.openfero.io/rollback": "suggest" } };
    const policies: Policies = somePolicies({ rollback: "suggest" });
    const context: Omit<PlanContext, "settings"> = { policies, intents, mayPatchTemplate: false, deletionsLeft: 18 };
    expect(
      propose(observation, diagnosis, {
        ...given(declines("Nope"), facts, asked),
        intents,
        others,
        mayPatchTemplate: false,
      }),
    ).toEqual({
      kind: "proposed",
      plan: declines("Nope"),
      context,
      notes: ["rollback lowered from auto to suggest by the target's annotation"],
    });
    expect(asked).toEqual([{ ...context, settings }]);
  });

  it("is none while an annotation cannot be read, and the remedy is not asked", () => {
    const asked: unknown[] = [];
    const facts = { annotations: { "operarius.openfero.io/delete": "maybe" } };
    const proposal = propose(observation, diagnosis, given(acts("d"), facts, asked));
    expect(proposal).toEqual({
      kind: "blocked",
      reason: "PolicyUnreadable",
      message:
        'The target\'s annotation operarius.openfero.io/delete is "maybe"; it must be one of off, on. Nothing is written until it is readable.',
    });
    expect(asked).toEqual([]);
  });
});

describe("the guards' words on a plan", () => {
  const critical: Partial<GuardFacts> = { name: "node-local-dns", images: ["k8s-dns-node-cache:1"] };

  function heard(plan: ActPlan, facts: Partial<GuardFacts> = {}, isApprovable = true) {
    const { policies, intents, others, at, surroundings } = given(plan);
    const input = { policies, settings, intents, others, at, surroundings, ownNode: "", isApprovable };
    return hearGuards(plan, someGuardFacts(facts), input);
  }

  it("nothing against it leaves the plan as it is", () => {
    const plan = aPlan(deletion("n1"));
    expect(heard(plan)).toMatchObject({ kind: "allowed", plan });
    expect(heard(plan).reports.every(({ result }) => result.kind === "pass")).toBe(true);
  });

  it.each<[string, ActPlan, "delete" | "template"]>([
    ["a deletion", aPlan(deletion("n1")), "delete"],
    ["a touch", aPlan(touch), "template"],
    ["a restart", aPlan(restart), "template"],
    ["a rollback", aPlan(rollback), "template"],
  ])("a refusal of %s stands under its own step of the runbook", (_name, plan, step) => {
    const told = { ...plan, notes: { delete: "about deletion", template: "about the template" } };
    const message = "The target's annotation operarius.openfero.io/remedy says disabled.";
    const result = heard(told, disabled);
    const notes = { ...told.notes, [step]: `not done: ${message}` };
    expect(result).toEqual({
      kind: "refused",
      reports: result.reports,
      reason: "OptedOut",
      message,
      plan: { ...told, notes },
    });
    expect(result.reports[0]?.result.kind).toBe("veto");
  });

  it("a refusal hands on what a person runs instead", () => {
    const result = heard(aPlan(rollback), argo);
    expect(result).toMatchObject({ kind: "refused", reason: "ManagedByOthers" });
    expect(result.kind === "refused" && result.command).toMatch(/argo/i);
  });

  it("a guard may bind a plan to a person's word, which is refused where there is nobody to give it", () => {
    const plan = aPlan(rollback);
    const asks = heard(plan, critical);
    const word = asks.reports.map(({ result }) => result).find(({ kind }) => kind === "needs-approval");
    if (word?.kind !== "needs-approval") throw new Error("no guard asks for a person's word");
    expect(asks).toMatchObject({
      kind: "allowed",
      plan: { ...plan, needsApproval: true, message: `m ${word.message}` },
    });
    const { reason, message } = word;
    expect(heard(plan, critical, false)).toMatchObject({
      kind: "refused",
      reason,
      message,
      plan: { needsApproval: false, message: "m", notes: { template: `not done: ${message}` } },
    });
  });
});

describe("a preview", () => {
  it("asks for the diagnosis with what the ledger holds, and for no guard's word where nothing is written", () => {
    const asked: unknown[] = [];
    const intents = [anIntent()];
    const seen = preview(observation, { ...given(declines("Nope"), {}, asked), intents });
    expect(asked[0]).toEqual({ settings, intents });
    expect(seen).toMatchObject({ diagnosis, proposal: { plan: declines("Nope") }, guards: [], veto: undefined });
  });

  it("a proposal that is blocked has no guards either", () => {
    const facts = { annotations: { "operarius.openfero.io/delete": "maybe" } };
    expect(preview(observation, given(acts("d"), facts))).toMatchObject({
      proposal: { kind: "blocked" },
      guards: [],
      veto: undefined,
    });
  });

  it("an allowed plan comes with every guard's word", () => {
    const seen = preview(observation, given(acts("d")));
    expect(seen).toMatchObject({ proposal: { kind: "proposed", plan: acts("d"), notes: [] }, veto: undefined });
    expect(seen.guards.map(({ name }) => name)).toContain("OptOut");
  });

  it("somebody could agree: what needs a person's word is no veto", () => {
    const facts = { name: "node-local-dns", images: ["k8s-dns-node-cache:1"] };
    const { proposal, veto } = preview(observation, given(acts("d", { steps: [rollback] }), facts));
    expect(veto).toBeUndefined();
    expect(proposal.kind === "proposed" && asAct(proposal.plan).needsApproval).toBe(true);
  });

  it("a veto is told with the plan that it forbids, and with its command where it has one", () => {
    const deletes = preview(observation, given(acts("d"), disabled));
    const message = "The target's annotation operarius.openfero.io/remedy says disabled.";
    expect(deletes.veto).toEqual({ reason: "OptedOut", message });
    expect(deletes.proposal).toMatchObject({
      kind: "proposed",
      plan: { kind: "act", notes: { delete: `not done: ${message}` } },
    });
    expect(deletes.guards.length).toBeGreaterThan(3);
    const writes = preview(observation, given(acts("d", { steps: [rollback] }), argo));
    expect(writes.veto?.command).toMatch(/argo/i);
  });
});
