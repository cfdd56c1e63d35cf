import { describe, expect, it } from "vitest";
import type { Scene } from "../../../test/support/daemonset-builders.ts";
import {
  anEvent,
  anObservation,
  aPlanContext,
  aPod,
  aRevision,
  aTemplate,
  badImagePod,
  changed,
  crashingPod,
  deadNode,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  oldRevision,
  SECOND,
  settings,
  someNodes,
  stoppedRollout,
  terminatingPod,
  unschedulablePod,
} from "../../../test/support/daemonset-builders.ts";
import type { Diagnosis } from "../../engine/types.ts";
import { assess, diagnose, named } from "./diagnose.ts";
import type { NodeFacts, Observation } from "./facts.ts";
import { plan } from "./plan.ts";

function look(observation: Observation): Diagnosis {
  return diagnose(observation, { settings });
}

function causes(observation: Observation): string[] {
  const diagnosis = look(observation);
  return [diagnosis.kind, ...(diagnosis.kind === "healthy" ? [] : diagnosis.findings.map(({ cause }) => cause))];
}

const some = (count: number, ...special: NodeFacts[]) =>
  someNodes(count).map((node) => special.find(({ name }) => name === node.name) ?? node);
const starting = (node: string) => neverReadyPod(node, { createdAt: NOW - MINUTE });
/** A node that waits for its pod since this long. */
const lacking = (node: string, ageMs: number, scene: Scene = {}): Scene => ({
  pods: fleet(4, [], oldPod).filter((pod) => pod.node !== node),
  podlessSince: { [node]: NOW - ageMs },
  ...scene,
});

describe("several findings", () => {
  const maint = [{ key: "maint", effect: "NoSchedule" as const }];
  const everything = (daemonSet: Scene["daemonSet"] = {}): Observation => {
    const special = [
      badImagePod("n1"),
      unschedulablePod("n2"),
      terminatingPod("n3", HOUR),
      terminatingPod("n4", HOUR, { finalizers: ["example.com/hold"] }),
      oldPod("n5"),
      oldPod("n5", { name: "agent-more", uid: "uid-more", createdAt: NOW - HOUR }),
      oldPod("n6"),
      oldPod("n7"),
    ];
    const left = oldPod("gone");
    return stoppedRollout([], {
      nodes: some(
        20,
        { ...deadNode("n6") },
        ...someNodes(20)
          .filter(({ name }) => name === "n7")
          .map((node) => ({ ...node, taints: maint })),
        ...someNodes(20)
          .filter(({ name }) => name === "n8")
          .map((node) => ({ ...node, labels: {} })),
      ),
      pods: [...fleet(20, special, oldPod).filter(({ node }) => node !== "n9"), left],
      podlessSince: { n9: NOW - HOUR },
      orphanedSince: { [left.uid]: NOW - HOUR },
      events: [anEvent({ message: "exceeded quota" })],
      daemonSet: { template: aTemplate({ nodeSelector: { "kubernetes.io/os": "linux" } }), ...daemonSet },
    });
  };

  it("come in the order in which they are dealt with, each with its own nodes", () => {
    expect(causes(everything())).toEqual([
      "unhealthy",
      "C20",
      "C01",
      "C16",
      "C18",
      "C17",
      "C13",
      "C38",
      "C26",
      "C27",
      "C19",
    ]);
    expect(causes(everything({ strategy: "OnDelete" }))).toContain("C24");
  });

  it("the first is told, the others by name", () => {
    const observation = stoppedRollout([badImagePod("n1")], {
      nodes: some(8, deadNode("n7"), deadNode("n8")),
      pods: fleet(8, [badImagePod("n1"), unschedulablePod("n2")], oldPod),
    });
    expect(look(observation).message).toMatch(
      /^4 of 8 pods run; the new image .*\. Besides: a dead node that counts on n7, n8 \(C16\); no room on the node on n2 \(C13\)\.$/,
    );
  });

  it("a cause with a finding for each pod is told once, with its nodes", () => {
    const stuck = ["n1", "n2", "n3", "n4", "n5"].map((node) => terminatingPod(node, HOUR));
    const observation = stoppedRollout([], { nodes: some(8), pods: fleet(8, stuck, oldPod) });
    const diagnosis = look(observation);
    expect(diagnosis.kind === "unhealthy" && diagnosis.findings.length).toBe(5);
    expect(diagnosis.message).toMatch(/ Besides: a termination that does not end on n2, n3, n4, \.\.\. \(C17\)\.$/);
    const both = stoppedRollout([badImagePod("n8")], {
      nodes: some(16),
      pods: fleet(16, [badImagePod("n8"), ...stuck], oldPod),
    });
    expect(plan(both, look(both), aPlanContext()).message).toMatch(
      / It remains for a person: a termination that does not end on n1, n2, n3, \.\.\. \(C17\)\.$/,
    );
  });

  it.each([
    [[], "no room on the node (C13)"],
    [["a", "b", "c"], "no room on the node on a, b, c (C13)"],
    [["a", "b", "c", "d"], "no room on the node on a, b, c, ... (C13)"],
  ])("one with the nodes %j by name", (nodes, want) => {
    const finding = { cause: "C13", reason: "", message: "", evidence: [], pods: [], commands: [] } as const;
    expect(named({ ...finding, nodes })).toBe(want);
  });
});

describe("what is still moving", () => {
  it("is told with the counters, and looked at again when it would count as stuck", () => {
    expect(look(stoppedRollout([starting("n1")]))).toEqual({
      kind: "pending",
      reason: "Progressing",
      message: "1 of 4 pods are up to date and 3 are available; pod agent-n1 on n1 is starting.",
      recheckAfterMs: 4 * MINUTE,
      onlyLater: false,
      findings: [],
    });
  });

  it.each<[string, Observation, boolean]>([
    ["pods that end within their grace period", stoppedRollout([terminatingPod("n1", -MINUTE)]), true],
    ["one of them beside one that starts", stoppedRollout([terminatingPod("n1", -MINUTE), starting("n2")]), false],
    ["nothing at all", stoppedRollout([], { daemonSet: { specChangedAt: NOW } }), false],
  ])("only later: %s", (_name, observation, onlyLater) => {
    expect(look(observation)).toMatchObject({ kind: "pending", onlyLater });
  });

  it("is not waited for where pods cannot be created", () => {
    const events = [anEvent({ message: "exceeded quota" })];
    expect(causes(stoppedRollout([], lacking("n1", 30 * SECOND, { events })))).toEqual(["unhealthy", "C20"]);
    expect(causes(stoppedRollout([], lacking("n1", 30 * SECOND)))).toEqual(["pending"]);
  });

  it("does not hide what needs a person; a certain fault is not waited for, one of a node neither", () => {
    expect(causes(stoppedRollout([unschedulablePod("n1"), starting("n2")]))).toEqual(["pending", "C13"]);
    expect(causes(stoppedRollout([badImagePod("n1"), starting("n2")]))).toEqual(["unhealthy", "C01"]);
    const settled = aPod("n3", { createdAt: NOW - 20 * MINUTE, readyChangedAt: NOW - 19 * MINUTE });
    expect(causes(stoppedRollout([crashingPod("n1"), starting("n2"), settled]))).toEqual(["unhealthy", "C04"]);
  });

  it("an uncertain fault waits for starting pods of its own revision, not for those of another", () => {
    expect(causes(stoppedRollout([crashingPod("n1"), starting("n2")]))).toEqual(["pending", "C05"]);
    const older = oldPod("n2", { ready: false, readyChangedAt: NOW - MINUTE, createdAt: NOW - MINUTE, containers: [] });
    expect(causes(stoppedRollout([crashingPod("n1"), older]))).toEqual(["unhealthy", "C05"]);
  });

  it("a spec that was not observed is looked at again just after its two minutes", () => {
    const daemonSet = { generation: 5, observedGeneration: 4, specChangedAt: NOW - 119 * SECOND };
    expect(look(anObservation({ daemonSet }))).toEqual({
      kind: "pending",
      reason: "Progressing",
      message: "4 of 4 pods are up to date and 4 are available; the controller has not seen the newest spec yet.",
      recheckAfterMs: 2 * SECOND,
      onlyLater: false,
      findings: [],
    });
  });
});

describe("a standstill that nothing explains", () => {
  /** Nothing moves, nothing is wrong with any pod, and the rollout does not go on. */
  const still = stoppedRollout([]);
  const last = settings.selfHealingAgeMs;

  it("is told with all there is", () => {
    expect(look(still)).toMatchObject({
      kind: "unhealthy",
      reason: "Unknown",
      findings: [
        {
          cause: "C42",
          reason: "Unknown",
          message:
            "The rollout stands still (desired 4, current 4, up to date 0, available 4) and no known cause explains it.",
          evidence: ["n1", "n2", "n3", "n4"].map(
            (node) => `pod agent-${node} on ${node}: phase Running, ready true, revision old`,
          ),
          pods: [],
          nodes: [],
          commands: [
            "kubectl describe daemonset/agent -n kube-system",
            "kubectl get pods -n kube-system -o wide",
            "kubectl get events -n kube-system --sort-by=.lastTimestamp",
          ],
        },
      ],
    });
    const many = look(stoppedRollout([], { pods: fleet(6, [], oldPod) }));
    expect(many.kind === "unhealthy" && many.findings[0].evidence).toHaveLength(5);
  });

  it.each<[string, (copy: Observation, at: number) => void]>([
    ["the spec changed", (copy, at) => Object.assign(copy.daemonSet, { specChangedAt: at })],
    ["a pod was made", (copy, at) => Object.assign(copy.pods[0] ?? {}, { createdAt: at, readyChangedAt: at - 1 })],
    ["a pod's readiness changed", (copy, at) => Object.assign(copy.pods[0] ?? {}, { readyChangedAt: at })],
  ])("is not believed until five minutes after %s", (_name, change) => {
    expect(look(changed(still, (copy) => change(copy, NOW - last))).kind).toBe("unhealthy");
    expect(look(changed(still, (copy) => change(copy, NOW - last + 1)))).toMatchObject({
      kind: "pending",
      message: "0 of 4 pods are up to date and 4 are available; the controller goes on.",
      recheckAfterMs: SECOND,
    });
  });

  it("a finding is told at once, however new the spec is", () => {
    const observation = stoppedRollout([badImagePod("n1")], { daemonSet: { specChangedAt: NOW } });
    expect(causes(observation)).toEqual(["unhealthy", "C01"]);
  });
});

describe("a revision of nothing but defaults (C36)", () => {
  it("is told beside what is wrong, and while it rolls", () => {
    const revisions = [oldRevision({ essence: "same" }), aRevision({ createdAt: NOW - 25 * MINUTE, essence: "same" })];
    const scene: Scene = { revisions, daemonSet: { template: aTemplate({ essence: "same" }) } };
    expect(causes(stoppedRollout([starting("n1")], scene))).toEqual(["pending", "C36"]);
    expect(causes(stoppedRollout([unschedulablePod("n1")], scene))).toEqual(["unhealthy", "C13", "C36"]);
  });
});

describe("an assessment", () => {
  it("of a healthy rollout freezes nothing and has no groups", () => {
    expect(assess(anObservation(), settings)).toMatchObject({
      diagnosis: { kind: "healthy", reason: "Healthy", message: "All 4 pods are up to date and available." },
      groups: [],
      creation: undefined,
      frozen: undefined,
    });
  });

  it("of a template that others change in turn freezes everything (C37)", () => {
    const revisions = [1, 2, 3, 4].map((number) =>
      aRevision({ number, hash: number === 4 ? "new" : `r${number}`, createdAt: NOW - number * MINUTE }),
    );
    const daemonSet = { templateManagers: ["helm", "kubectl-edit"] };
    expect(assess(stoppedRollout([badImagePod("n1")], { revisions, daemonSet }), settings)).toMatchObject({
      diagnosis: { kind: "unhealthy", findings: [{ cause: "C37" }] },
      groups: [],
      frozen: { reason: "TemplateContested", message: "others change the template in turn, so nothing is written" },
    });
    // Where the rollout is through, the quarrel is over for now.
    expect(look(anObservation({ revisions, daemonSet })).kind).toBe("healthy");
  });
});
