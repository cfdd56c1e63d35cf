import { describe, expect, it } from "vitest";
import { aNodeFact, aStructure, MINUTE, NOW } from "../../../test/support/daemonset-builders.ts";
import type { Given } from "../../../test/support/guard-input.ts";
import { say } from "../../../test/support/guard-input.ts";
import type { GuardFacts } from "../types.ts";
import type { GuardResult } from "./guard.ts";

type NodeFact = GuardFacts["nodes"][number];
const down = (name: string, overrides: Partial<NodeFact> = {}) =>
  aNodeFact(name, { ready: false, readyChangedAt: NOW - 20 * MINUTE, ...overrides });
const up = (count: number) => Array.from({ length: count }, (_, i) => aNodeFact(`up${i}`));

describe("SelfNode", () => {
  it.each<[string, Given, GuardResult["kind"]]>([
    ["elsewhere", { ownNode: "n2" }, "pass"],
    ["outside a pod", { ownNode: "", facts: { troubledNodes: [""] } }, "pass"],
    ["on a failing node", { ownNode: "n1" }, "veto"],
  ])("%s", (_name, given, want) => {
    expect(say("SelfNode", given).kind).toBe(want);
  });

  it("says where it runs", () => {
    expect(say("SelfNode", { ownNode: "n1" })).toEqual({
      kind: "veto",
      reason: "SelfNode",
      message: "This program runs on n1, which is among the failing nodes; it must run elsewhere.",
    });
  });
});

describe("NodeStorm", () => {
  const young = { createdAt: NOW - 9 * MINUTE };
  const killed = { podStartedAt: NOW - 25 * MINUTE };
  const up1 = aNodeFact("up");
  /** NotReady this long after the new pod's start. */
  const died = (...afterMs: number[]) =>
    afterMs.map((ms, i) => down(`d${i}`, { podStartedAt: NOW - 20 * MINUTE - ms }));
  const youngUp = (count: number) => up(count).map((node) => ({ ...node, ...young }));
  it.each<[string, NodeFact[], GuardResult["kind"]]>([
    ["none down", up(4), "pass"],
    ["one of four", [...up(3), down("a")], "pass"],
    ["two of four", [...up(2), down("a"), down("b")], "veto"],
    ["two of twenty", [...up(18), down("a"), down("b")], "pass"],
    ["three of twenty-nine", [...up(26), down("a"), down("b"), down("c")], "veto"],
    ["three of thirty", [...up(27), down("a"), down("b"), down("c")], "pass"],
    ["young nodes do not count", [...up(2), down("a"), down("b", young)], "pass"],
    ["leaving nodes do not count", [...up(2), down("a"), down("b", { leaving: true })], "pass"],
    ["two that died soon after their new pod started", [...up(18), down("a", killed), down("b", killed)], "veto"],
    ["one that did", [...up(18), down("a", killed), down("b")], "pass"],
    ["they died before", [...up(18), down("a", { podStartedAt: NOW }), down("b", { podStartedAt: NOW })], "pass"],
    [
      "they died much later",
      [...up(18), down("a", { podStartedAt: NOW - 40 * MINUTE }), down("b", { podStartedAt: NOW - 40 * MINUTE })],
      "pass",
    ],
    [
      "when they died is unknown",
      [...up(18), down("a", { readyChangedAt: undefined }), down("b", { readyChangedAt: undefined })],
      "pass",
    ],
    ["no nodes", [], "pass"],
    ["what does not count down does not count up, either", [...youngUp(27), down("a"), down("b"), up1], "veto"],
  ])("%s", (_name, nodes, want) => {
    expect(say("NodeStorm", { facts: { nodes } }).kind).toBe(want);
  });

  it.each<[string, NodeFact[], GuardResult["kind"]]>([
    ["ten minutes old counts", [...up(2), down("a"), down("b", { createdAt: NOW - 10 * MINUTE })], "veto"],
    ["ten minutes after the pod's start", [...up(18), ...died(10 * MINUTE, 10 * MINUTE)], "veto"],
    ["one of them a moment later", [...up(18), ...died(10 * MINUTE, 10 * MINUTE + 1)], "pass"],
    ["as the pod started", [...up(18), ...died(0, 0)], "veto"],
    ["one of them a moment before", [...up(18), ...died(0, -1)], "pass"],
    [
      "without a pod of the new revision",
      [...up(18), down("a", killed), down("b", { podStartedAt: undefined })],
      "pass",
    ],
    ["Ready again", [...up(18), down("a", killed), down("b", { ...killed, ready: true })], "pass"],
  ])("%s: %s", (_name, nodes, want) => {
    expect(say("NodeStorm", { facts: { nodes } }).kind).toBe(want);
  });

  it("says how many, or which", () => {
    expect(say("NodeStorm", { facts: { nodes: [...up(2), down("a"), down("b"), down("c", young)] } })).toEqual({
      kind: "veto",
      reason: "NodeStorm",
      message: "2 of 4 eligible nodes are NotReady (more than 1); the nodes come first.",
    });
    expect(say("NodeStorm", { facts: { nodes: [...up(27), ...died(0, 0), down("x")] } })).toEqual({
      kind: "veto",
      reason: "NodeStorm",
      message: "d0, d1 went NotReady within 10 min of the new pod's start there; the update may have killed the node.",
    });
  });

  it("of a critical class one node that died soon after its pod started is enough", () => {
    const nodes = [...up(18), down("a", killed)];
    const structure = aStructure({ hostPaths: [{ path: "/opt/cni/bin", writable: true, bidirectional: false }] });
    expect(say("NodeStorm", { facts: { nodes, structure } })).toMatchObject({ kind: "veto", reason: "NodeStorm" });
    expect(say("NodeStorm", { facts: { nodes: [...up(18), down("a")], structure } }).kind).toBe("pass");
  });
});
