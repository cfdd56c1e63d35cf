import type { Node, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Live } from "../../../src/kube/types.ts";
import { orphanedPods } from "./orphaned-pods.ts";

function meta(name: string, deleting = false) {
  const deletion = deleting ? { deletionTimestamp: "2030-01-01T00:00:00Z" } : {};
  return { name, uid: name, resourceVersion: "1", creationTimestamp: "2030-01-01T00:00:00Z", ...deletion };
}

function pod(nodeName: string | undefined, deleting = false): Live<Pod> {
  return { metadata: meta("p", deleting), spec: { containers: [], ...(nodeName !== undefined && { nodeName }) } };
}

function node(ready: string, taint?: string): Live<Node> {
  const taints = taint === undefined ? [] : [{ key: taint, effect: "NoExecute" }];
  return { metadata: meta("n1"), spec: { taints }, status: { conditions: [{ type: "Ready", status: ready }] } };
}

const outOfService = "node.kubernetes.io/out-of-service";

describe("pods nobody will finish", () => {
  it.each([
    { name: "on a node", pod: pod("n1"), node: node("True"), want: [] },
    { name: "node gone, still in quarantine", pod: pod("gone"), missing: 500, want: [] },
    { name: "node gone for long", pod: pod("gone"), missing: 2_000, want: ["NodeGone"] },
    { name: "never scheduled, terminating", pod: pod(undefined, true), want: ["UnscheduledTerminating"] },
    { name: "waiting to be scheduled", pod: pod(undefined), want: [] },
    { name: "terminating on a dead node", pod: pod("n1", true), node: node("Unknown"), want: [] },
    {
      name: "the same, declared out of service",
      pod: pod("n1", true),
      node: node("Unknown", outOfService),
      want: ["OutOfService"],
    },
    { name: "out of service but Ready", pod: pod("n1", true), node: node("True", outOfService), want: [] },
  ])("$name", ({ pod: one, node: on, missing, want }) => {
    const missingSince = new Map(missing === undefined ? [] : [["gone", 10_000 - missing]]);
    const nodes = on === undefined ? [] : [on];
    const found = orphanedPods({ pods: [one], nodes, missingSince, quarantineMs: 1_000, now: 10_000 });
    expect(found.map((each) => each.reason)).toEqual(want);
  });
});
