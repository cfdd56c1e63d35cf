import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  aNode,
  anObservation,
  aPod,
  badImagePod,
  deadNode,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  settings,
  someNodes,
  terminatingPod,
} from "../../../../test/support/daemonset-builders.ts";
import { diagnose } from "../diagnose.ts";
import type { NodeFacts, PodFacts } from "../facts.ts";
import { situation } from "../situation.ts";
import { nodeDown, orphaned } from "./nodes.ts";
import { moving } from "./progress.ts";

/** Eight nodes that run the present revision; these are in the place of theirs. */
const fleetOf = (nodes: readonly NodeFacts[], pods: readonly PodFacts[] = [], scene: Scene = {}) =>
  situation(
    anObservation({
      nodes: someNodes(8).map((node) => nodes.find(({ name }) => name === node.name) ?? node),
      pods: fleet(8, pods),
      ...scene,
    }),
    settings,
  );
const unreachable = { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" } as const;
const SINCE = "2026-01-15T11:40:00.000Z";

describe("nodes that do not answer", () => {
  it("one that the rollout waits for (C16)", () => {
    expect(nodeDown(fleetOf([deadNode("n2")]))).toEqual({
      cause: "C16",
      reason: "NodeDown",
      message:
        "Node n2 does not answer; the rollout waits for what cannot run there. Repair or remove the node; nothing about the DaemonSet is wrong there.",
      evidence: [
        `node n2 Ready=Unknown since ${SINCE}`,
        "maxUnavailable 1 of 8 nodes is 1, and 1 dead node counts against it",
      ],
      pods: ["agent-n2"],
      nodes: ["n2"],
      commands: [
        "kubectl describe node n2",
        `kubectl patch daemonset/agent -n kube-system --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":2}}}}'`,
      ],
      root: "node/n2",
    });
  });

  it("one whose pod counts as misscheduled only (C15): no budget is raised", () => {
    expect(nodeDown(fleetOf([deadNode("n2", { taints: [unreachable] })]))).toEqual({
      cause: "C15",
      reason: "NodeDown",
      message:
        "Node n2 does not answer; the pod there counts as misscheduled. Repair or remove the node; nothing about the DaemonSet is wrong there.",
      evidence: [`node n2 Ready=Unknown since ${SINCE}`],
      pods: ["agent-n2"],
      nodes: ["n2"],
      commands: ["kubectl describe node n2"],
      root: "node/n2",
    });
  });

  it.each<[string, readonly string[], readonly string[], string | undefined]>([
    ["several, of one zone among others", ["a", "a"], ["b"], "zone/a"],
    ["several, in a cluster of one zone", ["a", "a"], ["a"], undefined],
    ["several, of different zones", ["a", "b"], ["c"], undefined],
    ["several, of no known zone", ["", ""], ["b"], undefined],
    ["one, of whatever zone", ["a"], ["b"], "node/n1"],
  ])("what is behind it: %s", (_name, dead, others, root) => {
    const zone = (value: string) => ({ labels: { "topology.kubernetes.io/zone": value } });
    const nodes = [
      ...dead.map((value, index) => deadNode(`n${index + 1}`, zone(value))),
      ...others.map((value, index) => aNode(`n${dead.length + index + 1}`, zone(value))),
    ];
    const observation = anObservation({ nodes, pods: nodes.map(({ name }) => aPod(name)) });
    expect(nodeDown(situation(observation, settings))?.root).toBe(root);
  });

  it("several, on some of which the rollout waits", () => {
    const dead = ["n1", "n2", "n3", "n4", "n5", "n6"].map((name) => deadNode(name));
    expect(nodeDown(fleetOf(dead.slice(0, 5)))?.message).toMatch(/^Nodes n1, n2, n3, n4, n5 do not answer; /);
    const { readyChangedAt: _none, ...n1 } = deadNode("n1", { ready: "False", taints: [unreachable] });
    const daemonSet = { maxUnavailable: "25%" };
    expect(nodeDown(fleetOf([n1, ...dead.slice(1)], [], { daemonSet }))).toMatchObject({
      cause: "C16",
      message: expect.stringMatching(/^Nodes n1, n2, n3, n4, n5 and 1 more do not answer; the rollout waits/),
      evidence: [
        "node n1 Ready=False",
        ...["n2", "n3", "n4", "n5", "n6"].map((name) => `node ${name} Ready=Unknown since ${SINCE}`),
        "maxUnavailable 25% of 7 nodes is 2, and 6 dead nodes count against it",
      ],
      commands: ["kubectl describe node n1", expect.stringContaining('"maxUnavailable":8')],
    });
  });

  it("one that answers that it is not Ready", () => {
    const [one, other] = ["n2", "n3"].map((name) => deadNode(name, { ready: "False" }));
    expect(nodeDown(fleetOf(one ? [one] : []))?.message).toMatch(/^Node n2 is not Ready; /);
    expect(nodeDown(fleetOf(one && other ? [one, other] : []))?.message).toMatch(/^Nodes n2, n3 are not Ready; /);
  });

  it("OnDelete has no budget to raise", () => {
    const here = fleetOf([deadNode("n2")], [], { daemonSet: { strategy: "OnDelete" } });
    expect(nodeDown(here)).toMatchObject({
      message: expect.stringMatching(/^Node n2 does not answer; what should run there counts as unavailable\. /),
      evidence: [`node n2 Ready=Unknown since ${SINCE}`],
      commands: ["kubectl describe node n2"],
    });
  });

  it("under maxSurge it is maxSurge that is used up: the API server refuses any maxUnavailable beside it", () => {
    const daemonSet = { maxSurge: "25%", maxUnavailable: 0 };
    expect(nodeDown(fleetOf([deadNode("n2")], [], { daemonSet }))).toMatchObject({
      evidence: [expect.anything(), "maxSurge 25% of 8 nodes is 2, and 1 dead node counts against it"],
      commands: [
        "kubectl describe node n2",
        `kubectl patch daemonset/agent -n kube-system --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"maxSurge":3}}}}'`,
      ],
    });
  });

  it.each<[string, readonly PodFacts[]]>([
    ["fails", [badImagePod("n1")]],
    ["is ending", [terminatingPod("n1", MINUTE)]],
    ["is still starting", [neverReadyPod("n1", { createdAt: NOW - MINUTE })]],
  ])("no budget is raised while a pod on a Ready node %s: more of them would follow", (_name, pods) => {
    expect(nodeDown(fleetOf([deadNode("n2")], pods))?.commands).toEqual(["kubectl describe node n2"]);
  });

  it("nor while a Ready node lacks its pod", () => {
    const pods = fleet(8, []).filter(({ node }) => node !== "n1");
    expect(nodeDown(fleetOf([deadNode("n2")], [], { pods }))?.commands).toEqual(["kubectl describe node n2"]);
  });

  it("without a pod it matters only where one should run", () => {
    const without = { pods: fleet(8, []).filter(({ node }) => node !== "n2") };
    expect(nodeDown(fleetOf([deadNode("n2")], [], without))).toMatchObject({ cause: "C16", pods: [], nodes: ["n2"] });
    expect(nodeDown(fleetOf([deadNode("n2", { taints: [unreachable] })], [], without))).toBeUndefined();
    expect(nodeDown(fleetOf([]))).toBeUndefined();
  });
});

describe("a new node", () => {
  const fresh = (ageMs: number, overrides: Partial<NodeFacts> = {}) =>
    aNode("n2", { ready: "False", createdAt: NOW - ageMs, readyChangedAt: NOW - ageMs, ...overrides });
  const { readyChangedAt: _none, ...silent } = fresh(MINUTE, { ready: "Unknown" });

  it.each<[string, NodeFacts]>([
    ["that is not Ready yet", fresh(MINUTE)],
    ["that has not said anything yet", silent],
    ["almost ten minutes old", fresh(10 * MINUTE - 1)],
  ])("%s is waited for, and is not dead", (_name, node) => {
    const pods = [neverReadyPod("n2", { createdAt: NOW - MINUTE })];
    const here = fleetOf([node], pods);
    expect(nodeDown(here)).toBeUndefined();
    expect(moving(here, true)).toEqual([
      { until: node.createdAt + 10 * MINUTE, aside: true, what: "node n2 is new and not Ready yet" },
    ]);
    expect(diagnose(here.observation, { settings }).kind).toBe("pending");
  });

  it("holds up nothing that is found elsewhere", () => {
    const here = fleetOf([fresh(MINUTE)], [terminatingPod("n1", HOUR)]);
    expect(diagnose(here.observation, { settings })).toMatchObject({ kind: "unhealthy", reason: "TerminationStuck" });
  });

  it.each<[string, NodeFacts]>([
    ["that was Ready before", fresh(9 * MINUTE, { readyChangedAt: NOW - 2 * MINUTE })],
    ["that has had ten minutes", fresh(10 * MINUTE)],
  ])("%s is down", (_name, node) => {
    expect(nodeDown(fleetOf([node]))?.nodes).toEqual(["n2"]);
    expect(moving(fleetOf([node]), true)).toEqual([]);
  });
});

describe("whether the update killed the node", () => {
  const started = NOW - 30 * MINUTE;
  const young = aPod("n2", { createdAt: started });
  const went = (at: number, overrides: Partial<NodeFacts> = {}) => deadNode("n2", { readyChangedAt: at, ...overrides });
  const { readyChangedAt: _none, ...timeless } = deadNode("n2");
  it.each<[string, NodeFacts, PodFacts, boolean]>([
    ["it went down when its pod started", went(started), young, true],
    ["ten minutes later", went(started + 10 * MINUTE), young, true],
    ["later", went(started + 10 * MINUTE + 1), young, false],
    ["before", went(started - 1), young, false],
    ["with a pod of the older revision", went(started), oldPod("n2", { createdAt: started }), false],
    ["nobody knows when", timeless, young, false],
  ])("%s", (_name, node, pod, isSuspect) => {
    const finding = nodeDown(fleetOf([node], [pod]));
    const suspicion =
      "n2 went down within 10 min of its pod of the present revision starting: the update may have killed it, so stop the rollout and find out before anything else.";
    expect(finding?.message.endsWith(suspicion)).toBe(isSuspect);
    expect(finding?.commands.length).toBe(isSuspect ? 1 : 2);
  });

  it("a node that came back a moment after its update is none", () => {
    const back = aNode("n2", { readyChangedAt: started });
    expect(nodeDown(fleetOf([back, deadNode("n3")], [young]))?.commands.length).toBe(2);
  });
});

describe("pods of removed nodes (C19)", () => {
  const orphans = (...pods: PodFacts[]) => situation(anObservation({ pods: [...fleet(4, []), ...pods] }), settings);

  it("one", () => {
    expect(orphaned(orphans(aPod("gone")))).toEqual({
      cause: "C19",
      reason: "NodeGone",
      message:
        "Pod agent-gone belongs to a node that no longer exists; the cluster's pod garbage collection removes it.",
      evidence: ["pod agent-gone: node gone is not in the cluster"],
      pods: ["agent-gone"],
      nodes: ["gone"],
      commands: ["kubectl get pods -n kube-system -o wide --field-selector spec.nodeName=gone"],
    });
  });

  it.each<[string, PodFacts[], string]>([
    [
      "nothing seems in the way",
      [aPod("gone")],
      "Pod agent-gone belongs to a node that no longer exists; the cluster's pod garbage collection should have removed it by now: see whether the controller manager works.",
    ],
    [
      "a finalizer is",
      [aPod("gone"), aPod("left", { finalizers: ["example.com/hold"] })],
      "2 pods belong to nodes that no longer exist; finalizer example.com/hold holds agent-left, and its owner must release it.",
    ],
  ])("for longer than the collection takes: %s", (_name, pods, want) => {
    const orphanedSince = Object.fromEntries(pods.map(({ uid }) => [uid, NOW - 2 * MINUTE]));
    const observation = anObservation({ pods: [...fleet(4, []), ...pods], orphanedSince });
    expect(orphaned(situation(observation, settings))?.message).toBe(want);
  });

  it("several, each node once; a pod that was never bound is not one", () => {
    const second = aPod("gone", { name: "agent-2", uid: "uid-2" });
    expect(orphaned(orphans(aPod("gone"), second, aPod("left", { bound: false })))).toMatchObject({
      message: expect.stringMatching(/^2 pods belong to a node/),
      pods: ["agent-gone", "agent-2"],
      nodes: ["gone"],
    });
    expect(orphaned(orphans(aPod("left", { bound: false })))).toBeUndefined();
  });
});
