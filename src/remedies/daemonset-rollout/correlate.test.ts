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

describe("correlate", () => {
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
