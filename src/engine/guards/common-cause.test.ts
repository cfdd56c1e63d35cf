import { describe, expect, it } from "vitest";
import { aNodeFact, aStructure, MINUTE, NOW } from "../../../test/support/daemonset-builders.ts";
import { aPlan, deletion, input, rollback, say, touch } from "../../../test/support/guard-input.ts";
import type { GuardFacts } from "../types.ts";
import type { Neighbour } from "./common-cause.ts";
import { surroundingsQuery } from "./common-cause.ts";
import type { GuardResult } from "./guard.ts";
import { judge } from "./index.ts";
import type { WorkloadClass } from "./workload-class.ts";

const BEGAN = NOW - 20 * MINUTE;
const ill = (name: string, zone = "", since = BEGAN) => aNodeFact(name, { troubledSince: since, zone });
const well = (name: string, zone = "") => aNodeFact(name, { zone });

function neighbour(ref: string, kind: WorkloadClass, pods: Neighbour["pods"]): Neighbour {
  return { ref, classified: { class: kind, evidence: `evidence of ${kind}` }, pods };
}
const on = (node: string, since = BEGAN) => ({ node, since });

interface Scene {
  neighbours?: Neighbour[];
  nodes?: GuardFacts["nodes"];
  facts?: Partial<GuardFacts>;
  template?: boolean;
}

function word({ neighbours = [], nodes = [ill("n1"), well("n2")], facts, template = false }: Scene): GuardResult {
  return say("CommonCause", {
    plan: template ? aPlan(rollback) : aPlan(deletion("n1")),
    facts: { nodes, ...facts },
    surroundings: { kind: "read", neighbours },
  });
}

const cni = (since?: number) => neighbour("kube-system/cni", "path", [on("n1", since)]);
const ordinary = (...pods: Neighbour["pods"][number][]) => neighbour("logging/other", "none", pods);

describe("CommonCause", () => {
  it.each<[string, Scene, string]>([
    ["nobody else is ill", {}, "pass"],
    [
      "what it depends on fell ill with it",
      { neighbours: [cni()] },
      "DaemonSet kube-system/cni (class path: evidence of path) fell ill on n1",
    ],
    ["a quarter of an hour apart", { neighbours: [cni(BEGAN - 15 * MINUTE)] }, "kube-system/cni"],
    ["later than that", { neighbours: [cni(BEGAN - 15 * MINUTE - 1)] }, "pass"],
    ["on another node", { neighbours: [neighbour("kube-system/cni", "path", [on("n2")])] }, "pass"],
    [
      "a driver is a root, too",
      { neighbours: [neighbour("kube-system/csi", "driver", [on("n1")])] },
      "kube-system/csi",
    ],
    ["a rollback waits for it as well", { neighbours: [cni()], template: true }, "kube-system/cni"],
    ["the root is named before others", { neighbours: [ordinary(on("n1")), cni()] }, "kube-system/cni"],
    [
      "an ordinary one on the same node: the node",
      { neighbours: [ordinary(on("n1"))] },
      "Node n1 is the root: DaemonSets logging/other",
    ],
    [
      "a log shipper is ordinary in this",
      { neighbours: [neighbour("logging/shipper", "buffer", [on("n1")])] },
      "Node n1",
    ],
    ["that does not explain a bad template", { neighbours: [ordinary(on("n1"))], template: true }, "pass"],
  ])("%s", (_name, scene, want) => {
    const result = word(scene);
    if (want === "pass") expect(result).toEqual({ kind: "pass" });
    else
      expect(result).toMatchObject({
        kind: "veto",
        reason: "DependencyUnhealthy",
        message: expect.stringContaining(want),
      });
  });

  it("Failed pods of several on one node may go once their node is well; the root still comes first", () => {
    const facts = { failedPods: ["uid-n1"] };
    expect(word({ neighbours: [ordinary(on("n1"))], facts }).kind).toBe("pass");
    expect(word({ neighbours: [cni()], facts }).kind).toBe("veto");
  });

  it("the root itself goes on under its own guards", () => {
    const structure = aStructure({ hostPaths: [{ path: "/opt/cni/bin", writable: true, bidirectional: false }] });
    expect(word({ neighbours: [cni(), ordinary(on("n1"))], facts: { structure } }).kind).toBe("pass");
  });

  it("says what fell ill where, and gives the command that looks at the root", () => {
    const nodes = [ill("n1"), well("n2"), ill("n3"), ill("n4", "", BEGAN - 16 * MINUTE)];
    const pods = [on("n1"), on("n2"), on("n3"), on("n4"), on("n5")];
    const command = "kubectl describe daemonset/cni -n kube-system";
    expect(word({ neighbours: [neighbour("kube-system/cni", "path", pods)], nodes })).toEqual({
      kind: "veto",
      reason: "DependencyUnhealthy",
      message: `DaemonSet kube-system/cni (class path: evidence of path) fell ill on n1, n3 within 15 min of this one; it comes first: ${command}`,
      command,
      root: "daemonset/kube-system/cni",
    });
  });

  it("names all that fell ill on the node, and none that did so elsewhere or long before", () => {
    const neighbours = [
      neighbour("a/far", "none", [on("n2")]),
      neighbour("a/one", "none", [on("n1")]),
      neighbour("a/before", "none", [on("n1", 0)]),
      neighbour("a/two", "buffer", [on("n2"), on("n1", BEGAN + MINUTE)]),
    ];
    expect(word({ neighbours })).toEqual({
      kind: "veto",
      reason: "DependencyUnhealthy",
      message:
        "Node n1 is the root: DaemonSets a/one, a/two fell ill there within 15 min of this one. The node comes first: kubectl describe node n1",
      command: "kubectl describe node n1",
      root: "node/n1",
    });
  });

  it("one Failed pod among others does not let the others go", () => {
    const given = { facts: { nodes: [ill("n1")], failedPods: ["uid-n1"] } };
    const surroundings = { kind: "read", neighbours: [ordinary(on("n1"))] } as const;
    const plan = aPlan(deletion("n1"), deletion("n2"));
    expect(say("CommonCause", { ...given, surroundings, plan }).kind).toBe("veto");
    expect(say("CommonCause", { ...given, surroundings, plan: aPlan(touch) }).kind).toBe("veto");
  });

  const zoned = [ill("n1", "a"), ill("n2", "a"), well("n3", "b")];
  it.each<[string, Scene, string]>([
    ["another one, in the same zone only", { nodes: zoned, neighbours: [ordinary(on("n2"), on("n1"))] }, "veto"],
    [
      "in the zone and elsewhere, on no common node",
      {
        nodes: [ill("n1", "a"), ill("n2", "a"), well("n4", "a"), well("n3", "b")],
        neighbours: [ordinary(on("n4"), on("n3"))],
      },
      "pass",
    ],
    [
      "in the zone, on other nodes",
      {
        nodes: [ill("n1", "a"), ill("n2", "a"), well("n4", "a"), well("n5", "a"), well("n3", "b")],
        neighbours: [ordinary(on("n4"), on("n5"))],
      },
      "zone a",
    ],
    [
      "there is but one zone",
      {
        nodes: [ill("n1", "a"), ill("n2", "a"), well("n4", "a"), well("n5", "a")],
        neighbours: [ordinary(on("n4"), on("n5"))],
      },
      "pass",
    ],
    [
      "no zones",
      { nodes: [ill("n1"), ill("n2"), well("n4"), well("n5")], neighbours: [ordinary(on("n4"), on("n5"))] },
      "pass",
    ],
    [
      "one pod of it is not the zone",
      { nodes: [ill("n1", "a"), ill("n2", "a"), well("n4", "a"), well("n3", "b")], neighbours: [ordinary(on("n4"))] },
      "pass",
    ],
    [
      "long before",
      {
        nodes: [ill("n1", "a"), ill("n2", "a"), well("n4", "a"), well("n5", "a"), well("n3", "b")],
        neighbours: [ordinary(on("n4", 0), on("n5", 0))],
      },
      "pass",
    ],
  ])("zone: %s", (_name, scene, want) => {
    const result = word(scene);
    expect(result.kind).toBe(want === "pass" ? "pass" : "veto");
    if (want === "zone a" && result.kind === "veto") expect(result.message).toContain("Zone a is the root");
  });

  const elsewhere = [...zoned, well("n4", "a"), well("n5", "a")];
  it("zone: says who, and gives the command that looks at it", () => {
    const neighbours = [neighbour("a/well", "none", []), ordinary(on("n4", BEGAN - 15 * MINUTE), on("n5"))];
    expect(word({ nodes: elsewhere, neighbours })).toEqual({
      kind: "veto",
      reason: "DependencyUnhealthy",
      message:
        "Zone a is the root: DaemonSet logging/other fell ill there, and only there, within 15 min of this one. The zone comes first: kubectl get nodes -l topology.kubernetes.io/zone=a",
      command: "kubectl get nodes -l topology.kubernetes.io/zone=a",
      root: "zone/a",
    });
  });

  it.each<[string, Scene]>([
    ["one of its pods fell ill long before", { neighbours: [ordinary(on("n4"), on("n5", 0))] }],
    ["one of its pods is elsewhere", { neighbours: [ordinary(on("n4"), on("n3"))] }],
    ["it does not explain a bad template", { neighbours: [ordinary(on("n4"), on("n5"))], template: true }],
    ["Failed pods may go", { neighbours: [ordinary(on("n4"), on("n5"))], facts: { failedPods: ["uid-n1"] } }],
    [
      "the target is ill in two zones",
      { neighbours: [ordinary(on("n4"), on("n5"))], nodes: [ill("n1", "a"), ...elsewhere.slice(1), ill("n6", "b")] },
    ],
    [
      "it is ill on one node only",
      { neighbours: [ordinary(on("n4"), on("n5"))], nodes: [ill("n1", "a"), ...elsewhere.slice(2)] },
    ],
  ])("zone: not its fault where %s", (_name, scene) => {
    expect(word({ nodes: elsewhere, ...scene })).toEqual({ kind: "pass" });
  });

  it("zone: by the first pod of the target that fell ill", () => {
    const nodes = [ill("n1", "a", BEGAN + 20 * MINUTE), ...elsewhere.slice(1)];
    expect(word({ nodes, neighbours: [ordinary(on("n4"), on("n5"))] }).kind).toBe("veto");
    const later = ordinary(on("n4", BEGAN + 20 * MINUTE), on("n5", BEGAN + 20 * MINUTE));
    expect(word({ nodes, neighbours: [later] }).kind).toBe("pass");
  });

  it("not read yet: it does not speak", () => {
    expect(say("CommonCause", { facts: { nodes: [ill("n1")] } }).kind).toBe("pass");
  });

  it("rights that do not reach: one pod, no template", () => {
    const surroundings = { kind: "unread", scope: "the other pods on the node" } as const;
    expect(say("CommonCause", { surroundings }).kind).toBe("not-evaluated");
    expect(judge(input({ surroundings })).veto).toBeUndefined();
    const plan = aPlan(rollback);
    expect(judge(input({ surroundings, plan })).veto).toMatchObject({ reason: "NotEvaluated" });
  });
});

describe("surroundingsQuery", () => {
  const query = (nodes: GuardFacts["nodes"]) => surroundingsQuery(input({ facts: { nodes } }).facts);
  it("nothing in trouble: nothing to read", () => {
    expect(query([well("n1")])).toBeUndefined();
  });
  it("one node: its pods", () => {
    expect(query([well("n1"), ill("n2")])).toEqual({ kind: "node", node: "n2" });
  });
  it("several: the cluster's DaemonSets, since the first fell ill", () => {
    expect(query([ill("n1"), ill("n2", "", BEGAN - MINUTE)])).toEqual({
      kind: "cluster",
      since: BEGAN - MINUTE,
      oneZone: false,
    });
    expect(query([ill("n1", "a"), ill("n2", "a"), well("n3", "b")])).toMatchObject({ oneZone: true });
    expect(query([ill("n1", "a"), ill("n2", "b"), well("n3", "b")])).toMatchObject({ oneZone: false });
  });
});
