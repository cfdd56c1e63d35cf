import { describe, expect, it } from "vitest";
import { daemonSet, node, now, pod, view } from "./builders.ts";
import { daemonSetStatus, nextAvailabilityMs } from "./status.ts";

const all = ["n1", "n2", "n3", "n4"];

function counters(pods: ReturnType<typeof pod>[], parts: Parameters<typeof view>[0] = {}) {
  const status = daemonSetStatus(view({ pods, ...parts }), true);
  return [
    status.desiredNumberScheduled,
    status.currentNumberScheduled,
    status.numberReady,
    status.updatedNumberScheduled,
    status.numberAvailable,
    status.numberMisscheduled,
  ].join(" ");
}

describe("DaemonSet status (desired current ready updated available misscheduled)", () => {
  const others = ["n2", "n3", "n4"].map((name) => pod(name));
  it.each([
    { name: "healthy", pods: all.map((name) => pod(name)), want: "4 4 4 4 4 0" },
    { name: "no pod on one node", pods: others, want: "4 3 3 3 3 0" },
    {
      name: "pending, unscheduled pod counts as current",
      pods: [...others, pod("n1", { scheduled: false, ready: false })],
      want: "4 4 3 4 3 0",
    },
    {
      name: "terminating but Ready counts as available",
      pods: [...others, pod("n1", { deleting: true })],
      want: "4 4 4 4 4 0",
    },
    {
      name: "failed and terminating is ignored",
      pods: [...others, pod("n1", { deleting: true, phase: "Failed", ready: false })],
      want: "4 3 3 3 3 0",
    },
    {
      name: "failed counts as current",
      pods: [...others, pod("n1", { phase: "Failed", ready: false })],
      want: "4 4 3 4 3 0",
    },
    { name: "old revision", pods: [...others, pod("n1", { hash: "old" })], want: "4 4 4 3 4 0" },
    {
      name: "of two pods the scheduled one counts, though younger",
      pods: [
        ...others,
        pod("n1", { name: "a", scheduled: false, ready: false, age: 900 }),
        pod("n1", { name: "b", age: 5 }),
      ],
      want: "4 4 4 4 4 0",
    },
    {
      name: "of two scheduled pods the oldest counts",
      pods: [...others, pod("n1", { name: "a", ready: false, age: 900 }), pod("n1", { name: "b", age: 5 })],
      want: "4 4 3 4 3 0",
    },
  ])("$name", ({ pods, want }) => {
    expect(counters(pods)).toBe(want);
  });

  it("counts a pod on a tainted node as misscheduled and the node as not desired", () => {
    const nodes = [
      node("n1", { taints: [{ key: "maint", effect: "NoSchedule" }] }),
      node("n2"),
      node("n3"),
      node("n4"),
    ];
    expect(
      counters(
        all.map((name) => pod(name)),
        { nodes },
      ),
    ).toBe("3 3 3 3 3 1");
  });

  it("makes pods wait for minReadySeconds, and says for how long", () => {
    const ds = daemonSet({ spec: { minReadySeconds: 30 } });
    const pods = [pod("n1", { readyFor: 10 }), pod("n2", { readyFor: 30 })];
    expect(counters(pods, { ds })).toBe("4 2 2 2 1 0");
    expect(nextAvailabilityMs(view({ ds, pods }))).toBe(20_000);
    expect(nextAvailabilityMs(view({ ds, pods, now: now + 20_000 }))).toBeUndefined();
  });

  it("raises observedGeneration only when asked to", () => {
    expect(daemonSetStatus(view(), true).observedGeneration).toBe(3);
    expect(daemonSetStatus(view(), false).observedGeneration).toBeUndefined();
  });
});
