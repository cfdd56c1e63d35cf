import { describe, expect, it } from "vitest";
import {
  aNode,
  anObservation,
  aPod,
  crashingPod,
  deadNode,
  fleet,
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
