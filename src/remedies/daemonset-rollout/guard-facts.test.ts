import { describe, expect, it } from "vitest";
import {
  aContainer,
  aNode,
  anObservation,
  aPod,
  aStructure,
  aTemplate,
  crashingPod,
  deadNode,
  degradedPod,
  failedPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  oldPod,
  settings,
  someNodes,
} from "../../../test/support/daemonset-builders.ts";
import { guardFacts, mostlyWorks } from "./guard-facts.ts";
import { daemonSetRollout } from "./remedy.ts";

const tainted = (name: string, key: string) => aNode(name, { taints: [{ key, effect: "NoSchedule" }] });

describe("guardFacts", () => {
  it("knows the nodes that should run the pod or have one, and no other", () => {
    const nodes = [...someNodes(2), tainted("n3", "maint"), tainted("n4", "maint")];
    const facts = guardFacts(anObservation({ nodes, pods: fleet(3, []) }), settings);
    expect(facts.nodes.map(({ name }) => name)).toEqual(["n1", "n2", "n3"]);
  });

  it.each(["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "karpenter.sh/disruption"])(
    "%s: leaving",
    (key) => {
      const facts = guardFacts(anObservation({ nodes: [tainted("n1", key)], pods: [aPod("n1")] }), settings);
      expect(facts.nodes[0]).toMatchObject({ name: "n1", leaving: true });
    },
  );

  it("a node's pod start is that of the present revision only", () => {
    const facts = guardFacts(
      anObservation({ nodes: someNodes(2), pods: [aPod("n1", { createdAt: NOW }), oldPod("n2")] }),
      settings,
    );
    expect(facts.nodes.map(({ podStartedAt }) => podStartedAt)).toEqual([NOW, undefined]);
  });

  it("names the nodes with trouble", () => {
    const observation = anObservation({
      nodes: [...someNodes(3), deadNode("n4")],
      pods: fleet(4, [crashingPod("n2")]),
    });
    expect(guardFacts(observation, settings).troubledNodes).toEqual(["n2", "n4"]);
  });

  it("knows the zones, by the present label or the one before it", () => {
    const nodes = [
      aNode("n1", { labels: { "topology.kubernetes.io/zone": "a" } }),
      aNode("n2", { labels: { "failure-domain.beta.kubernetes.io/zone": "b" } }),
      aNode("n3", { labels: {} }),
    ];
    const facts = guardFacts(anObservation({ nodes, pods: fleet(3, []) }), settings);
    expect(facts.nodes.map(({ zone }) => zone)).toEqual(["a", "b", ""]);
  });

  it("says since when a pod has been in trouble: as it lost readiness, else as it was created", () => {
    const lost = degradedPod("n2");
    const observation = anObservation({ pods: fleet(4, [crashingPod("n1"), lost]) });
    expect(guardFacts(observation, settings).nodes.map(({ troubledSince }) => troubledSince)).toEqual([
      NOW - 20 * MINUTE,
      lost.readyChangedAt,
      undefined,
      undefined,
    ]);
  });

  it("takes a pod's start from its containers where they ran at once, from its creation where they were restarted", () => {
    const slow = aPod("n1", { createdAt: NOW - HOUR, containers: [aContainer({ runningSince: NOW - 30 * MINUTE })] });
    const restarted = aPod("n2", {
      createdAt: NOW - HOUR,
      containers: [aContainer({ runningSince: NOW - MINUTE, restartCount: 1 })],
    });
    const facts = guardFacts(anObservation({ nodes: someNodes(2), pods: [slow, restarted] }), settings);
    expect(facts.nodes.map(({ podStartedAt }) => podStartedAt)).toEqual([NOW - 30 * MINUTE, NOW - HOUR]);
  });

  it("says whether a node answers, since when, and how old it is", () => {
    const nodes = [aNode("n1", { createdAt: NOW - HOUR }), deadNode("n2"), aNode("n3", { ready: "False" })];
    const facts = guardFacts(anObservation({ nodes, pods: fleet(3, []) }), settings);
    expect(facts.nodes).toMatchObject([
      { ready: true, createdAt: NOW - HOUR, leaving: false },
      { ready: false, readyChangedAt: NOW - 20 * MINUTE },
      { ready: false },
    ]);
    expect(facts.troubledNodes).toEqual(["n2", "n3"]);
  });

  it("a node's trouble is as old as the first of its pods' and that of a Ready pod none", () => {
    const late = crashingPod("n1");
    const { readyChangedAt: _none, ...early } = crashingPod("n1", { uid: "early", createdAt: NOW - 50 * MINUTE });
    const beside = aPod("n2", { uid: "beside" });
    const pods = [late, early, beside, crashingPod("n2"), aPod("n3")];
    const facts = guardFacts(anObservation({ nodes: someNodes(3), pods }), settings);
    expect(facts.nodes.map(({ troubledSince }) => troubledSince)).toEqual([
      NOW - 50 * MINUTE,
      NOW - 20 * MINUTE,
      undefined,
    ]);
    expect(facts.troubledNodes).toEqual(["n1", "n2"]);
  });

  it("takes the last of several containers' first runs, and the creation where none ran", () => {
    const run = (minutes: number, more = {}) => aContainer({ runningSince: NOW - minutes * MINUTE, ...more });
    const { runningSince: _none, ...waiting } = aContainer();
    const pods = [
      aPod("n1", { createdAt: NOW - HOUR, containers: [run(50), run(30), run(10, { restartCount: 2 })] }),
      aPod("n2", { createdAt: NOW - HOUR, containers: [waiting] }),
      aPod("n3", { createdAt: NOW - HOUR, containers: [] }),
    ];
    const facts = guardFacts(anObservation({ nodes: someNodes(3), pods }), settings);
    expect(facts.nodes.map(({ podStartedAt }) => podStartedAt)).toEqual([NOW - 30 * MINUTE, NOW - HOUR, NOW - HOUR]);
  });

  it("an empty zone label is none", () => {
    const labels = { "topology.kubernetes.io/zone": "", "failure-domain.beta.kubernetes.io/zone": "b" };
    const facts = guardFacts(anObservation({ nodes: [aNode("n1", { labels })], pods: [aPod("n1")] }), settings);
    expect(facts.nodes[0]?.zone).toBe("b");
  });

  it("carries what the class, the allowance and the buffers are judged by", () => {
    const structure = aStructure({ privileged: true });
    const observation = anObservation({
      daemonSet: { strategy: "OnDelete", template: aTemplate({ structure, images: { a: "x:1", b: "y:2" } }) },
      pods: fleet(4, [failedPod("n3")]),
    });
    expect(guardFacts(observation, settings)).toMatchObject({
      namespace: "kube-system",
      name: "agent",
      structure,
      images: ["x:1", "y:2"],
      updateStrategy: "OnDelete",
      desired: 4,
      failedPods: ["uid-agent-n3"],
    });
  });

  it("says that the namespace could not be read", () => {
    const { namespaceAnnotations: _unread, ...observation } = anObservation();
    expect(guardFacts(observation, settings).namespaceAnnotations).toBeUndefined();
  });
});

describe("mostlyWorks", () => {
  it.each([
    [0, true],
    [2, true],
    [3, false],
  ])("%d of 4 crash: %s", (count, want) => {
    const special = ["n1", "n2", "n3"].slice(0, count).map((node) => crashingPod(node));
    expect(mostlyWorks(anObservation({ pods: fleet(4, special) }))).toBe(want);
  });
});

describe("waveMs", () => {
  it("covers the grace period, the slowest start twice and two requests", () => {
    const observation = anObservation();
    expect(daemonSetRollout.waveMs(observation, settings)).toBe(30_000 + 2 * 12_000 + 20_000);
  });
});
