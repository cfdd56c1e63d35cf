/** What a plan tells under the runbook's steps 3 and 4, and as its sentence. */
import { describe, expect, it } from "vitest";
import { causeFixtures } from "../../../test/support/cause-fixtures.ts";
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
  terminatingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Plan } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { plan } from "./plan.ts";

type Given = Parameters<typeof aPlanContext>[0];

function planned(observation: Observation, given: Given = {}): Plan {
  return plan(observation, diagnose(observation, { settings }), aPlanContext(given));
}

const off: Given = { policies: { rollback: "off" } };
const undo = "kubectl rollout undo daemonset/agent -n kube-system --to-revision=1";
const noRestart = "not done: a restart helps against none of this";
const useless = "not done: a new pod of the same revision would fail the same way";
const sameBroken = "not done: a restart would write a new revision of the same broken template";
const nodesWork = `not done: the revision is good on the other nodes; a restart would re-create healthy pods and leave this node as it is`;

describe("why nothing is deleted, by cause", () => {
  it.each<[string, string]>([
    ["C02", "a new pod would meet the same trouble"],
    ["C03", "a new pod would meet the same trouble"],
    ["C13", "a new pod would be as unschedulable as this one"],
    ["C15", "a pod on a dead node cannot be replaced before the node is repaired or removed"],
    ["C16", "a pod on a dead node cannot be replaced before the node is repaired or removed"],
    ["C17", "the pod is already being deleted; only its node can finish that"],
    ["C18", "the pod is already being deleted; its finalizer's owner must release it"],
    ["C19", "a new pod would meet the same trouble"],
    ["C20", "pods cannot be created at present; a deleted one would not come back"],
    ["C21", "pods cannot be created at present; a deleted one would not come back"],
    ["C24", "under OnDelete a person decides when each pod gets the new template"],
    ["C25", "deleting the older pod would break what maxSurge promises"],
    ["C26", "the pod would not come back; covering these nodes is a person's decision"],
    ["C27", "the controller deletes them itself; whether these nodes should be selected is a person's decision"],
    ["C28", "a new pod would be as little built for that node"],
    ["C29", "the new pod would begin to count anew"],
    ["C30", "the controller does not act at present"],
    ["C31", "the controller does not act on this DaemonSet at present"],
    ["C32", "the DaemonSet is being deleted"],
    ["C38", "the controller removes what is too many itself once it works"],
    ["C39", "a new pod would be as unschedulable as this one"],
    ["C42", "a new pod would meet the same trouble"],
  ])("%s: %s, and no template is written", (id, why) => {
    const observation = causeFixtures[id];
    if (!observation) throw new Error(`no fixture ${id}`);
    const result = planned(observation);
    const diagnosis = diagnose(observation, { settings });
    expect(result).toEqual({
      kind: "decline",
      reason: diagnosis.reason,
      message: diagnosis.message,
      notes: { delete: `not done: ${why}`, template: noRestart },
    });
  });

  it.each<[string, string]>([
    ["C33", "every new pod gets what admission injects, so nothing is deleted and no template written"],
    ["C34", "every new pod may pull the broken image, so nothing is deleted and no template written"],
    ["C37", "others change the template in turn, so nothing is written"],
  ])("%s forbids both: %s", (id, why) => {
    const observation = causeFixtures[id];
    if (!observation) throw new Error(`no fixture ${id}`);
    const result = planned(observation);
    expect(result).toMatchObject({ kind: "decline", reason: diagnose(observation, { settings }).reason });
    expect(result.notes).toEqual({ delete: `not done: ${why}`, template: `${noRestart}; ${why}` });
  });
});

describe("the notes of what is done", () => {
  const well = aPod("n1", { uid: "fresh", createdAt: NOW - 5 * MINUTE, readyChangedAt: NOW - 5 * MINUTE + 3 * SECOND });
  const canary = anIntent({ node: "n1", cause: "C41", trouble: "LostReadiness", at: NOW - 5 * MINUTE });
  const noAccount = {
    pods: fleet(4, [], oldPod).slice(1),
    podlessSince: { n1: NOW - HOUR },
    events: [anEvent({ message: "error looking up service account kube-system/nope" })],
    daemonSet: { template: aTemplate({ admission: anAdmission({ serviceAccount: "nope" }) }) },
  };
  const first = (name: string, node: string) =>
    `delete pod ${name} on ${node} gracefully (the first one; its replacement must stay available)`;

  it.each<[string, Observation, Given, { delete: string; template: string }]>([
    ["nothing is wrong", anObservation(), {}, { delete: "not needed", template: "not needed" }],
    [
      "a rollback",
      stoppedRollout([badImagePod("n1")]),
      {},
      {
        delete: useless,
        template: `roll back from revision 2 to revision 1, which restarts no available pod (${undo})`,
      },
    ],
    [
      "a rollback because pods cannot be created",
      stoppedRollout([], noAccount),
      {},
      {
        delete: useless,
        template: `roll back from revision 2 to revision 1, which restarts no available pod (${undo})`,
      },
    ],
    [
      "that rollback is off",
      stoppedRollout([], noAccount),
      off,
      {
        delete: "not done: pods cannot be created at present; a deleted one would not come back",
        template: `${noRestart}; rollback is switched off by policy; the command is ${undo}`,
      },
    ],
    [
      "a bad image, rollback off",
      stoppedRollout([badImagePod("n1")]),
      off,
      {
        delete: useless,
        template: `${sameBroken}; rollback is switched off by policy; the command is ${undo}`,
      },
    ],
    [
      "a crash loop that no deletion may touch",
      stoppedRollout([crashingPod("n1")]),
      off,
      {
        delete:
          "not done: the revision of agent-n1 runs on no other node; re-creating it could walk a bad revision through the fleet",
        template: `${sameBroken}; rollback is switched off by policy; the command is ${undo}`,
      },
    ],
    [
      "a deletion on one node",
      anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
      {},
      { delete: first("agent-n2", "n2"), template: nodesWork },
    ],
    [
      "a canary",
      anObservation({ pods: fleet(4, [degradedPod("n1"), degradedPod("n2")]) }),
      {},
      {
        delete: first("agent-n1", "n1"),
        template: "not done: first one fresh pod must show that re-creation helps",
      },
    ],
    [
      "a restart after the canary",
      anObservation({ pods: fleet(4, [well, degradedPod("n2"), degradedPod("n3")]) }),
      { intents: [canary] },
      {
        delete: "done: the first replacement stays available, so the rest is left to the controller's own pace",
        template: "restart the rollout, paced by its update strategy",
      },
    ],
    [
      "a wave of several",
      anObservation({
        pods: fleet(20, [well, ...["n2", "n3", "n4"].map((node) => failedPod(node))]),
        daemonSet: { maxUnavailable: 2 },
      }),
      { intents: [{ ...canary, trouble: "PodFailed" }] },
      {
        delete: "delete pod agent-n2 on n2 gracefully; delete pod agent-n3 on n3 gracefully",
        template: noRestart,
      },
    ],
    [
      "a forced deletion",
      stoppedRollout([terminatingPod("n3", 5 * MINUTE)]),
      { policies: { forceDelete: ["uid-agent-n3"] } },
      {
        delete: "delete pod agent-n3 on n3 without waiting for its node (approved by uid uid-agent-n3)",
        template: "not needed",
      },
    ],
  ])("%s", (_name, observation, given, notes) => {
    expect(planned(observation, given).notes).toEqual(notes);
  });

  it("whatever waits says for what and how long", () => {
    const moving = stoppedRollout([neverReadyPod("n1", { createdAt: NOW - MINUTE })]);
    const message = "1 of 4 pods are up to date and 3 are available; pod agent-n1 on n1 is starting.";
    expect(planned(moving)).toMatchObject({
      kind: "wait",
      message,
      notes: {
        delete: `not done: ${message}`,
        template: "not done: the rollout is still moving; a restart would begin it anew",
      },
    });
    const young = anObservation({ pods: fleet(4, [crashingPod("n2", { createdAt: NOW - MINUTE })]) });
    const age = "agent-n2 was created 60 s ago, its start-up allowance is 300 s";
    expect(planned(young)).toEqual({
      kind: "wait",
      reason: "Waiting",
      message: age,
      recheckAfterMs: 4 * MINUTE + 500,
      notes: { delete: `not done: ${age}`, template: nodesWork },
    });
  });
});
