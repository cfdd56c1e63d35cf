import { describe, expect, it } from "vitest";
import {
  anObservation,
  aPod,
  aRevision,
  badImagePod,
  DAY,
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
} from "../../../test/support/daemonset-builders.ts";
import type { Observation } from "./facts.ts";
import { isRolledOut, situation } from "./situation.ts";

const madeAt = NOW - 25 * MINUTE;

function proven(observation: Observation): number | undefined {
  return situation(observation, settings).proven?.number;
}

describe("the proven revision", () => {
  const bad = badImagePod("n1");
  const third = aRevision({
    name: "agent-third",
    hash: "third",
    number: 3,
    templateHash: "template-3",
    createdAt: madeAt,
  });
  const readySince = (ms: number) => (node: string) => oldPod(node, { readyChangedAt: ms });

  it.each<[string, Observation, number | undefined]>([
    ["runs everywhere else", stoppedRollout([bad]), 1],
    ["runs on exactly half of the nodes", stoppedRollout([bad, badImagePod("n2")]), 1],
    ["runs on less than half", stoppedRollout([bad, badImagePod("n2"), badImagePod("n3")]), undefined],
    [
      "runs on two of five",
      stoppedRollout([], { pods: fleet(5, [bad, badImagePod("n2"), badImagePod("n3")], oldPod) }),
      undefined,
    ],
    ["runs nowhere", stoppedRollout(["n1", "n2", "n3", "n4"].map((node) => badImagePod(node))), undefined],
    [
      "was Available ten minutes before",
      stoppedRollout([bad], { pods: fleet(4, [bad], readySince(madeAt - 10 * MINUTE)) }),
      1,
    ],
    [
      "was Available for less before",
      stoppedRollout([bad], { pods: fleet(4, [bad], readySince(madeAt - 10 * MINUTE + SECOND)) }),
      undefined,
    ],
    [
      "became Available after the bad one was made",
      stoppedRollout([bad], { pods: fleet(4, [bad], readySince(madeAt + MINUTE)) }),
      undefined,
    ],
    [
      "is Ready, but has not said since when",
      stoppedRollout([bad], {
        pods: fleet(4, [bad], (node) => {
          const { readyChangedAt: _none, ...pod } = oldPod(node);
          return pod;
        }),
      }),
      undefined,
    ],
    [
      "is not Available",
      stoppedRollout([bad], { pods: fleet(4, [bad], (node) => oldPod(node, { ready: false })) }),
      undefined,
    ],
    [
      "is going away",
      stoppedRollout([bad], { pods: fleet(4, [bad], (node) => terminatingPod(node, -MINUTE)) }),
      undefined,
    ],
    [
      "differs from the present one by restartedAt only",
      stoppedRollout([bad], {
        revisions: [oldRevision({ templateHash: "template-2" }), aRevision({ createdAt: madeAt })],
      }),
      undefined,
    ],
    [
      "is unknown: the controller has not made the present one",
      stoppedRollout([bad], { daemonSet: { currentHash: "" } }),
      undefined,
    ],
  ])("%s", (_name, observation, want) => {
    expect(proven(observation)).toBe(want);
  });

  it("dead nodes are no part of the count, in either direction", () => {
    const nodes = [...someNodes(2), deadNode("n3"), deadNode("n4")];
    expect(proven(stoppedRollout([bad], { nodes }))).toBe(1);
    const dead = [deadNode("n2"), deadNode("n3"), deadNode("n4")];
    expect(proven(stoppedRollout([bad], { nodes: [...someNodes(1), ...dead] }))).toBeUndefined();
    expect(proven(stoppedRollout([bad], { nodes: [deadNode("n1"), ...dead] }))).toBeUndefined();
  });

  it("is never the one before by number, but the one that runs", () => {
    // 1 ran for long; 2 was bad; 3 is bad, too. N-1 would be 2.
    const revisions = [oldRevision(), aRevision({ createdAt: NOW - HOUR }), third];
    const present = badImagePod("n1", { revisionHash: "third" });
    const observation = stoppedRollout([present], {
      revisions,
      daemonSet: { currentHash: "third", template: { ...anObservation().daemonSet.template, hash: "template-3" } },
    });
    expect(proven(observation)).toBe(1);
  });

  it("is found under a number that a rollback has rewritten", () => {
    const revisions = [oldRevision({ number: 6 }), aRevision({ number: 7, createdAt: madeAt })];
    expect(proven(stoppedRollout([bad], { revisions }))).toBe(6);
  });

  it("two that qualify are none", () => {
    const other = aRevision({
      name: "agent-other",
      hash: "other",
      number: 0,
      templateHash: "template-0",
      createdAt: NOW - 9 * DAY,
    });
    const pods = [
      oldPod("n1"),
      oldPod("n2"),
      oldPod("n3", { revisionHash: "other" }),
      oldPod("n4", { revisionHash: "other" }),
    ];
    const revisions = [other, oldRevision(), aRevision({ createdAt: madeAt })];
    expect(proven(stoppedRollout([], { pods, revisions }))).toBeUndefined();
    expect(proven(stoppedRollout([], { pods: pods.slice(0, 3), revisions }))).toBe(1);
  });
});

describe("who is good and who is bad", () => {
  it("sorts every pod once", () => {
    const nodes = [...someNodes(5), deadNode("n6")];
    const pods = [
      aPod("n1"),
      oldPod("n2"),
      badImagePod("n3"),
      neverReadyPod("n4", { createdAt: NOW - MINUTE }),
      neverReadyPod("n6"),
      oldPod("gone"),
    ];
    const here = situation(anObservation({ nodes, pods }), settings);
    expect(here.good.map(({ node }) => node)).toEqual(["n1"]);
    expect(here.oldGood.map(({ node }) => node)).toEqual(["n2"]);
    expect(here.bad.map(({ pod }) => pod.node)).toEqual(["n3"]);
    expect(here.starting.map(({ pod, until }) => [pod.node, until])).toEqual([["n4", NOW + 4 * MINUTE]]);
    expect(here.podless).toEqual(["n5"]);
    expect(here.orphans.map(({ node }) => node)).toEqual(["gone"]);
  });

  it("names the DaemonSet, its present revision and the one that is proven", () => {
    const here = situation(stoppedRollout([badImagePod("n1")]), settings);
    expect(here).toMatchObject({
      ref: "daemonset/agent",
      at: NOW,
      current: { name: "agent-new" },
      proven: { name: "agent-old" },
    });
  });

  it("a pod that is going is neither good nor bad, nor starting", () => {
    const going = { deletionDeadline: NOW + MINUTE };
    const pods = [aPod("n1", going), badImagePod("n2", going), neverReadyPod("n3", { createdAt: NOW, ...going })];
    const here = situation(anObservation({ pods: fleet(4, pods) }), settings);
    expect(here.good.map(({ node }) => node)).toEqual(["n4"]);
    expect([...here.bad, ...here.starting]).toEqual([]);
  });

  it("a node that should run no pod is not missing one", () => {
    const taints = [{ key: "maint", effect: "NoSchedule" as const }];
    const nodes = someNodes(4).map((node) => (node.name === "n1" ? { ...node, taints } : node));
    expect(situation(anObservation({ nodes, pods: fleet(4, []).slice(2) }), settings).podless).toEqual(["n2"]);
  });

  it("a failing pod of an older revision is the controller's to replace, not ours", () => {
    expect(situation(stoppedRollout([oldPod("n1", { ready: false, phase: "Failed" })]), settings).bad).toEqual([]);
  });

  it("a pod on a node that should not run one is not judged", () => {
    const nodes = someNodes(4).map((node) =>
      node.name === "n1" ? { ...node, taints: [{ key: "maint", effect: "NoSchedule" as const }] } : node,
    );
    expect(situation(anObservation({ nodes, pods: fleet(4, [badImagePod("n1")]) }), settings).bad).toEqual([]);
  });
});

describe("revisions that differ in API defaults only", () => {
  const { essence } = anObservation().daemonSet.template;
  const withOld = (overrides: Partial<Parameters<typeof oldRevision>[0]>) =>
    stoppedRollout([badImagePod("n1")], {
      revisions: [oldRevision(overrides), aRevision({ createdAt: madeAt })],
    });

  it("are as good as the present one, and nothing to roll back to", () => {
    const here = situation(withOld({ essence }), settings);
    expect([...here.equivalents]).toEqual(["old"]);
    expect(here.good.map(({ node }) => node)).toEqual(["n2", "n3", "n4"]);
    expect(here.oldGood).toEqual([]);
    expect(here.proven).toBeUndefined();
  });

  it("are none that says something else", () => {
    const here = situation(withOld({}), settings);
    expect([...here.equivalents]).toEqual([]);
    expect(here.oldGood.map(({ node }) => node)).toEqual(["n2", "n3", "n4"]);
  });

  it("or in a restart: the same template", () => {
    const here = situation(withOld({ essence, templateHash: "template-2" }), settings);
    expect([...here.equivalents]).toEqual(["old"]);
    expect(here.good.map(({ node }) => node)).toEqual(["n2", "n3", "n4"]);
  });
});

describe("rolled out", () => {
  const { observation: well, counters, slots: all } = situation(anObservation(), settings);

  it.each(["current", "updated", "available", "misscheduled"] as const)("not while %s is one off", (name) => {
    for (const by of [-1, 1]) {
      const off = { ...counters, [name]: counters[name] + by };
      expect(isRolledOut({ observation: well, counters: off, slots: all })).toBe(false);
    }
  });

  it("whatever is on a node that should run no pod is the counters' matter", () => {
    const other = all.map((slot) => ({ ...slot, shouldRun: false, pods: [...slot.pods, ...slot.pods] }));
    expect(isRolledOut({ observation: well, counters, slots: other })).toBe(true);
  });

  it.each<[string, Observation, boolean]>([
    ["all is well", anObservation(), true],
    ["no eligible node", anObservation({ nodes: [], pods: [] }), true],
    ["one pod is old", anObservation({ pods: fleet(4, [oldPod("n1")]) }), false],
    [
      "one pod was only relabelled",
      anObservation({ pods: fleet(4, [aPod("n1", { specs: { main: "spec-1" } })]) }),
      false,
    ],
    ["one pod is going", anObservation({ pods: fleet(4, [aPod("n1", { deletionDeadline: NOW + MINUTE })]) }), false],
    [
      "a second pod on a node",
      anObservation({ pods: [...fleet(4, []), aPod("n1", { uid: "second", createdAt: NOW })] }),
      false,
    ],
    ["the newest spec was not observed", anObservation({ daemonSet: { generation: 3 } }), false],
    ["a node without a pod", anObservation({ pods: fleet(4, []).slice(1) }), false],
  ])("%s: %s", (_name, observation, want) => {
    expect(isRolledOut(situation(observation, settings))).toBe(want);
  });
});
