import { describe, expect, it } from "vitest";
import { aStructure, NOW, someGuardFacts, somePolicies } from "../../../test/support/daemonset-builders.ts";
import type { GuardFacts, Policies } from "../types.ts";
import { allowance } from "./allowance.ts";

const mounting = (path: string, writable = true) =>
  aStructure({ hostPaths: [{ path, writable, bidirectional: false }] });
const classes = {
  none: aStructure(),
  path: mounting("/opt/cni/bin"),
  driver: mounting("/var/lib/kubelet/plugins"),
  buffer: mounting("/var/log", false),
};

function may(facts: Partial<GuardFacts>, policies: Partial<Policies> = {}) {
  return allowance(someGuardFacts(facts), somePolicies(policies), NOW);
}

function words(facts: Partial<GuardFacts>, policies: Partial<Policies> = {}) {
  const { delete: deletion, rollback, restart } = may(facts, policies);
  return [deletion, rollback, restart].map(({ how, reason }) => `${how} ${reason}`);
}

describe("allowance", () => {
  it.each<[keyof typeof classes, string[]]>([
    ["none", ["automatic CanaryThenWaves", "automatic RollbackAuto", "automatic AfterCanary"]],
    ["path", ["automatic OneAtATime", "approval CriticalClass", "approval CriticalClass"]],
    ["driver", ["approval CriticalClass", "approval CriticalClass", "never CriticalClass"]],
    ["buffer", ["automatic FailedPodsOnly", "automatic RollbackAuto", "never CriticalClass"]],
  ])("class %s under rollback auto", (name, want) => {
    const found = may({ structure: classes[name] }, { rollback: "auto" });
    expect(found.class.class).toBe(name);
    expect(words({ structure: classes[name] }, { rollback: "auto" })).toEqual(want);
  });

  it.each<[string, Partial<GuardFacts>, Partial<Policies>, string[]]>([
    [
      "the shipped policies",
      {},
      {},
      ["automatic CanaryThenWaves", "approval RollbackApprove", "automatic AfterCanary"],
    ],
    [
      "to the letter",
      {},
      { strategy: "restart" },
      ["automatic CanaryThenWaves", "approval RollbackApprove", "automatic StrategyRestart"],
    ],
    [
      "to the letter, a buffer",
      { structure: classes.buffer },
      { strategy: "restart" },
      ["automatic FailedPodsOnly", "approval RollbackApprove", "approval CriticalClass"],
    ],
    [
      "mode approve",
      {},
      { rollback: "auto", mode: "approve" },
      ["approval ModeApprove", "approval ModeApprove", "approval ModeApprove"],
    ],
    [
      "everything off",
      {},
      { rollback: "off", delete: "off" },
      ["never DeletionsOff", "never RollbackOff", "automatic AfterCanary"],
    ],
    [
      "suggested",
      {},
      { rollback: "suggest" },
      ["automatic CanaryThenWaves", "never RollbackSuggested", "automatic AfterCanary"],
    ],
    [
      "an annotation lowers",
      { annotations: { "operarius.openfero.io/delete": "off" } },
      {},
      ["never DeletionsOff", "approval RollbackApprove", "automatic AfterCanary"],
    ],
    ["OnDelete", { updateStrategy: "OnDelete" }, {}, ["never OnDelete", "never OnDelete", "never OnDelete"]],
    [
      "owned by somebody",
      { controller: "Stack/agents" },
      {},
      ["automatic CanaryThenWaves", "never ManagedByOthers", "never ManagedByOthers"],
    ],
    [
      "nobody knows by whom",
      { templateManagers: [] },
      {},
      ["automatic CanaryThenWaves", "never ManagerUnknown", "never ManagerUnknown"],
    ],
    [
      "the namespace cannot be read",
      { namespaceAnnotations: undefined },
      {},
      ["automatic CanaryThenWaves", "never NotEvaluated", "never NotEvaluated"],
    ],
    [
      "opted out",
      { annotations: { "operarius.openfero.io/remedy": "disabled" } },
      {},
      ["never OptedOut", "never OptedOut", "never OptedOut"],
    ],
    [
      "unreadable",
      { annotations: { "operarius.openfero.io/delete": "maybe" } },
      {},
      ["never PolicyUnreadable", "never PolicyUnreadable", "never PolicyUnreadable"],
    ],
  ])("%s", (_name, facts, policies, want) => {
    expect(words(facts, policies)).toEqual(want);
  });

  it.each<[string, Partial<GuardFacts>, Partial<Policies>, number, number]>([
    ["a small fleet", { desired: 4 }, {}, 4, 1],
    ["a large one", { desired: 500 }, {}, 20, 1],
    ["without rights on the namespace", { desired: 500, namespaceAnnotations: undefined }, {}, 1, 0],
    ["a driver", { desired: 500, structure: classes.driver }, { rollback: "auto" }, 0, 0],
    ["a buffer", { desired: 500, structure: classes.buffer }, {}, 20, 0],
    ["a path under auto", { desired: 500, structure: classes.path }, { rollback: "auto" }, 20, 0],
    ["opted out", { desired: 500, annotations: { "operarius.openfero.io/remedy": "disabled" } }, {}, 0, 0],
    ["somebody else's", { desired: 500, controller: "Stack/agents" }, { rollback: "auto" }, 20, 0],
  ])("worst case per hour of %s", (_name, facts, policies, deletionsPerHour, templateWritesPerHour) => {
    expect(may(facts, policies).worstCase).toEqual({ deletionsPerHour, templateWritesPerHour });
  });

  it("says why, in whole sentences", () => {
    const said = (facts: Partial<GuardFacts>, policies: Partial<Policies> = {}) => {
      const { delete: deletion, rollback, restart } = may(facts, policies);
      return [deletion.message, rollback.message, restart.message];
    };
    const path = "It is in the node's network path (class path: mounts /opt/cni/bin of the node for writing (CNI))";
    expect(said({ structure: classes.path }, { rollback: "auto" })).toEqual([
      `${path}, so one pod at a time is deleted.`,
      `${path}, so a person must approve a rollback.`,
      `${path}, so a person must approve a restart.`,
    ]);
    const buffer =
      "It is a buffer whose data is lost with the pod (class buffer: mounts /var/log of the node, as log shippers do)";
    expect(said({ structure: classes.buffer }, { rollback: "suggest" })).toEqual([
      `${buffer}, so only Failed pods are deleted.`,
      "Rollback is only suggested: the command is printed.",
      `${buffer}, so no canary is deleted and none restarts it.`,
    ]);
  });

  it.each<[keyof typeof classes, string]>([
    ["path", "approval CriticalClass"],
    ["driver", "approval CriticalClass"],
    ["buffer", "approval CriticalClass"],
    ["none", "automatic StrategyRestart"],
  ])("a restart to the letter, class %s: %s", (name, want) => {
    expect(words({ structure: classes[name] }, { strategy: "restart" })[2]).toBe(want);
  });

  it("an annotation lowers what the flags allow, in the worst case as well", () => {
    const facts = { namespaceAnnotations: { "operarius.openfero.io/rollback": "suggest" } };
    expect(may({ ...facts, structure: classes.buffer }, { rollback: "auto" }).worstCase.templateWritesPerHour).toBe(0);
    expect(may({ structure: classes.buffer }, { rollback: "auto" }).worstCase.templateWritesPerHour).toBe(1);
    expect(may({ desired: 0, namespaceAnnotations: undefined }).worstCase.deletionsPerHour).toBe(0);
  });

  it("an opt-out counts before a policy that cannot be read, and says until when", () => {
    const annotations = {
      "operarius.openfero.io/remedy": "disabled until 2026-01-16",
      "operarius.openfero.io/delete": "maybe",
    };
    expect(may({ annotations }).delete).toEqual({
      how: "never",
      reason: "OptedOut",
      message: "The target's annotation operarius.openfero.io/remedy says disabled until 2026-01-16.",
    });
  });

  it("names the owner and gives a sentence for everything", () => {
    const found = may({ controller: "Stack/agents" });
    expect(found.owner?.name).toBe("Stack/agents");
    for (const { message } of [found.delete, found.rollback, found.restart])
      expect(message).toMatch(/^[A-Z].+[.:)\w]$/);
  });
});
