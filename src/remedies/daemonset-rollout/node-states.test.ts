import { expect, it } from "vitest";
import { aNode, anObservation, aPod, oldPod } from "../../../test/support/daemonset-builders.ts";
import { nodeStates } from "./node-states.ts";

it("every node that should run the pod or has one, by name, with revision numbers where they are known", () => {
  const taints = [{ key: "maint", effect: "NoSchedule" }];
  const observation = anObservation({
    nodes: [aNode("n3"), aNode("n4", { taints }), aNode("n1"), aNode("n2", { taints }), aNode("n5")],
    pods: [aPod("n3", { ready: false }), oldPod("n1"), aPod("n2", { revisionHash: "lost" }), aPod("gone")],
  });
  const state = (node: string, revision: string, ready: boolean) => ({
    node,
    pods: [{ name: `agent-${node}`, uid: `uid-agent-${node}`, revision, ready }],
  });
  expect(nodeStates(observation)).toEqual([
    state("n1", "1", true),
    state("n2", "lost", true),
    state("n3", "2", false),
    { node: "n5", pods: [] },
  ]);
});
