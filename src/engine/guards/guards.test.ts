import { describe, expect, it } from "vitest";
import { aNodeFact, anIntent, aStructure, HOUR, MINUTE, NOW } from "../../../test/support/daemonset-builders.ts";
import type { Given } from "../../../test/support/guard-input.ts";
import { aPlan, deletion, input, restart, rollback, say, touch } from "../../../test/support/guard-input.ts";
import type { GuardFacts, Intent } from "../types.ts";
import type { GuardResult } from "./guard.ts";
import { judge } from "./index.ts";

type NodeFact = GuardFacts["nodes"][number];
const down = (name: string, overrides: Partial<NodeFact> = {}) =>
  aNodeFact(name, { ready: false, readyChangedAt: NOW - 20 * MINUTE, ...overrides });
const up = (count: number) => Array.from({ length: count }, (_, i) => aNodeFact(`up${i}`));

const template = { plan: aPlan(restart) };

describe("OptOut", () => {
  const own = (value: string) => ({ facts: { annotations: { "operarius.openfero.io/remedy": value } } });
  const inherited = (value: string) => ({ facts: { namespaceAnnotations: { "operarius.openfero.io/remedy": value } } });
  it.each<[string, Given, GuardResult["kind"]]>([
    ["nothing said", {}, "pass"],
    ["enabled", own("enabled"), "pass"],
    ["disabled", own("disabled"), "veto"],
    ["disabled for the namespace", inherited("disabled"), "veto"],
    ["until a date to come", own("disabled until 2026-01-16T00:00:00Z"), "veto"],
    ["until a date that has passed", own("disabled until 2026-01-14T00:00:00Z"), "pass"],
    ["until a day", inherited("disabled until 2026-01-16"), "veto"],
    ["an unreadable date", own("disabled until soon"), "veto"],
    ["an unreadable word", own("off"), "veto"],
    ["an empty word", own(""), "veto"],
    ["the namespace cannot be read", { facts: { namespaceAnnotations: undefined } }, "not-evaluated"],
    [
      "but the target's own word counts",
      { facts: { ...own("disabled").facts, namespaceAnnotations: undefined } },
      "veto",
    ],
  ])("%s", (_name, given, want) => {
    expect(say("OptOut", given).kind).toBe(want);
  });
});

describe("SelfNode", () => {
  it.each<[string, Given, GuardResult["kind"]]>([
    ["elsewhere", { ownNode: "n2" }, "pass"],
    ["outside a pod", { ownNode: "", facts: { troubledNodes: [""] } }, "pass"],
    ["on a failing node", { ownNode: "n1" }, "veto"],
  ])("%s", (_name, given, want) => {
    expect(say("SelfNode", given).kind).toBe(want);
  });
});

describe("NodeStorm", () => {
  const young = { createdAt: NOW - 9 * MINUTE };
  const killed = { podStartedAt: NOW - 25 * MINUTE };
  const up1 = aNodeFact("up");
  const youngUp = (count: number) => up(count).map((node) => ({ ...node, ...young }));
  it.each<[string, NodeFact[], GuardResult["kind"]]>([
    ["none down", up(4), "pass"],
    ["one of four", [...up(3), down("a")], "pass"],
    ["two of four", [...up(2), down("a"), down("b")], "veto"],
    ["two of twenty", [...up(18), down("a"), down("b")], "pass"],
    ["three of twenty-nine", [...up(26), down("a"), down("b"), down("c")], "veto"],
    ["three of thirty", [...up(27), down("a"), down("b"), down("c")], "pass"],
    ["young nodes do not count", [...up(2), down("a"), down("b", young)], "pass"],
    ["leaving nodes do not count", [...up(2), down("a"), down("b", { leaving: true })], "pass"],
    ["two that died soon after their new pod started", [...up(18), down("a", killed), down("b", killed)], "veto"],
    ["one that did", [...up(18), down("a", killed), down("b")], "pass"],
    ["they died before", [...up(18), down("a", { podStartedAt: NOW }), down("b", { podStartedAt: NOW })], "pass"],
    [
      "they died much later",
      [...up(18), down("a", { podStartedAt: NOW - 40 * MINUTE }), down("b", { podStartedAt: NOW - 40 * MINUTE })],
      "pass",
    ],
    [
      "when they died is unknown",
      [...up(18), down("a", { readyChangedAt: undefined }), down("b", { readyChangedAt: undefined })],
      "pass",
    ],
    ["no nodes", [], "pass"],
    ["what does not count down does not count up, either", [...youngUp(27), down("a"), down("b"), up1], "veto"],
  ])("%s", (_name, nodes, want) => {
    expect(say("NodeStorm", { facts: { nodes } }).kind).toBe(want);
  });

  it("of a critical class one node that died soon after its pod started is enough", () => {
    const nodes = [...up(18), down("a", killed)];
    const structure = aStructure({ hostPaths: [{ path: "/opt/cni/bin", writable: true, bidirectional: false }] });
    expect(say("NodeStorm", { facts: { nodes, structure } })).toMatchObject({ kind: "veto", reason: "NodeStorm" });
    expect(say("NodeStorm", { facts: { nodes: [...up(18), down("a")], structure } }).kind).toBe("pass");
  });
});

describe("ManagedByOthers", () => {
  const marked = (key: string, value = "x") => ({ ...template, facts: { annotations: { [key]: value } } });
  it.each<[string, Given, string]>([
    ["kubectl, client side", template, "pass"],
    [
      "kubectl, in several ways",
      {
        ...template,
        facts: {
          templateManagers: [
            "kubectl",
            "kubectl-edit",
            "kubectl-set",
            "kubectl-rollout",
            "kubectl-create",
            "operarius",
          ],
        },
      },
      "pass",
    ],
    ["a controller", { ...template, facts: { controller: "Stack/agents" } }, "Stack/agents"],
    ["a touch writes no template", { plan: aPlan(touch), facts: { controller: "Stack/agents" } }, "pass"],
    ["Argo CD's annotation", marked("argocd.argoproj.io/tracking-id"), "Argo CD"],
    ["Argo CD's label", { ...template, facts: { labels: { "argocd.argoproj.io/instance": "x" } } }, "Argo CD"],
    ["Flux, kustomize", { ...template, facts: { labels: { "kustomize.toolkit.fluxcd.io/name": "x" } } }, "Flux"],
    ["Flux, helm", { ...template, facts: { labels: { "helm.toolkit.fluxcd.io/name": "x" } } }, "Flux"],
    ["Helm", marked("meta.helm.sh/release-name"), "Helm"],
    ["Fleet", marked("objectset.rio.cattle.io/id"), "Fleet"],
    ["kapp", marked("kapp.k14s.io/identity"), "kapp"],
    [
      "the add-on manager",
      { ...template, facts: { labels: { "addonmanager.kubernetes.io/mode": "Reconcile" } } },
      "the add-on manager",
    ],
    [
      "a managed-by label",
      { ...template, facts: { labels: { "app.kubernetes.io/managed-by": "my-operator" } } },
      "my-operator",
    ],
    [
      "managed by kubectl is nobody else",
      { ...template, facts: { labels: { "app.kubernetes.io/managed-by": "kubectl" } } },
      "pass",
    ],
    [
      "another field manager",
      { ...template, facts: { templateManagers: ["kubectl-edit", "my-operator"] } },
      'field manager "my-operator"',
    ],
    [
      "one that only looks like kubectl",
      { ...template, facts: { templateManagers: ["kubectl2"] } },
      'field manager "kubectl2"',
    ],
    ["a nameless one", { ...template, facts: { templateManagers: [""] } }, 'field manager ""'],
    ["managedFields say nothing", { ...template, facts: { templateManagers: [] } }, "do not say who owns"],
    ["a rollback writes it, too", { plan: aPlan(rollback), facts: { controller: "Stack/agents" } }, "Stack/agents"],
    ["a deletion does not", { facts: { controller: "Stack/agents", templateManagers: [] } }, "pass"],
  ])("%s", (_name, given, want) => {
    const result = say("ManagedByOthers", given);
    if (want === "pass") expect(result).toEqual({ kind: "pass" });
    else expect(result.kind === "veto" && result.message).toContain(want);
  });
});

describe("Budget", () => {
  /** Repairs of different troubles. */
  const at = (...hoursAgo: number[]) =>
    hoursAgo.map((hours, i) => anIntent({ at: NOW - hours * HOUR, node: `n${i}`, trouble: `Trouble${i}` }));
  const waves = (...minutesAgo: number[]) =>
    minutesAgo.flatMap((ago, wave) =>
      [0, 1, 2].map((i) => anIntent({ at: NOW - ago * MINUTE, node: `n${wave}-${i}` })),
    );
  it.each<[string, Intent[], GuardResult["kind"]]>([
    ["nothing yet", [], "pass"],
    ["two repairs", at(1, 2), "pass"],
    ["three repairs", at(1, 2, 3), "veto"],
    ["one of them is older than four hours", at(1, 2, 4), "pass"],
    ["one wave of many is one", at(1, 1, 1, 1, 1).map((intent) => ({ ...intent, trouble: "CrashLoop" })), "pass"],
    ["another target's do not count", at(1, 2, 3).map((intent) => ({ ...intent, uid: "other" })), "pass"],
    ["a canary and seven waves, ten minutes apart, and the next", waves(80, 70, 60, 50, 40, 30, 20, 10), "pass"],
    ["waves an hour apart are repairs of their own", waves(190, 130, 70), "veto"],
    ["the next wave of the third repair", [...at(2, 3), ...waves(10)], "pass"],
    ["a fourth repair", [...at(2, 3), ...waves(35)], "veto"],
    ["the same trouble of another template", waves(10, 20).map((i, n) => ({ ...i, templateHash: `t${n}` })), "veto"],
  ])("%s", (_name, intents, want) => {
    const plan = { ...aPlan(deletion("n9")), fence: { uid: "uid-agent", generation: 2, templateHash: "template-2" } };
    expect(say("Budget", { intents, plan }).kind).toBe(want);
  });

  it("says how many there were and when the next may be", () => {
    expect(say("Budget", { intents: at(1, 2, 3) })).toMatchObject({
      reason: "BudgetExhausted",
      message: expect.stringMatching(/3 times within 4 h; the limit is 3.*2026-01-15T13:00:00/),
    });
  });
});

describe("all together", () => {
  it("every guard speaks, in order, and the first veto counts", () => {
    const { reports, veto } = judge(
      input({ ownNode: "n1", facts: { annotations: { "operarius.openfero.io/remedy": "disabled" } } }),
    );
    expect(reports.map(({ name }) => name)).toEqual([
      "OptOut",
      "MaintenanceWindow",
      "SelfNode",
      "NodeStorm",
      "CommonCause",
      "ManagedByOthers",
      "CriticalClass",
      "Budget",
      "ClusterBudget",
      "Scope",
    ]);
    expect(veto?.reason).toBe("OptedOut");
    expect(reports.filter(({ result }) => result.kind === "veto")).toHaveLength(2);
  });

  it.each<[string, Given, string | undefined]>([
    ["one pod is allowed", {}, undefined],
    ["two are not", { plan: aPlan(deletion("n1"), deletion("n2")) }, "NotEvaluated"],
    ["no template", template, "NotEvaluated"],
    ["no second pod within a day", { intents: [anIntent({ at: NOW - 23 * HOUR })] }, "NotEvaluated"],
    ["another target's do not count", { intents: [anIntent({ at: NOW - HOUR, uid: "other" })] }, undefined],
  ])("what could not be read narrows: %s", (_name, given, want) => {
    const { veto } = judge(input({ ...given, facts: { namespaceAnnotations: undefined } }));
    expect(veto?.reason).toBe(want);
    if (veto) expect(veto.message).toContain("namespaces");
  });

  it("what could be read does not", () => {
    expect(judge(input(template)).veto).toBeUndefined();
  });

  it("every veto is a constant and a sentence", () => {
    const vetoes: Given[] = [
      { ownNode: "n1" },
      { facts: { nodes: [down("a"), down("b")] } },
      { intents: [1, 2, 3].map((h) => anIntent({ at: NOW - h * HOUR })) },
      { facts: { annotations: { "operarius.openfero.io/writes-only-during": "Mon 00:00-01:00" } } },
      { others: [1, 2].map((n) => ({ ...anIntent({ node: "n1", at: NOW - n }), target: "DaemonSet/a/b" })) },
    ];
    for (const given of vetoes) {
      expect(judge(input(given)).veto).toMatchObject({
        reason: expect.stringMatching(/^[A-Z][A-Za-z]+$/),
        message: expect.stringMatching(/^[A-Z0-9].{20,}\.$/),
      });
    }
  });
});
