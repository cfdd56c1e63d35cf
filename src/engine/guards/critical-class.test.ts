import { describe, expect, it } from "vitest";
import { aStructure } from "../../../test/support/daemonset-builders.ts";
import { aPlan, deletion, restart, rollback, say, touch } from "../../../test/support/guard-input.ts";
import type { StructureFacts } from "../structure.ts";
import { classSentence } from "./critical-class.ts";
import type { ActPlan } from "./guard.ts";

const mounting = (path: string) => aStructure({ hostPaths: [{ path, writable: true, bidirectional: false }] });
const none = aStructure();
const path = mounting("/opt/cni/bin");
const driver = mounting("/var/lib/kubelet/plugins");
const buffer = mounting("/var/log");
const one = aPlan(deletion("n1"));
const two = aPlan(deletion("n1"), deletion("n2"));
const forced = aPlan(deletion("n1", { force: true }));

describe("CriticalClass", () => {
  it.each<[string, StructureFacts, ActPlan, string]>([
    ["none, two pods", none, two, "pass"],
    ["none, a restart", none, aPlan(restart), "pass"],
    ["path, one pod", path, one, "pass"],
    ["path, two pods", path, two, "veto"],
    ["path, a rollback", path, aPlan(rollback), "needs-approval"],
    ["path, a restart", path, aPlan(restart), "needs-approval"],
    ["driver, one pod", driver, one, "needs-approval"],
    ["driver, two pods", driver, two, "veto"],
    ["driver, a rollback", driver, aPlan(rollback), "needs-approval"],
    ["driver, a pod whose forced deletion a person approved", driver, forced, "pass"],
    ["buffer, a pod that runs", buffer, one, "veto"],
    ["buffer, a forced deletion", buffer, forced, "pass"],
    ["buffer, a rollback", buffer, aPlan(rollback), "pass"],
    ["buffer, a restart", buffer, aPlan(restart), "needs-approval"],
  ])("%s", (_name, structure, plan, want) => {
    expect(say("CriticalClass", { facts: { structure }, plan }).kind).toBe(want);
  });

  it("a Failed pod of a buffer may go: it holds nothing that still works", () => {
    const facts = { structure: buffer, failedPods: ["uid-n1"] };
    expect(say("CriticalClass", { facts }).kind).toBe("pass");
    expect(say("CriticalClass", { facts, plan: aPlan(deletion("n2")) }).kind).toBe("veto");
  });

  it("a driver: the command for a person goes with the question", () => {
    expect(say("CriticalClass", { facts: { structure: driver } })).toEqual({
      kind: "needs-approval",
      reason: "CriticalClass",
      message:
        "It is a mount or driver that other pods use (class driver: mounts /var/lib/kubelet/plugins of the node for writing), so a person must approve the deletion (by hand: kubectl delete pod agent-n1 -n kube-system).",
      command: "kubectl delete pod agent-n1 -n kube-system",
    });
  });

  it("a template write has no command of its own", () => {
    expect(say("CriticalClass", { facts: { structure: path }, plan: aPlan(rollback) })).toEqual({
      kind: "needs-approval",
      reason: "CriticalClass",
      message:
        "It is in the node's network path (class path: mounts /opt/cni/bin of the node for writing (CNI)), so a person must approve the rollback: roll back.",
    });
  });

  it("two pods: both commands, in the plan's order", () => {
    expect(say("CriticalClass", { facts: { structure: path }, plan: two })).toEqual({
      kind: "veto",
      reason: "CriticalClass",
      message:
        "It is in the node's network path (class path: mounts /opt/cni/bin of the node for writing (CNI)), so one pod at a time is the limit.",
      command: "kubectl delete pod agent-n1 -n kube-system; kubectl delete pod agent-n2 -n kube-system",
    });
  });

  it("two Failed pods of a buffer are still two", () => {
    const facts = { structure: buffer, failedPods: ["uid-n1", "uid-n2"] };
    expect(say("CriticalClass", { facts, plan: two }).kind).toBe("veto");
  });

  it("a forced deletion beside an ordinary one does not count as a second, and speaks for itself alone", () => {
    const both = aPlan(deletion("n1", { force: true }), deletion("n2"));
    expect(say("CriticalClass", { facts: { structure: path }, plan: both }).kind).toBe("pass");
    expect(say("CriticalClass", { facts: { structure: driver }, plan: both })).toMatchObject({
      kind: "needs-approval",
      command: "kubectl delete pod agent-n2 -n kube-system",
    });
  });

  it.each([
    ["path", path, "needs-approval"],
    ["driver", driver, "needs-approval"],
    ["buffer", buffer, "pass"],
  ] as const)("a touch makes the controller look again; class %s: %s", (_name, structure, want) => {
    expect(say("CriticalClass", { facts: { structure }, plan: aPlan(touch) }).kind).toBe(want);
  });

  it("no class, in words", () => {
    expect(classSentence({ class: "none", evidence: "" })).toBe("It is in no critical class");
  });

  it("says what decided, and the command for a person", () => {
    const result = say("CriticalClass", { facts: { structure: buffer } });
    expect(result).toMatchObject({
      reason: "CriticalClass",
      message:
        "It is a buffer whose data is lost with the pod (class buffer: mounts /var/log of the node, as log shippers do), so only Failed pods are deleted. By hand: kubectl delete pod agent-n1 -n kube-system",
    });
  });
});
