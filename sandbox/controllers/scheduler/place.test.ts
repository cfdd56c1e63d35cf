import type { Node, Pod, PodSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { pinTo } from "../daemonset/pod-template.ts";
import type { NodeLoad } from "./fit.ts";
import { byPriorityThenAge, place } from "./place.ts";

function pod(cpu: string, spec: Partial<PodSpec> = {}): Pod {
  return { metadata: { name: "p" }, spec: { containers: [{ name: "m", resources: { requests: { cpu } } }], ...spec } };
}

function load(name: string, pods: Pod[] = [], parts: Partial<Node["spec"]> = {}): NodeLoad {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "3" };
  return { node: { metadata: { name, labels: { name } }, spec: parts, status: { allocatable } }, pods };
}

const port: Partial<PodSpec> = { containers: [{ name: "m", ports: [{ containerPort: 80, hostPort: 80 }] }] };
const maint = { taints: [{ key: "maint", value: "x", effect: "NoSchedule" }] };

describe("where a pod goes", () => {
  it.each([
    { name: "the emptier node", pod: pod("1"), loads: [load("n1", [pod("2")]), load("n2")], want: "n2" },
    {
      name: "the only one with room",
      pod: pod("3"),
      loads: [load("n1", [pod("2")]), load("n2", [pod("500m")])],
      want: "n2",
    },
    {
      name: "the pinned one, full or not of better ones",
      pod: pod("1", { affinity: pinTo(undefined, "n1") }),
      loads: [load("n1", [pod("2")]), load("n2")],
      want: "n1",
    },
    {
      name: "the selected one",
      pod: pod("1", { nodeSelector: { name: "n2" } }),
      loads: [load("n1"), load("n2")],
      want: "n2",
    },
    { name: "a free host port", pod: pod("0", port), loads: [load("n1", [pod("0", port)]), load("n2")], want: "n2" },
    {
      name: "not a cordoned one",
      pod: pod("1"),
      loads: [load("n1", [], { unschedulable: true }), load("n2")],
      want: "n2",
    },
    { name: "an exact fit", pod: pod("2"), loads: [load("n1", [pod("2")])], want: "n1" },
  ])("takes $name", ({ pod: one, loads, want }) => {
    expect(place(one, loads)).toEqual({ kind: "bind", node: want });
  });

  it("says why a pinned pod goes nowhere, as kube-scheduler does", () => {
    const loads = [load("n1"), load("n2", [pod("4")]), load("n3"), load("n4")];
    const result = place(pod("1", { affinity: pinTo(undefined, "n2") }), loads);
    expect(result).toEqual({
      kind: "unschedulable",
      message:
        "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't satisfy plugin(s) [NodeAffinity]. " +
        "no new claims to deallocate, preemption: 0/4 nodes are available: 1 No preemption victims found for incoming pod, " +
        "3 Preemption is not helpful for scheduling.",
    });
  });

  it.each([
    { name: "taints", loads: [load("n1", [], maint)], want: "1 node(s) had untolerated taint {maint: x}" },
    { name: "pod count", loads: [load("n1", [pod("0"), pod("0"), pod("0")])], want: "1 Too many pods" },
    {
      name: "ports",
      loads: [load("n1", [pod("0", port)])],
      want: "1 node(s) didn't have free ports for the requested pod ports",
    },
    {
      name: "several lacks of one node",
      loads: [load("n1", [pod("4"), pod("0"), pod("0")])],
      want: "1 Insufficient cpu, 1 Too many pods",
    },
  ])("names $name", ({ loads, want }) => {
    const wanting: Partial<PodSpec> = {
      containers: [{ name: "m", ports: [{ containerPort: 80, hostPort: 80 }], resources: { requests: { cpu: "1" } } }],
    };
    const result = place(pod("1", wanting), loads);
    expect(result).toMatchObject({ kind: "unschedulable", message: expect.stringContaining(want) as string });
  });

  it("has a sentence of its own for an empty cluster", () => {
    expect(place(pod("1"), [])).toEqual({ kind: "unschedulable", message: "no nodes available to schedule pods" });
  });

  it("tries important pods first, then old ones", () => {
    const make = (name: string, priority: number, at: string): Pod => ({
      metadata: { name, creationTimestamp: at },
      spec: { containers: [], priority },
    });
    const pods = [
      make("young", 0, "2030-01-02T00:00:00Z"),
      make("old", 0, "2030-01-01T00:00:00Z"),
      make("vip", 9, "2030-01-03T00:00:00Z"),
    ];
    expect(pods.sort(byPriorityThenAge).map((each) => each.metadata?.name)).toEqual(["vip", "old", "young"]);
  });
});
