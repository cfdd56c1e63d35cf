import type { Node, Pod, Taint } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { evictionTime, mustMarkPods, unknownConditions, wantedTaints } from "./decide.ts";

const at = "2030-01-01T00:00:00Z";

function node(ready: string, parts: { taints?: Taint[]; diskPressure?: boolean; unschedulable?: boolean } = {}): Node {
  const conditions = [
    { type: "Ready", status: ready },
    { type: "DiskPressure", status: parts.diskPressure === true ? "True" : "False" },
  ];
  return {
    metadata: { name: "n1" },
    spec: {
      taints: parts.taints ?? [],
      ...(parts.unschedulable !== undefined && { unschedulable: parts.unschedulable }),
    },
    status: { conditions },
  };
}

const unreachable: Taint[] = ["NoSchedule", "NoExecute"].map((effect) => ({
  key: "node.kubernetes.io/unreachable",
  effect,
}));
const notReady: Taint[] = [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }];
const custom: Taint = { key: "maint", effect: "NoSchedule" };
const short = (taints: Taint[] | undefined): string[] | undefined =>
  taints?.map((each) => `${each.key.split("/").at(-1) ?? ""}:${each.effect}`);

describe("a node's taints", () => {
  it.each([
    { name: "sound", node: node("True"), want: undefined },
    { name: "new node, now Ready", node: node("True", { taints: notReady }), want: [] },
    { name: "not Ready", node: node("False"), want: ["not-ready:NoSchedule", "not-ready:NoExecute"] },
    { name: "Unknown", node: node("Unknown"), want: ["unreachable:NoSchedule", "unreachable:NoExecute"] },
    { name: "Unknown and known to be", node: node("Unknown", { taints: unreachable }), want: undefined },
    {
      name: "back again, other taints stay",
      node: node("True", { taints: [...unreachable, custom] }),
      want: ["maint:NoSchedule"],
    },
    { name: "disk pressure", node: node("True", { diskPressure: true }), want: ["disk-pressure:NoSchedule"] },
    { name: "cordoned", node: node("True", { unschedulable: true }), want: ["unschedulable:NoSchedule"] },
  ])("$name", ({ node: of, want }) => {
    expect(short(wantedTaints(of, at))).toEqual(want);
  });
});

describe("a silent node", () => {
  it("turns Unknown once, with the kubelet's last word kept out", () => {
    const conditions = unknownConditions(node("True"), at);
    const ready = conditions?.find((each) => each.type === "Ready");
    expect(ready).toMatchObject({
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    });
    const silent: Node = { ...node("True"), status: { conditions: conditions ?? [] } };
    expect(unknownConditions(silent, at)).toBeUndefined();
    expect(mustMarkPods(silent)).toBe(true);
    expect(mustMarkPods(node("True"))).toBe(false);
  });
});

describe("eviction by NoExecute taints", () => {
  const tainted = node("Unknown", { taints: unreachable.map((each) => ({ ...each, timeAdded: at })) });
  const tolerating = (tolerationSeconds?: number): Pod => ({
    spec: {
      containers: [],
      tolerations: [
        {
          key: "node.kubernetes.io/unreachable",
          operator: "Exists",
          effect: "NoExecute",
          ...(tolerationSeconds !== undefined && { tolerationSeconds }),
        },
      ],
    },
  });
  it.each([
    { name: "no toleration: at once", pod: { spec: { containers: [] } }, on: tainted, want: 0 },
    { name: "for ever", pod: tolerating(), on: tainted, want: undefined },
    { name: "for 300 s", pod: tolerating(300), on: tainted, want: Date.parse(at) + 300_000 },
    { name: "sound node", pod: tolerating(300), on: node("True"), want: undefined },
  ])("$name", ({ pod, on, want }) => {
    expect(evictionTime(pod, on, Date.parse(at))).toBe(want);
  });
});
