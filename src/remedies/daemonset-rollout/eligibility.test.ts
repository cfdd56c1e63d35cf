import type { NodeSelectorRequirement, Taint, Toleration } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { aNode, aTemplate } from "../../../test/support/daemonset-builders.ts";
import { eligibility, isDrained, isLeaving, untoleratedTaints } from "./eligibility.ts";
import type { TemplateFacts } from "./facts.ts";

const runs = { shouldRun: true, mayStay: true };
const stays = { shouldRun: false, mayStay: true };
const leaves = { shouldRun: false, mayStay: false };

function taint(key: string, effect: Taint["effect"], value?: string): Taint {
  return { key, effect, ...(value === undefined ? {} : { value }) };
}

describe("taints", () => {
  it.each<[string, Taint[], Toleration[], Partial<TemplateFacts>, typeof runs]>([
    ["none", [], [], {}, runs],
    ["custom NoSchedule: a pod that is there stays", [taint("maint", "NoSchedule")], [], {}, stays],
    ["custom NoExecute: it leaves", [taint("maint", "NoExecute")], [], {}, leaves],
    ["PreferNoSchedule never counts", [taint("maint", "PreferNoSchedule")], [], {}, runs],
    ["tolerated by key", [taint("maint", "NoSchedule", "x")], [{ key: "maint", operator: "Exists" }], {}, runs],
    ["by value", [taint("maint", "NoSchedule", "x")], [{ key: "maint", operator: "Equal", value: "x" }], {}, runs],
    ["Equal is the default", [taint("maint", "NoSchedule", "x")], [{ key: "maint", value: "x" }], {}, runs],
    ["no value equals the empty one", [taint("maint", "NoSchedule")], [{ key: "maint", value: "" }], {}, runs],
    ["another value", [taint("maint", "NoSchedule", "x")], [{ key: "maint", value: "y" }], {}, stays],
    ["another effect", [taint("a", "NoExecute")], [{ key: "a", operator: "Exists", effect: "NoSchedule" }], {}, leaves],
    ["another key", [taint("a", "NoSchedule")], [{ key: "b", operator: "Exists" }], {}, stays],
    ["the wildcard", [taint("a", "NoSchedule"), taint("b", "NoExecute")], [{ operator: "Exists" }], {}, runs],
    [
      "a wildcard for one effect",
      [taint("b", "NoExecute")],
      [{ operator: "Exists", effect: "NoSchedule" }],
      {},
      leaves,
    ],
    [
      "one of two untolerated",
      [taint("a", "NoSchedule"), taint("b", "NoExecute")],
      [{ key: "a", operator: "Exists" }],
      {},
      leaves,
    ],
    ["cordon", [taint("node.kubernetes.io/unschedulable", "NoSchedule")], [], {}, runs],
    ["disk pressure", [taint("node.kubernetes.io/disk-pressure", "NoSchedule")], [], {}, runs],
    ["memory pressure", [taint("node.kubernetes.io/memory-pressure", "NoSchedule")], [], {}, runs],
    ["pid pressure", [taint("node.kubernetes.io/pid-pressure", "NoSchedule")], [], {}, runs],
    ["not-ready NoExecute", [taint("node.kubernetes.io/not-ready", "NoExecute")], [], {}, runs],
    ["unreachable NoExecute", [taint("node.kubernetes.io/unreachable", "NoExecute")], [], {}, runs],
    ["not-ready NoSchedule is not automatic", [taint("node.kubernetes.io/not-ready", "NoSchedule")], [], {}, stays],
    ["unreachable NoSchedule is not automatic", [taint("node.kubernetes.io/unreachable", "NoSchedule")], [], {}, stays],
    ["out-of-service is not automatic", [taint("node.kubernetes.io/out-of-service", "NoExecute")], [], {}, leaves],
    ["the autoscaler's mark is not automatic", [taint("ToBeDeletedByClusterAutoscaler", "NoSchedule")], [], {}, stays],
    ["no network without hostNetwork", [taint("node.kubernetes.io/network-unavailable", "NoSchedule")], [], {}, stays],
    [
      "no network with hostNetwork",
      [taint("node.kubernetes.io/network-unavailable", "NoSchedule")],
      [],
      { hostNetwork: true },
      runs,
    ],
  ])("%s", (_name, taints, tolerations, template, want) => {
    expect(eligibility(aNode("n1", { taints }), aTemplate({ tolerations, ...template }))).toEqual(want);
  });

  it("names those that are not tolerated", () => {
    const node = aNode("n1", {
      taints: [taint("a", "NoSchedule"), taint("b", "PreferNoSchedule"), taint("c", "NoExecute")],
    });
    expect(untoleratedTaints(node, aTemplate()).map(({ key }) => key)).toEqual(["a", "c"]);
  });
});

describe("what the node is does not matter", () => {
  it.each([
    ["not ready", aNode("n1", { ready: "False" })],
    ["unknown", aNode("n1", { ready: "Unknown" })],
    ["under pressure", aNode("n1", { pressures: ["DiskPressure"] })],
  ])("%s", (_name, node) => {
    expect(eligibility(node, aTemplate())).toEqual(runs);
  });
});

describe("selection", () => {
  const odd = { signed: "+8", below: "-8", unit: "8Gi", core: "x8" };
  const node = aNode("n1", { labels: { zone: "a", cores: "8", empty: "", text: "many", half: "1.5", ...odd } });
  const need = (key: string, operator: NodeSelectorRequirement["operator"], ...values: string[]) => ({
    key,
    operator,
    values,
  });

  it.each<[string, Partial<TemplateFacts>, boolean]>([
    ["nodeName of this node", { nodeName: "n1" }, true],
    ["nodeName of another", { nodeName: "n2" }, false],
    ["selector that matches", { nodeSelector: { zone: "a", cores: "8" } }, true],
    ["selector, one part does not", { nodeSelector: { zone: "a", cores: "4" } }, false],
    ["selector on an absent label", { nodeSelector: { disk: "ssd" } }, false],
    ["no terms match nothing", { affinityTerms: [] }, false],
    ["an empty term matches nothing", { affinityTerms: [{}] }, false],
    ["a term of empty lists matches nothing", { affinityTerms: [{ matchExpressions: [], matchFields: [] }] }, false],
    ["one of two terms is enough", { affinityTerms: [{}, { matchExpressions: [need("zone", "Exists")] }] }, true],
    [
      "all expressions of a term",
      { affinityTerms: [{ matchExpressions: [need("zone", "Exists"), need("cores", "In", "4")] }] },
      false,
    ],
    ["field metadata.name", { affinityTerms: [{ matchFields: [need("metadata.name", "In", "n1")] }] }, true],
    ["field of another node", { affinityTerms: [{ matchFields: [need("metadata.name", "In", "n2")] }] }, false],
    ["field NotIn", { affinityTerms: [{ matchFields: [need("metadata.name", "NotIn", "n1")] }] }, false],
    [
      "field and expression",
      {
        affinityTerms: [
          { matchFields: [need("metadata.name", "In", "n1")], matchExpressions: [need("zone", "In", "b")] },
        ],
      },
      false,
    ],
  ])("%s", (_name, template, want) => {
    expect(eligibility(node, aTemplate(template))).toEqual(want ? runs : leaves);
  });

  it.each<[NodeSelectorRequirement["operator"], string, string[], boolean]>([
    ["In", "zone", ["a", "b"], true],
    ["In", "zone", ["b"], false],
    ["In", "absent", ["a"], false],
    ["NotIn", "zone", ["b"], true],
    ["NotIn", "zone", ["a"], false],
    ["NotIn", "absent", ["a"], true],
    ["Exists", "empty", [], true],
    ["Exists", "absent", [], false],
    ["DoesNotExist", "absent", [], true],
    ["DoesNotExist", "zone", [], false],
    ["Gt", "cores", ["4"], true],
    ["Gt", "cores", ["8"], false],
    ["Lt", "cores", ["16"], true],
    ["Lt", "cores", ["8"], false],
    ["Gt", "absent", ["0"], false],
    ["Lt", "absent", ["0"], false],
    ["Gt", "text", ["0"], false],
    ["Gt", "empty", ["-1"], false],
    ["Lt", "empty", ["1"], false],
    ["Gt", "half", ["1"], false],
    ["Lt", "cores", ["many"], false],
    ["Lt", "cores", [], false],
    ["Gt", "signed", ["7"], true],
    ["Gt", "below", ["-9"], true],
    ["Gt", "unit", ["1"], false],
    ["Gt", "core", ["1"], false],
  ])("%s %s %j: %s", (operator, key, values, want) => {
    const template = aTemplate({ affinityTerms: [{ matchExpressions: [{ key, operator, values }] }] });
    expect(eligibility(node, template).shouldRun).toBe(want);
  });

  it("an operator of a later Kubernetes version selects nothing instead of ending the program", () => {
    const unknown = { key: "zone", operator: "Near" as NodeSelectorRequirement["operator"], values: ["a"] };
    expect(eligibility(node, aTemplate({ affinityTerms: [{ matchExpressions: [unknown] }] }))).toEqual(leaves);
  });
});

describe("a node whose pods are others' to decide about", () => {
  const marked = (key: string) => aNode("n1", { taints: [taint("maint", "NoSchedule"), taint(key, "NoSchedule")] });

  it.each([
    "ToBeDeletedByClusterAutoscaler",
    "karpenter.sh/disrupted",
    "karpenter.sh/disruption",
    "node.cloudprovider.kubernetes.io/shutdown",
    "aws-node-termination-handler/spot-itn",
  ])("%s: it is about to go", (key) => {
    expect([isLeaving(marked(key)), isDrained(marked(key))]).toEqual([true, true]);
  });

  it.each(["node.kubernetes.io/unschedulable", "node.kubernetes.io/unreachable", "node.kubernetes.io/out-of-service"])(
    "%s: it is drained, which may end",
    (key) => {
      expect([isLeaving(marked(key)), isDrained(marked(key))]).toEqual([false, true]);
    },
  );

  it.each([
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unschedulable-soon",
    "example.com/node.kubernetes.io/unreachable",
    "ToBeDeletedByClusterAutoscalerSoon",
    "example.com/ToBeDeletedByClusterAutoscaler",
    "karpenter.sh/disrupts",
  ])("%s: neither", (key) => {
    expect([isLeaving(marked(key)), isDrained(marked(key))]).toEqual([false, false]);
  });

  it("no taints: neither", () => expect([isLeaving(aNode("n1")), isDrained(aNode("n1"))]).toEqual([false, false]));
});
