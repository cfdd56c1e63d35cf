/** `--strategy restart`: the runbook to the letter (DESIGN.md, step 4). */
import { describe, expect, it } from "vitest";
import {
  anEvent,
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  badImagePod,
  crashingPod,
  failedPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  SECOND,
  settings,
  stoppedRollout,
  unschedulablePod,
} from "../../../test/support/daemonset-builders.ts";
import type { Intent, Plan } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { plan } from "./plan.ts";

type Given = Parameters<typeof aPlanContext>[0];

function planned(observation: Observation, given: Given = {}): Plan {
  const diagnosis = diagnose(observation, { settings });
  return plan(
    observation,
    diagnosis,
    aPlanContext({ ...given, policies: { strategy: "restart", ...given?.policies } }),
  );
}

const healthy = anObservation();
const badImage = stoppedRollout([badImagePod("n1")]);
const oneNode = anObservation({ pods: fleet(4, [crashingPod("n2")]) });
const pending = stoppedRollout([neverReadyPod("n1", { createdAt: NOW - MINUTE })]);
const onDelete = anObservation({
  pods: ["n1", "n2", "n3", "n4"].map((node) => oldPod(node)),
  daemonSet: { strategy: "OnDelete" },
});
const noRight = "these rights do not include changing the template; the command is";
const back = "; the way back is kubectl rollout undo daemonset/agent -n kube-system --to-revision=1";
const restarts = "restart the rollout, paced by its update strategy";
const useless = "not done: a new pod of the same revision would fail the same way";
const deleted = anIntent({ node: "n2" });
const restarted = anIntent({ kind: "restart", node: "", pod: "" });
const awaited = anIntent({ node: "n3", trouble: "Other", at: NOW - 30 * SECOND });

function steps(result: Plan): string[] {
  return result.kind === "act" ? result.steps.map(({ kind }) => kind) : [];
}

describe("what is wrong is deleted where that can help, and then the rollout is restarted", () => {
  it.each<[string, Observation, Given, { kind: Plan["kind"]; reason: string; steps: string[] }, Plan["notes"]]>([
    [
      "deletes first",
      oneNode,
      {},
      { kind: "act", reason: "StrategyRestart", steps: ["delete-pod"] },
      {
        delete: "delete pod agent-n2 on n2 gracefully (the first one; its replacement must stay available)",
        template: restarts,
      },
    ],
    [
      "deletes only, where no restart may be",
      oneNode,
      { mayPatchTemplate: false },
      { kind: "act", reason: "OneNodeOnly", steps: ["delete-pod"] },
      {
        delete: "delete pod agent-n2 on n2 gracefully (the first one; its replacement must stay available)",
        template: `not done: ${noRight} kubectl rollout restart daemonset/agent -n kube-system`,
      },
    ],
    [
      "then waits for the replacement",
      oneNode,
      { intents: [awaited] },
      { kind: "wait", reason: "Waiting", steps: [] },
      { delete: "not done: the replacement on n3 has not been available for long enough yet", template: restarts },
    ],
    [
      "then restarts",
      oneNode,
      { intents: [deleted] },
      { kind: "act", reason: "StrategyRestart", steps: ["restart"] },
      {
        delete: "not done: the pod on n2 was already re-created for the same reason and a fresh one has it again",
        template: restarts,
      },
    ],
    [
      "restarts although the image is bad",
      badImage,
      {},
      { kind: "act", reason: "StrategyRestart", steps: ["restart"] },
      { delete: useless, template: `${restarts}${back}` },
    ],
    [
      "restarts where no deletion is even tried",
      stoppedRollout([unschedulablePod("n2")]),
      {},
      { kind: "act", reason: "StrategyRestart", steps: ["restart"] },
      { delete: "not done: a new pod would be as unschedulable as this one", template: `${restarts}${back}` },
    ],
    [
      "once",
      badImage,
      { intents: [restarted] },
      { kind: "decline", reason: "AlreadyRestarted", steps: [] },
      { delete: useless, template: "not done: this template was already restarted once in this episode" },
    ],
    [
      "never without the right",
      badImage,
      { mayPatchTemplate: false },
      { kind: "decline", reason: "MissingRight", steps: [] },
      {
        delete: useless,
        template: `not done: ${noRight} kubectl rollout restart daemonset/agent -n kube-system`,
      },
    ],
    [
      "never under OnDelete",
      onDelete,
      {},
      { kind: "decline", reason: "OnDelete", steps: [] },
      {
        delete: "not done: under OnDelete a person decides when each pod gets the new template",
        template: "not done: under OnDelete a restart replaces no pod",
      },
    ],
    [
      "never while pods cannot be created",
      stoppedRollout([], {
        pods: fleet(4, [], oldPod).slice(1),
        podlessSince: { n1: NOW - HOUR },
        events: [anEvent({ message: "exceeded quota" })],
      }),
      {},
      { kind: "decline", reason: "CreationFailing", steps: [] },
      {
        delete: "not done: pods cannot be created at present; a deleted one would not come back",
        template: "not done: pods cannot be created at present; a restart would lose healthy ones",
      },
    ],
    [
      "never while the controller is down",
      anObservation({ daemonSet: { generation: 9, specChangedAt: NOW - HOUR } }),
      {},
      { kind: "decline", reason: "ControllerBehind", steps: [] },
      {
        delete: "not done: the controller does not act at present",
        template: "not done: the controller has not observed the last spec; another one would only queue",
      },
    ],
    [
      "never while it is being deleted",
      anObservation({ daemonSet: { deleting: true } }),
      {},
      { kind: "decline", reason: "BeingDeleted", steps: [] },
      { delete: "not done: the DaemonSet is being deleted", template: "not done: the DaemonSet is being deleted" },
    ],
  ])("%s", (_name, observation, given, want, notes) => {
    const result = planned(observation, given);
    expect({ kind: result.kind, reason: result.reason, steps: steps(result) }).toEqual(want);
    expect(result.notes).toEqual(notes);
    if (result.kind === "wait") expect(result.recheckAfterMs).toBe(1000);
    else expect(result.message).toBe(diagnose(observation, { settings }).message);
    // After the deletions there is still the restart to come; nobody is asked, for the strategy itself was chosen.
    if (result.kind === "act")
      expect(result).toMatchObject({ more: want.steps[0] === "delete-pod", needsApproval: false });
  });

  it("nothing while it still moves", () => {
    expect(planned(pending)).toMatchObject({ kind: "wait", reason: "Progressing" });
  });

  it("what is for a person alone is never deleted, though a deletion of others may be", () => {
    const pods = fleet(8, [failedPod("n2"), unschedulablePod("n3")]);
    const result = planned(anObservation({ pods }));
    expect(steps(result)).toEqual(["delete-pod"]);
    expect(result).toMatchObject({ steps: [{ node: "n2" }] });
  });
});

describe("the restart that is owed after a deletion that was enough", () => {
  const well = aPod("n2", { uid: "fresh", createdAt: NOW - 9 * MINUTE, readyChangedAt: NOW - 8 * MINUTE });
  const healed = anObservation({ pods: fleet(4, [well]) });

  it("is made", () => {
    expect(planned(healed, { intents: [deleted] })).toMatchObject({
      kind: "act",
      reason: "StrategyRestart",
      message: "All 4 pods are up to date and available.",
      steps: [{ kind: "restart", reason: "StrategyRestart", summary: restarts }],
      more: false,
      needsApproval: false,
      notes: { delete: "done: its pods run again", template: restarts },
    });
  });

  it.each<[string, Intent[], Given]>([
    ["nothing was deleted", [], {}],
    ["it was made", [deleted, restarted], {}],
    ["the deletion was of an earlier DaemonSet of this name", [{ ...deleted, uid: "before" }], {}],
    ["the deletion was for another template", [{ ...deleted, templateHash: "template-1" }], {}],
    ["what was done was no deletion", [{ ...deleted, kind: "touch" }], {}],
    ["the deletion came to nothing, as the pod shows", [{ ...deleted, pod: well.uid, at: NOW - HOUR }], {}],
    ["the strategy is another", [deleted], { policies: { strategy: "guided" } }],
    ["these rights do not allow it", [deleted], { mayPatchTemplate: false }],
  ])("is none where %s", (_name, intents, given) => {
    expect(planned(healed, { ...given, intents })).toEqual({
      kind: "nothing",
      reason: "Healthy",
      message: "All 4 pods are up to date and available.",
      notes: { delete: "not needed", template: "not needed" },
    });
  });

  it("is none of a DaemonSet on which nothing was ever done", () => {
    expect(planned(healthy)).toMatchObject({ kind: "nothing" });
  });
});
