import { describe, expect, it } from "vitest";
import type { Scene } from "../../../test/support/daemonset-builders.ts";
import {
  anAdmission,
  anEvent,
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  aTemplate,
  badImagePod,
  crashingPod,
  degradedPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  settings,
  stoppedRollout,
} from "../../../test/support/daemonset-builders.ts";
import type { Intent, Policies } from "../../engine/types.ts";
import { assess } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import type { Template } from "./template-writes.ts";
import { restartStep, rollbackFor } from "./template-writes.ts";

interface Given {
  policies?: Partial<Policies>;
  intents?: Intent[];
  mayPatchTemplate?: boolean;
}

function rollback(observation: Observation, given: Given = {}): Template {
  const assessment = assess(observation, settings);
  const fault = assessment.groups.find(({ kind }) => kind === "revision-fault");
  return rollbackFor(assessment, fault, aPlanContext(given));
}

function restart(observation: Observation, given: Given = {}): Template {
  return restartStep(assess(observation, settings), aPlanContext(given), "StrategyRestart");
}

const bad = stoppedRollout([badImagePod("n1")]);
const rolledBack = (templateHash: string) => anIntent({ kind: "rollback", templateHash, node: "", pod: "" });
const podless = (message: string, scene: Scene = {}) =>
  stoppedRollout([], {
    pods: fleet(4, [], oldPod).slice(1),
    podlessSince: { n1: NOW - HOUR },
    events: [anEvent({ message })],
    ...scene,
  });
const noAccount = "error looking up service account kube-system/nope";

describe("rollback", () => {
  it("goes to the proven revision by number and hash, and says what it restarts", () => {
    expect(rollback(bad)).toEqual({
      kind: "step",
      needsApproval: true,
      step: {
        kind: "rollback",
        reason: "ImageNotFound",
        revision: { name: "agent-old", number: 1, templateHash: "template-1" },
        restartsAvailable: 0,
        summary:
          "roll back from revision 2 to revision 1, which restarts no available pod (kubectl rollout undo daemonset/agent -n kube-system --to-revision=1)",
      },
    });
  });

  it.each<[string, Observation, Given, string, RegExp]>([
    [
      "the template is not at fault",
      anObservation({ pods: fleet(4, [crashingPod("n1")]) }),
      {},
      "TemplateNotAtFault",
      /would change nothing/,
    ],
    [
      "pods cannot be created whatever the template",
      stoppedRollout([badImagePod("n2")], {
        pods: fleet(4, [badImagePod("n2")], oldPod).slice(0, 3),
        podlessSince: { n4: NOW - HOUR },
        events: [anEvent({ message: "exceeded quota" })],
      }),
      {},
      "CreationFailing",
      /repair that first/,
    ],
    [
      "OnDelete",
      stoppedRollout([badImagePod("n1")], { daemonSet: { strategy: "OnDelete" } }),
      {},
      "OnDelete",
      /replaces no pod/,
    ],
    [
      "nothing is proven",
      stoppedRollout(["n1", "n2", "n3"].map((node) => badImagePod(node))),
      {},
      "NoProvenRevision",
      /no other revision is proven/,
    ],
    [
      "done once for this template",
      bad,
      { intents: [rolledBack("template-2")] },
      "AlreadyRolledBack",
      /find out who re-applies it/,
    ],
    [
      "the proven one was itself rolled back from",
      bad,
      { intents: [rolledBack("template-1")] },
      "RolledBackFrom",
      /revision 1 is itself one/,
    ],
    ["off", bad, { policies: { rollback: "off" } }, "RollbackOff", /--to-revision=1/],
    ["only suggested", bad, { policies: { rollback: "suggest" } }, "RollbackSuggested", /--to-revision=1/],
    ["no right to", bad, { mayPatchTemplate: false }, "MissingRight", /--to-revision=1/],
  ])("refused: %s", (_name, observation, given, reason, message) => {
    const result = rollback(observation, given);
    expect(result).toMatchObject({ kind: "refused", reason });
    expect(result.kind === "refused" && result.message).toMatch(message);
  });

  it("another target's rollback does not count, nor what was no rollback or away from a third template", () => {
    for (const intent of [
      { ...rolledBack("template-2"), uid: "before" },
      anIntent({ kind: "restart" }),
      anIntent({ templateHash: "template-1" }),
      rolledBack("template-0"),
    ])
      expect(rollback(bad, { intents: [intent] }).kind).toBe("step");
  });

  it.each<[string, Observation, Policies["rollback"], number, boolean]>([
    ["auto restarts no available pod", bad, "auto", 0, false],
    ["approve always asks", bad, "approve", 0, true],
    [
      "auto asks when it restarts an available pod of a third revision",
      stoppedRollout([badImagePod("n1"), oldPod("n2", { revisionHash: "older" })]),
      "auto",
      1,
      true,
    ],
    [
      "auto asks while one on its way out is still available",
      stoppedRollout([badImagePod("n1"), aPod("n2", { deletionDeadline: NOW + MINUTE })]),
      "auto",
      1,
      true,
    ],
  ])("%s", (_name, observation, policy, restartsAvailable, needsApproval) => {
    const result = rollback(observation, { policies: { rollback: policy } });
    expect(result).toMatchObject({ kind: "step", needsApproval, step: { restartsAvailable } });
    const what = restartsAvailable === 0 ? "no available pod" : "1 available pod";
    expect(result.kind === "step" && result.step.summary).toContain(`, which restarts ${what} (kubectl`);
  });

  it("also where the template makes creation fail", () => {
    const template = aTemplate({ admission: anAdmission({ serviceAccount: "nope" }) });
    expect(rollback(podless(noAccount, { daemonSet: { template } }))).toMatchObject({
      kind: "step",
      step: { reason: "ServiceAccountMissing" },
    });
    expect(rollback(podless(noAccount))).toMatchObject({ kind: "refused", reason: "TemplateNotAtFault" });
  });
});

describe("restart", () => {
  it("prints the way back", () => {
    expect(restart(bad)).toEqual({
      kind: "step",
      needsApproval: false,
      step: {
        kind: "restart",
        reason: "StrategyRestart",
        summary:
          "restart the rollout, paced by its update strategy; the way back is kubectl rollout undo daemonset/agent -n kube-system --to-revision=1",
      },
    });
  });

  it.each<[string, Observation, Given, string]>([
    ["being deleted", anObservation({ daemonSet: { deleting: true } }), {}, "BeingDeleted"],
    [
      "the spec was not observed",
      anObservation({ daemonSet: { generation: 9, specChangedAt: NOW - HOUR } }),
      {},
      "ControllerBehind",
    ],
    [
      "the controller refuses it",
      anObservation({
        daemonSet: { generation: 9, specChangedAt: NOW - HOUR },
        controllerSeenAt: NOW - MINUTE,
      }),
      {},
      "ControllerBehind",
    ],
    ["OnDelete", stoppedRollout([neverReadyPod("n1")], { daemonSet: { strategy: "OnDelete" } }), {}, "OnDelete"],
    ["pods cannot be created", podless("exceeded quota"), {}, "CreationFailing"],
    ["done once", bad, { intents: [anIntent({ kind: "restart" })] }, "AlreadyRestarted"],
    ["no right to", bad, { mayPatchTemplate: false }, "MissingRight"],
  ])("refused: %s", (_name, observation, given, reason) => {
    expect(restart(observation, given)).toMatchObject({ kind: "refused", reason });
  });

  it("once for each template", () => {
    for (const intent of [
      anIntent({ kind: "restart", templateHash: "template-1" }),
      anIntent({ kind: "restart", uid: "before" }),
      anIntent(),
    ])
      expect(restart(bad, { intents: [intent] }).kind).toBe("step");
    expect(restart(anObservation({ pods: fleet(4, [degradedPod("n1"), degradedPod("n2")]) })).kind).toBe("step");
  });
});
