import { describe, expect, it } from "vitest";
import { daemonSet, node, pod, view } from "./builders.ts";
import { planPods } from "./manage.ts";

const nodes = [node("n1")];
const noWait = () => 0;
const surge = daemonSet({ spec: { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } });

function names(pods: readonly { metadata: { name: string } }[]): string[] {
  return pods.map((each) => each.metadata.name);
}

describe("which pods must exist and which must go", () => {
  it.each([
    { name: "missing", pods: [], create: ["n1"], remove: [] },
    { name: "running", pods: [pod("n1")], create: [], remove: [] },
    { name: "a terminating pod blocks its node", pods: [pod("n1", { deleting: true })], create: [], remove: [] },
    {
      name: "a failed, terminating one does not",
      pods: [pod("n1", { deleting: true, phase: "Failed" })],
      create: ["n1"],
      remove: [],
    },
    { name: "failed", pods: [pod("n1", { phase: "Failed" })], create: [], remove: ["agent-n1"] },
    { name: "succeeded", pods: [pod("n1", { phase: "Succeeded" })], create: [], remove: ["agent-n1"] },
    {
      name: "all but the oldest of several",
      pods: [pod("n1", { name: "young", age: 1 }), pod("n1", { name: "old" })],
      create: [],
      remove: ["young"],
    },
    {
      name: "unscheduled for a node that is gone",
      pods: [pod("n1"), pod("gone", { scheduled: false })],
      create: [],
      remove: ["agent-gone"],
    },
    {
      name: "bound to a node that is gone: the pod collector's job",
      pods: [pod("n1"), pod("gone")],
      create: [],
      remove: [],
    },
  ])("$name", ({ pods, create, remove }) => {
    const plan = planPods(view({ nodes, pods }), noWait);
    expect(plan.create).toEqual(create);
    expect(names(plan.remove)).toEqual(remove);
  });

  it("lets a failed pod sit out its back-off", () => {
    const plan = planPods(view({ nodes, pods: [pod("n1", { phase: "Failed" })] }), () => 700);
    expect(plan).toMatchObject({ remove: [], ended: [], waiting: [{ node: "n1", remainingMs: 700 }] });
  });

  it.each([
    { effect: "NoSchedule", remove: [] },
    { effect: "NoExecute", remove: ["agent-n1"] },
  ])("on a node with an untolerated $effect taint removes $remove", ({ effect, remove }) => {
    const tainted = [node("n1", { taints: [{ key: "maint", effect }] })];
    const plan = planPods(view({ nodes: tainted, pods: [pod("n1")] }), noWait);
    expect(plan.create).toEqual([]);
    expect(names(plan.remove)).toEqual(remove);
  });

  it.each([
    { name: "keeps the old one while the new one is not available", oldReady: true, newReady: false, remove: [] },
    { name: "removes the old one when the new one is available", oldReady: true, newReady: true, remove: ["o"] },
    { name: "removes the old one at once when it is not Ready", oldReady: false, newReady: false, remove: ["o"] },
  ])("with surge $name", ({ oldReady, newReady, remove }) => {
    const pods = [
      pod("n1", { name: "o", hash: "old", ready: oldReady }),
      pod("n1", { name: "n", ready: newReady, age: 1 }),
    ];
    expect(names(planPods(view({ ds: surge, nodes, pods }), noWait).remove)).toEqual(remove);
  });
});
