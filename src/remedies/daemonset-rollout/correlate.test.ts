import { describe, expect, it } from "vitest";
import { aNode } from "../../../test/support/daemonset-builders.ts";
import { correlate } from "./correlate.ts";
import type { NodeFacts } from "./facts.ts";

const arm = (name: string): NodeFacts => {
  const node = aNode(name);
  return { ...node, info: { ...node.info, architecture: "arm64" } };
};
const inZone = (name: string, zone: string): NodeFacts => {
  const node = aNode(name);
  return { ...node, labels: { ...node.labels, "topology.kubernetes.io/zone": zone } };
};
const sentences = (failing: NodeFacts[], good: NodeFacts[]) => correlate(failing, good).map(({ sentence }) => sentence);

const labelled = (name: string, labels: Record<string, string>): NodeFacts => aNode(name, { labels });
const saying = (name: string, info: Partial<NodeFacts["info"]>): NodeFacts => {
  const node = aNode(name);
  return { ...node, info: { ...node.info, ...info } };
};

describe("correlate", () => {
  it.each<[string, (name: string, value: string) => NodeFacts]>([
    ["architecture", (name, architecture) => saying(name, { architecture })],
    ["operating system", (name, operatingSystem) => saying(name, { operatingSystem })],
    ["kernel", (name, kernel) => saying(name, { kernel })],
    ["container runtime", (name, runtime) => saying(name, { runtime })],
    ["kubelet", (name, kubelet) => saying(name, { kubelet })],
    ["operating system image", (name, osImage) => saying(name, { osImage })],
  ])("%s: tells one node against two, and says what it found", (what, make) => {
    expect(correlate([make("n1", "a")], [make("n2", "b"), make("n3", "c")])).toEqual([
      { what, value: "a", sentence: `the failing node has ${what} a, none of the 2 good ones has` },
    ]);
  });

  it.each<[string, string]>([
    ["node pool", "cloud.google.com/gke-nodepool"],
    ["node pool", "eks.amazonaws.com/nodegroup"],
    ["node pool", "alpha.eksctl.io/nodegroup-name"],
    ["node pool", "karpenter.sh/nodepool"],
    ["node pool", "kubernetes.azure.com/agentpool"],
    ["node pool", "doks.digitalocean.com/node-pool"],
    ["node pool", "node.cluster.x-k8s.io/pool"],
    ["instance type", "node.kubernetes.io/instance-type"],
    ["instance type", "beta.kubernetes.io/instance-type"],
    ["zone", "topology.kubernetes.io/zone"],
    ["zone", "failure-domain.beta.kubernetes.io/zone"],
  ])("%s by %s: of two nodes, not of one", (what, key) => {
    const failing = [labelled("n1", { [key]: "a" }), labelled("n2", { [key]: "a" })];
    const good = [labelled("n3", { [key]: "b" }), labelled("n4", { [key]: "c" })];
    expect(correlate(failing, good)).toEqual([
      { what, value: "a", sentence: `all 2 failing nodes have ${what} a, none of the 2 good ones has` },
    ]);
    expect(correlate(failing.slice(1), good)).toEqual([]);
  });

  it("by the present label where both are there", () => {
    const both = { "topology.kubernetes.io/zone": "new", "failure-domain.beta.kubernetes.io/zone": "old" };
    const good = [inZone("n3", "b")];
    expect(correlate([labelled("n1", both), labelled("n2", both)], good).map(({ value }) => value)).toEqual(["new"]);
  });

  it("tells all that separates, what explains most first", () => {
    const failing = ["n1", "n2"].map((name) => saying(name, { osImage: "x", kernel: "y", architecture: "z" }));
    expect(correlate(failing, [aNode("n3")]).map(({ what }) => what)).toEqual([
      "architecture",
      "kernel",
      "operating system image",
    ]);
  });

  it.each<[string, NodeFacts[], NodeFacts[], string[]]>([
    [
      "every failing node and no good one",
      [arm("n1"), arm("n2"), arm("n3")],
      [aNode("n4"), aNode("n5")],
      ["all 3 failing nodes have architecture arm64, none of the 2 good ones has"],
    ],
    ["one good node has it, too", [arm("n1"), arm("n2")], [arm("n3"), aNode("n4")], []],
    ["one failing node has it not", [arm("n1"), aNode("n2")], [aNode("n3"), aNode("n4")], []],
    [
      "a zone, of two",
      [inZone("n1", "b"), inZone("n2", "b")],
      [inZone("n3", "a")],
      ["all 2 failing nodes have zone b, the good one has not"],
    ],
    ["a zone, of one alone, says nothing", [inZone("n1", "b")], [inZone("n2", "a"), inZone("n3", "a")], []],
    [
      "the architecture of one alone says something against two",
      [arm("n1")],
      [aNode("n2"), aNode("n3")],
      ["the failing node has architecture arm64, none of the 2 good ones has"],
    ],
    ["and nothing against one", [arm("n1")], [aNode("n2")], []],
    ["a good node that does not say its zone", [inZone("n1", "b"), inZone("n2", "b")], [aNode("n3")], []],
    ["no good node", [arm("n1"), arm("n2")], [], []],
    ["no failing node", [], [arm("n1")], []],
  ])("%s", (_name, failing, good, want) => expect(sentences(failing, good)).toEqual(want));
});
