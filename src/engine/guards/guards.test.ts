import { describe, expect, it } from "vitest";
import { aNodeFact, anIntent, aStructure, HOUR, MINUTE, NOW } from "../../../test/support/daemonset-builders.ts";
import type { Given } from "../../../test/support/guard-input.ts";
import { aPlan, deletion, input, restart, rollback, say, touch } from "../../../test/support/guard-input.ts";
import type { GuardFacts } from "../types.ts";
import type { GuardResult } from "./guard.ts";
import { judge } from "./index.ts";

type NodeFact = GuardFacts["nodes"][number];
const down = (name: string, overrides: Partial<NodeFact> = {}) =>
  aNodeFact(name, { ready: false, readyChangedAt: NOW - 20 * MINUTE, ...overrides });

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

  it.each<[string, Given, string]>([
    ["the target", own("disabled"), "The target's annotation operarius.openfero.io/remedy says disabled."],
    [
      "the namespace, until when",
      inherited("disabled until 2026-01-16"),
      "The namespace's annotation operarius.openfero.io/remedy says disabled until 2026-01-16.",
    ],
    [
      "and what is not readable",
      own("disabled until soon"),
      'The target\'s annotation operarius.openfero.io/remedy says "disabled until soon", which is not readable (use "disabled" or "disabled until 2030-01-31T00:00:00Z").',
    ],
  ])("says who: %s", (_name, given, message) => {
    expect(say("OptOut", given)).toEqual({ kind: "veto", reason: "OptedOut", message });
  });

  it.each([
    ["still disabled until 2026-01-16", "veto"],
    ["disabled until 2026-01-14 or later", "veto"],
    ["disabled until 2026-01-15T12:00:00Z", "pass"],
    ["disabled until 2026-01-15T12:00:01Z", "veto"],
  ])("%s: %s", (value, want) => {
    expect(say("OptOut", own(value)).kind).toBe(want);
  });

  it("one who is on does not hide the other who is off", () => {
    const facts = { ...own("enabled").facts, ...inherited("disabled").facts };
    expect(say("OptOut", { facts }).kind).toBe("veto");
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
      "Approval",
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
    ["a day later", { intents: [anIntent({ at: NOW - 24 * HOUR })] }, undefined],
    ["another target's do not count", { intents: [anIntent({ at: NOW - HOUR, uid: "other" })] }, undefined],
  ])("what could not be read narrows: %s", (_name, given, want) => {
    const { veto } = judge(input({ ...given, facts: { namespaceAnnotations: undefined } }));
    expect(veto?.reason).toBe(want);
    if (veto) expect(veto.message).toContain("namespaces");
  });

  it("says what is not reached, each once, and how to grant it", () => {
    const facts = { namespaceAnnotations: undefined };
    const { reports } = judge(input({ ...template, facts, others: undefined }));
    expect(reports.at(-1)).toEqual({
      name: "Scope",
      result: {
        kind: "veto",
        reason: "NotEvaluated",
        message:
          "These rights do not reach namespaces, the ledgers of other targets (list leases), so only one pod and no template may be changed. Grant read access (rbac.yaml) for more.",
      },
    });
  });

  it("a person's word is asked for where a guard wants it", () => {
    const structure = aStructure({ hostPaths: [{ path: "/opt/cni/bin", writable: true, bidirectional: false }] });
    const { veto, approval } = judge(input({ ...template, facts: { structure } }));
    expect(veto).toBeUndefined();
    expect(approval).toMatchObject({ kind: "needs-approval", reason: "CriticalClass" });
    expect(judge(input({})).approval).toBeUndefined();
  });

  it("an owner's command is a person's next step", () => {
    expect(say("ManagedByOthers", { ...template, facts: { controller: "Stack/agents" } })).toMatchObject({
      kind: "veto",
      reason: "ManagedByOthers",
      command: "kubectl edit stack agents -n kube-system",
    });
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
