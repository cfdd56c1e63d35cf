import { describe, expect, it } from "vitest";
import {
  aDaemonSet,
  aNode,
  anObservation,
  aPod,
  aRevision,
  aTemplate,
  badImagePod,
  failedPod,
  fleet,
  MINUTE,
  NOW,
  oldPod,
  oldRevision,
  SECOND,
  someNodes,
  terminatingPod,
  unschedulablePod,
} from "../../../test/support/daemonset-builders.ts";
import type { NodeFacts, Observation, PodFacts, StatusCounters } from "./facts.ts";
import { alertHolds, isAvailable, isUpdated, maxUnavailable, recount, runsTemplate, slots } from "./recount.ts";

const all: StatusCounters = { desired: 4, current: 4, updated: 4, ready: 4, available: 4, misscheduled: 0 };
const maint = { key: "maint", effect: "NoSchedule" as const };
const leave = { key: "maint", effect: "NoExecute" as const };

function withNode(name: string, overrides: Partial<NodeFacts>): NodeFacts[] {
  return someNodes(4).map((node) => (node.name === name ? { ...node, ...overrides } : node));
}

function pods(...special: PodFacts[]): PodFacts[] {
  return fleet(4, special);
}

describe("recount", () => {
  it.each<[string, Observation, Partial<StatusCounters>]>([
    ["all is well", anObservation(), {}],
    [
      "no nodes",
      anObservation({ nodes: [], pods: [] }),
      { desired: 0, current: 0, updated: 0, ready: 0, available: 0 },
    ],
    [
      "a node without a pod",
      anObservation({ pods: pods().slice(1) }),
      { current: 3, updated: 3, ready: 3, available: 3 },
    ],
    ["a pod of another revision", anObservation({ pods: pods(oldPod("n1")) }), { updated: 3 }],
    ["a pod that is not Ready", anObservation({ pods: pods(badImagePod("n1")) }), { ready: 3, available: 3 }],
    [
      "an unscheduled pod counts as current",
      anObservation({ pods: pods(unschedulablePod("n1")) }),
      { ready: 3, available: 3 },
    ],
    ["a terminating pod counts, available too", anObservation({ pods: pods(terminatingPod("n1", 0)) }), { updated: 3 }],
    ["a failed pod counts as current", anObservation({ pods: pods(failedPod("n1")) }), { ready: 3, available: 3 }],
    [
      "a failed pod that is being deleted is ignored",
      anObservation({ pods: pods(failedPod("n1", { deletionDeadline: NOW })) }),
      { current: 3, updated: 3, ready: 3, available: 3 },
    ],
    [
      "so is a succeeded one, for the sake of its replacement",
      anObservation({
        pods: [...pods(), failedPod("n1", { uid: "gone", phase: "Succeeded", deletionDeadline: NOW, createdAt: 0 })],
      }),
      {},
    ],
    [
      "an untolerated taint",
      anObservation({ nodes: withNode("n2", { taints: [maint] }) }),
      { desired: 3, current: 3, updated: 3, ready: 3, available: 3, misscheduled: 1 },
    ],
    [
      "NoExecute, until its pod is gone",
      anObservation({ nodes: withNode("n2", { taints: [leave] }) }),
      { desired: 3, current: 3, updated: 3, ready: 3, available: 3, misscheduled: 1 },
    ],
    [
      "a tainted node without a pod",
      anObservation({ nodes: [...someNodes(4), aNode("n5", { taints: [maint] })], pods: pods() }),
      {},
    ],
    [
      "two pods on a wrong node are one",
      anObservation({
        nodes: [...someNodes(4), aNode("n5", { taints: [maint] })],
        pods: [...pods(), aPod("n5"), aPod("n5", { uid: "second" })],
      }),
      { misscheduled: 1 },
    ],
    [
      "a dead node still counts",
      anObservation({ nodes: withNode("n2", { ready: "Unknown" }), pods: pods(aPod("n2", { ready: false })) }),
      { ready: 3, available: 3 },
    ],
    [
      "a pod of a node that is gone counts nowhere",
      anObservation({ nodes: someNodes(4), pods: [...pods(), aPod("n9")] }),
      {},
    ],
    [
      "only the oldest of two pods counts",
      anObservation({ pods: [...pods(oldPod("n1")), badImagePod("n1", { uid: "surge" })] }),
      { updated: 3 },
    ],
    [
      "a scheduled pod comes before an older unscheduled one",
      anObservation({ pods: [...pods(), unschedulablePod("n1", { uid: "older", createdAt: 0 })] }),
      {},
    ],
  ])("%s", (_name, observation, want) => {
    expect(recount(observation)).toEqual({ ...all, ...want });
  });

  it.each([
    ["too short", 10 * SECOND, 0],
    ["just long enough", 60 * SECOND, 1],
    ["long", 10 * MINUTE, 1],
    ["in the future of the clock", -5 * SECOND, 0],
  ])("minReadySeconds, Ready for %s", (_name, readyForMs, want) => {
    const observation = anObservation({
      nodes: someNodes(1),
      pods: [aPod("n1", { readyChangedAt: NOW - readyForMs })],
      daemonSet: { minReadySeconds: 60 },
    });
    expect(recount(observation)).toMatchObject({ ready: 1, available: want });
  });
});

describe("isAvailable", () => {
  it("is Ready at once without minReadySeconds, and never without a time with it", () => {
    const { readyChangedAt: _none, ...pod } = aPod("n1");
    expect(isAvailable(pod, 0, NOW)).toBe(true);
    expect(isAvailable(pod, 1, NOW)).toBe(false);
    expect(isAvailable(aPod("n1", { ready: false }), 0, NOW)).toBe(false);
  });
});

describe("slots", () => {
  it("keeps nodes in name order and pods of unknown nodes apart", () => {
    const found = slots(anObservation({ nodes: someNodes(2).reverse(), pods: [aPod("n2"), aPod("gone"), aPod("n1")] }));
    expect(found.slots.map(({ node, pods: own }) => [node.name, own.map(({ name }) => name)])).toEqual([
      ["n1", ["agent-n1"]],
      ["n2", ["agent-n2"]],
    ]);
    expect(found.orphans.map(({ name }) => name)).toEqual(["agent-gone"]);
  });
});

describe("the order of the pods on a node", () => {
  const order = (...own: PodFacts[]) =>
    slots(anObservation({ nodes: someNodes(1), pods: own })).slots[0]?.pods.map(({ name }) => name);
  const named = (name: string, overrides: Partial<PodFacts> = {}) => aPod("n1", { name, uid: name, ...overrides });

  it.each<[string, PodFacts, PodFacts]>([
    ["bound before unbound", named("b", { createdAt: NOW }), named("a", { bound: false, createdAt: 0 })],
    ["older before younger", named("b", { createdAt: 1 }), named("a", { createdAt: 2 })],
    ["by name where both are as old", named("a"), named("b")],
  ])("%s", (_name, first, second) => {
    const want = [first.name, second.name];
    expect(order(first, second)).toEqual(want);
    expect(order(second, first)).toEqual(want);
  });

  it("a pod that ended and is being deleted is on no node, not even on one that is gone", () => {
    const ended = failedPod("n9", { deletionDeadline: NOW });
    expect(slots(anObservation({ nodes: someNodes(1), pods: [ended] })).orphans).toEqual([]);
  });
});

describe("the template", () => {
  it("containers of a revision with the same template are its own; a template without containers has none", () => {
    const daemonSet = aDaemonSet({ template: aTemplate({ specs: { main: "now" } }) });
    const pod = aPod("n1", { specs: { main: "spec-2" } });
    expect(runsTemplate(pod, daemonSet, [aRevision()])).toBe(true);
    expect(runsTemplate(pod, daemonSet, [aRevision({ templateHash: "template-3" })])).toBe(false);
    const empty = aDaemonSet({ template: aTemplate({ specs: {} }) });
    expect(runsTemplate(pod, empty, [aRevision({ templateHash: "template-3" })])).toBe(false);
    expect(runsTemplate(pod, empty, [aRevision({ templateHash: "template-3", specs: {} })])).toBe(true);
    const two = { main: "spec-2", proxy: "spec-p" };
    expect(runsTemplate(pod, daemonSet, [aRevision({ templateHash: "template-3", specs: two })])).toBe(true);
  });

  it("a pod is up to date by its label, and by none while the controller has made no revision", () => {
    expect(isUpdated(aPod("n1"), aDaemonSet())).toBe(true);
    expect(isUpdated(aPod("n1", { revisionHash: "" }), aDaemonSet({ currentHash: "" }))).toBe(false);
  });

  it("a relabelled pod does not run it, an injected sidecar does not matter", () => {
    const runs = (specs: Record<string, string>) =>
      runsTemplate(aPod("n1", { specs }), aDaemonSet(), [oldRevision(), aRevision()]);
    expect(runs({ main: "spec-1" })).toBe(false);
    expect(runs({ main: "spec-2", proxy: "injected" })).toBe(true);
    // A webhook that takes images from a mirror or pins their digests rewrites every pod.
    expect(runs({ main: "spec-2-from-a-mirror" })).toBe(true);
  });
});

describe("maxUnavailable", () => {
  it.each<[number | string, number, number]>([
    [1, 100, 1],
    [3, 100, 3],
    [0, 100, 1],
    ["26%", 4, 2],
    ["25%", 4, 1],
    ["10%", 4, 1],
    ["10%", 101, 11],
    ["100%", 7, 7],
    ["0%", 50, 1],
    ["10%", 0, 1],
    ["", 10, 1],
    ["many", 10, 1],
    ["29%", 100, 29],
    ["7%", 100, 7],
    ["55%", 100, 55],
  ])("%s of %d is %d", (value, desired, want) => {
    expect(maxUnavailable(aDaemonSet({ maxUnavailable: value }), desired)).toBe(want);
  });
});

describe("the alert's condition", () => {
  it.each<[Partial<StatusCounters>, boolean]>([
    [{}, false],
    [{ current: 3 }, true],
    [{ updated: 3 }, true],
    [{ available: 3 }, true],
    [{ misscheduled: 1 }, true],
    [{ ready: 3 }, false],
  ])("%j: %s", (change, want) => {
    expect(alertHolds({ ...all, ...change })).toBe(want);
  });
});
