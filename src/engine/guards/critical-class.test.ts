import { describe, expect, it } from "vitest";
import { aStructure } from "../../../test/support/daemonset-builders.ts";
import { aPlan, deletion, restart, rollback, say } from "../../../test/support/guard-input.ts";
import type { StructureFacts } from "../structure.ts";
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

  it("says what decided, and the command for a person", () => {
    const result = say("CriticalClass", { facts: { structure: buffer } });
    expect(result).toMatchObject({
      reason: "CriticalClass",
      message:
        "It is a buffer whose data is lost with the pod (class buffer: mounts /var/log of the node, as log shippers do), so only Failed pods are deleted. By hand: kubectl delete pod agent-n1 -n kube-system",
    });
  });
});
