import { describe, expect, it } from "vitest";
import { daemonSet, node, pod, view } from "./builders.ts";
import { updateBudget } from "./node-pods.ts";
import { planUpdate } from "./rolling-update.ts";

const old = { hash: "old" };

function removed(
  pods: ReturnType<typeof pod>[],
  maxUnavailable: number | string = 1,
  nodes?: ReturnType<typeof node>[],
) {
  const ds = daemonSet({ spec: { updateStrategy: { rollingUpdate: { maxUnavailable } } } });
  return planUpdate(view({ ds, pods, ...(nodes !== undefined && { nodes }) })).remove.map((each) => each.metadata.name);
}

describe("RollingUpdate without surge", () => {
  it.each([
    {
      name: "takes one of four old pods",
      pods: ["n1", "n2", "n3", "n4"].map((n) => pod(n, old)),
      max: 1,
      want: ["agent-n1"],
    },
    {
      name: "takes as many as the budget",
      pods: ["n1", "n2", "n3", "n4"].map((n) => pod(n, old)),
      max: "50%",
      want: ["agent-n1", "agent-n2"],
    },
    {
      name: "stops at an unavailable new pod",
      pods: [pod("n1", { ready: false }), pod("n2", old), pod("n3", old), pod("n4", old)],
      max: 1,
      want: [],
    },
    {
      name: "stops at a terminating pod",
      pods: [pod("n1", { ...old, deleting: true }), pod("n2", old), pod("n3", old), pod("n4", old)],
      max: 1,
      want: [],
    },
    { name: "stops at a node without a pod", pods: [pod("n2", old), pod("n3", old), pod("n4", old)], max: 1, want: [] },
    {
      name: "removes old unavailable pods whatever the budget, and counts them",
      pods: [pod("n1", { ...old, ready: false }), pod("n2", { ...old, ready: false }), pod("n3", old), pod("n4", old)],
      max: 2,
      want: ["agent-n1", "agent-n2"],
    },
    {
      name: "leaves a node with two old pods to the next pass",
      pods: [pod("n1", { ...old, name: "a" }), pod("n1", { ...old, name: "b" }), pod("n2", old), pod("n3"), pod("n4")],
      max: 1,
      want: [],
    },
    { name: "has nothing to do when all are new", pods: ["n1", "n2", "n3", "n4"].map((n) => pod(n)), max: 1, want: [] },
  ])("$name", ({ pods, max, want }) => {
    expect(removed(pods, max)).toEqual(want);
  });

  it("counts pods on ineligible nodes against the budget", () => {
    const nodes = [node("n1", { taints: [{ key: "maint", effect: "NoSchedule" }] }), node("n2"), node("n3")];
    expect(removed([pod("n1", { ready: false }), pod("n2", old), pod("n3", old)], 1, nodes)).toEqual([]);
  });

  it.each([
    { value: "26%", desired: 4, want: 2 },
    { value: "1%", desired: 4, want: 1 },
    { value: "100%", desired: 3, want: 3 },
    { value: 7, desired: 4, want: 7 },
    { value: "0%", desired: 0, want: 1 },
  ])("maxUnavailable $value of $desired is $want", ({ value, desired, want }) => {
    const ds = daemonSet({ spec: { updateStrategy: { rollingUpdate: { maxUnavailable: value } } } });
    expect(updateBudget(ds, desired).maxUnavailable).toBe(want);
  });
});

describe("RollingUpdate with surge", () => {
  const ds = daemonSet({ spec: { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } });
  it.each([
    {
      name: "creates one new pod beside an old one",
      pods: [pod("n1", old), pod("n2", old)],
      create: ["n1"],
      remove: [],
    },
    {
      name: "waits for the surged pod",
      pods: [pod("n1", old), pod("n1", { name: "s", ready: false }), pod("n2", old)],
      create: [],
      remove: [],
    },
    {
      name: "removes the old pod when the new one is available",
      pods: [pod("n1", old), pod("n1", { name: "s" }), pod("n2", old)],
      create: ["n2"],
      remove: ["agent-n1"],
    },
    {
      name: "replaces unavailable old pods beyond the budget",
      pods: [pod("n1", { ...old, ready: false }), pod("n2", { ...old, ready: false })],
      create: ["n1", "n2"],
      remove: [],
    },
  ])("$name", ({ pods, create, remove }) => {
    const plan = planUpdate(view({ ds, nodes: [node("n1"), node("n2")], pods }));
    expect(plan.create).toEqual(create);
    expect(plan.remove.map((each) => each.metadata.name)).toEqual(remove);
  });
});
