import { describe, expect, it } from "vitest";
import {
  anObservation,
  fleet,
  MINUTE,
  settings,
  somePolicies,
  terminatingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Policies } from "../../engine/types.ts";
import { assess } from "./diagnose.ts";
import type { PodFacts } from "./facts.ts";
import { forcedDeletions } from "./force.ts";

const stuck = (node: string, overrides: Partial<PodFacts> = {}) => terminatingPod(node, 5 * MINUTE, overrides);

/** Nodes of the forced deletions, in their order. */
function forced(pods: readonly PodFacts[], policies: Partial<Policies>): string[] {
  const assessment = assess(anObservation({ pods: fleet(4, pods) }), settings);
  return forcedDeletions(assessment, { policies: somePolicies(policies) }).map((step) =>
    step.kind === "delete-pod" && step.force ? step.node : step.kind,
  );
}

describe("forced deletions", () => {
  it("are of the approved pods that are stuck, in the order of their nodes", () => {
    const forceDelete = ["uid-agent-n3", "uid-agent-n1", "uid-agent-n2"];
    const pods = [stuck("n3"), stuck("n1"), stuck("n2"), stuck("n4")];
    expect(forced(pods, { forceDelete })).toEqual(["n1", "n2", "n3"]);
    expect(forced([...pods].reverse(), { forceDelete })).toEqual(["n1", "n2", "n3"]);
  });

  it.each<[string, PodFacts, Partial<Policies>]>([
    ["another was approved", stuck("n3"), { forceDelete: ["uid-agent-n1"] }],
    ["nobody was asked", stuck("n3"), {}],
    ["deletions are off", stuck("n3"), { delete: "off", forceDelete: ["uid-agent-n3"] }],
    ["a finalizer holds it", stuck("n3", { finalizers: ["example.com/hold"] }), { forceDelete: ["uid-agent-n3"] }],
    ["its grace period is not over", terminatingPod("n3", -MINUTE), { forceDelete: ["uid-agent-n3"] }],
  ])("are none where %s", (_name, pod, policies) => expect(forced([pod], policies)).toEqual([]));

  it("are none of a pod that nobody has deleted", () => {
    const pods = fleet(4, []);
    const [first] = pods;
    expect(forced(pods, { forceDelete: [first?.uid ?? ""] })).toEqual([]);
  });
});
