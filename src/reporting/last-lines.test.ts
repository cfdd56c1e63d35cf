import { describe, expect, it } from "vitest";
import { deletion, rollback } from "../../test/support/fake-run.ts";
import type { Outcome } from "../engine/run-types.ts";
import type { Finding, ObservationBase, Step, Verdict } from "../engine/types.ts";
import { lastLines } from "./last-lines.ts";

const finding: Finding = {
  cause: "C01",
  reason: "ImageNotFound",
  message: "No image.",
  evidence: [],
  pods: [],
  nodes: [],
  commands: ["kubectl first", "kubectl second"],
};
const restart: Step = { kind: "restart", reason: "r", summary: "restart" };

function lines(
  verdict: Partial<Verdict>,
  given: { steps?: Step[]; finding?: Finding | undefined; remediation?: string } = {},
) {
  const outcome: Outcome<ObservationBase> = {
    verdict: { kind: "declined", reason: "NodeDown", message: "It was declined.", ...verdict },
    first: undefined,
    last: undefined,
    actedOn: undefined,
    guards: [],
    intents: [],
    writes: (given.steps ?? []).map((step) => ({ at: 0, step, generation: 1 })),
  };
  return lastLines({
    outcome,
    finding: "finding" in given ? given.finding : finding,
    target: { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
    remediation: given.remediation ?? "",
    namespace: "openfero",
  });
}

describe("the last two lines", () => {
  it.each<[string, Partial<Verdict>, Parameters<typeof lines>[1], string]>([
    ["recovered without a write", { kind: "recovered" }, {}, "nothing to do"],
    [
      "managed by others: never our own command, which would be undone",
      { reason: "ManagedByOthers", message: "Change the Application." },
      {},
      "kubectl get daemonset/agent -n kube-system -o yaml --show-managed-fields   # Change the Application.",
    ],
    [
      "the target was deleted: nothing is left to fix",
      { kind: "failed", reason: "TargetGone", message: "It was deleted." },
      { steps: [rollback] },
      "kubectl get daemonsets -n kube-system   # It was deleted.",
    ],
    [
      "managed by others, who have a command: after what is to be changed",
      { reason: "ManagedByOthers", message: "Change the source first.", command: "argocd app sync shop" },
      {},
      "argocd app sync shop   # Change the source first.",
    ],
    [
      "what a guard names",
      {
        reason: "DependencyUnhealthy",
        message: "The CNI comes first.",
        command: "kubectl describe daemonset/cni -n kube-system",
      },
      {},
      "kubectl describe daemonset/cni -n kube-system   # DependencyUnhealthy",
    ],
    [
      "recovered by a deletion",
      { kind: "recovered" },
      { steps: [deletion()] },
      "kubectl delete pod agent-n1 -n kube-system   # done",
    ],
    [
      "recovered by force",
      { kind: "recovered" },
      { steps: [{ ...deletion(), force: true } as Step] },
      "kubectl delete pod agent-n1 -n kube-system --grace-period=0 --force   # done",
    ],
    [
      "recovered by two writes",
      { kind: "recovered" },
      { steps: [deletion(), restart] },
      "kubectl delete pod agent-n1 -n kube-system; kubectl rollout restart daemonset/agent -n kube-system   # done",
    ],
    [
      "recovered by a rollback",
      { kind: "recovered" },
      { steps: [rollback] },
      "kubectl rollout undo daemonset/agent -n kube-system --to-revision=1   # done",
    ],
    [
      "recovered by a touch",
      { kind: "recovered" },
      { steps: [{ kind: "touch", reason: "StatusStale", summary: "touch" }] },
      "kubectl annotate daemonset/agent -n kube-system --overwrite operarius.openfero.io/touched-at=now   # done",
    ],
    [
      "approval on the record",
      { kind: "awaiting-approval", planDigest: "abc" },
      { remediation: "rem-1" },
      `kubectl patch remediation rem-1 -n openfero --type merge -p '{"spec":{"approval":{"decision":"approve","planDigest":"abc"}}}'`,
    ],
    ["approval without a record", { kind: "awaiting-approval", planDigest: "abc" }, {}, "kubectl first"],
    ["declined", {}, {}, "kubectl first"],
    ["no finding", {}, { finding: undefined }, "kubectl describe daemonset/agent -n kube-system"],
    [
      "interrupted",
      { kind: "failed", reason: "Interrupted" },
      {},
      "operarius heal daemonset agent -n kube-system   # goes on where this stopped",
    ],
  ])("%s", (_name, verdict, given, fix) => {
    expect(lines(verdict, given).fix).toBe(fix);
  });

  it("the cause is the finding's, else the verdict's", () => {
    expect(lines({}).cause).toBe("C01 ImageNotFound: No image.");
    expect(lines({}, { finding: undefined }).cause).toBe("It was declined.");
  });

  it("every other command is for a person, none twice", () => {
    expect(lines({}).next).toEqual(["kubectl second"]);
    expect(lines({ kind: "awaiting-approval", planDigest: "abc" }, { remediation: "rem-1" }).next).toEqual([
      "kubectl first",
      "kubectl second",
    ]);
    expect(lines({ kind: "recovered" }).next).toEqual([]);
  });
});
