import { describe, expect, it } from "vitest";
import { daemonSet, node } from "./builders.ts";
import { eligibility } from "./eligibility.ts";

const run = { shouldRun: true, shouldContinue: true };
const stay = { shouldRun: false, shouldContinue: true };
const leave = { shouldRun: false, shouldContinue: false };
const taint = (key: string, effect: string) => node("n1", { taints: [{ key, effect }] });
const zoneA = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }],
    },
  },
};

describe("where a DaemonSet's pods belong", () => {
  it.each([
    { name: "plain node", node: node("n1"), want: run },
    { name: "cordoned", node: taint("node.kubernetes.io/unschedulable", "NoSchedule"), want: run },
    { name: "disk pressure", node: taint("node.kubernetes.io/disk-pressure", "NoSchedule"), want: run },
    { name: "not-ready NoExecute is tolerated", node: taint("node.kubernetes.io/not-ready", "NoExecute"), want: run },
    { name: "unreachable NoSchedule is not", node: taint("node.kubernetes.io/unreachable", "NoSchedule"), want: stay },
    { name: "custom NoSchedule", node: taint("maint", "NoSchedule"), want: stay },
    { name: "custom NoExecute", node: taint("maint", "NoExecute"), want: leave },
    { name: "custom PreferNoSchedule", node: taint("maint", "PreferNoSchedule"), want: run },
    { name: "out of service", node: taint("node.kubernetes.io/out-of-service", "NoExecute"), want: leave },
    {
      name: "network-unavailable without hostNetwork",
      node: taint("node.kubernetes.io/network-unavailable", "NoSchedule"),
      want: stay,
    },
    {
      name: "network-unavailable with hostNetwork",
      podSpec: { hostNetwork: true },
      node: taint("node.kubernetes.io/network-unavailable", "NoSchedule"),
      want: run,
    },
    {
      name: "wildcard toleration",
      podSpec: { tolerations: [{ operator: "Exists" }] },
      node: taint("node.kubernetes.io/unreachable", "NoSchedule"),
      want: run,
    },
    { name: "another nodeName", podSpec: { nodeName: "n2" }, node: node("n1"), want: leave },
    { name: "nodeSelector does not match", podSpec: { nodeSelector: { disk: "ssd" } }, node: node("n1"), want: leave },
    {
      name: "nodeSelector matches",
      podSpec: { nodeSelector: { disk: "ssd" } },
      node: node("n1", { labels: { disk: "ssd" } }),
      want: run,
    },
    {
      name: "affinity does not match",
      podSpec: { affinity: zoneA },
      node: node("n1", { labels: { zone: "b" } }),
      want: leave,
    },
    { name: "affinity matches", podSpec: { affinity: zoneA }, node: node("n1", { labels: { zone: "a" } }), want: run },
  ])("$name", ({ podSpec = {}, node: on, want }) => {
    expect(eligibility(daemonSet({ podSpec }), on)).toEqual(want);
  });
});
