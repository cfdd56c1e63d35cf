import { describe, expect, it } from "vitest";
import {
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  asAct,
  aTemplate,
  badImagePod,
  crashingPod,
  deadNode,
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
  someNodes,
  stoppedRollout,
  terminatingPod,
  unschedulablePod,
} from "../../../test/support/daemonset-builders.ts";
import type { Plan } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation, PodFacts } from "./facts.ts";
import { plan } from "./plan.ts";

type Given = Parameters<typeof aPlanContext>[0];

function planFor(observation: Observation, given: Given = {}): Plan {
  return plan(observation, diagnose(observation, { settings }), aPlanContext(given));
}

const healthy = anObservation();
const badImage = stoppedRollout([badImagePod("n1")]);
const oneNode = anObservation({ pods: fleet(4, [crashingPod("n2")]) });
const degraded = anObservation({ pods: fleet(4, [degradedPod("n1"), degradedPod("n2")]) });
const canary = anIntent({ node: "n1", cause: "C41", trouble: "LostReadiness", at: NOW - 5 * MINUTE });
const well = aPod("n1", { uid: "fresh", createdAt: NOW - 5 * MINUTE, readyChangedAt: NOW - 5 * MINUTE + 3 * SECOND });
const pending = stoppedRollout([neverReadyPod("n1", { createdAt: NOW - MINUTE })]);

describe("the least thing that helps", () => {
  it.each<[string, Observation, Given, Plan["kind"], string, string[]]>([
    ["healthy", healthy, {}, "nothing", "Healthy", []],
    ["still moving", pending, {}, "wait", "Progressing", []],
    ["a bad image", badImage, {}, "act", "ImageNotFound", ["rollback"]],
    [
      "a bad image, nothing proven",
      stoppedRollout(["n1", "n2", "n3"].map((node) => badImagePod(node))),
      {},
      "decline",
      "NoProvenRevision",
      [],
    ],
    [
      "a bad image, rollback only suggested",
      badImage,
      { policies: { rollback: "suggest" } },
      "decline",
      "RollbackSuggested",
      [],
    ],
    [
      "an ungated crash loop, rollback off",
      stoppedRollout([crashingPod("n1")]),
      { policies: { rollback: "off" } },
      "decline",
      "RollbackOff",
      [],
    ],
    [
      "a gated crash loop, rollback off: one canary",
      stoppedRollout([crashingPod("n1")], { daemonSet: { template: aTemplate({ gated: true }) } }),
      { policies: { rollback: "off" } },
      "act",
      "CrashLoop",
      ["delete-pod"],
    ],
    ["one bad node", oneNode, {}, "act", "OneNodeOnly", ["delete-pod"]],
    ["one bad node, tried", oneNode, { intents: [anIntent({ node: "n2" })] }, "decline", "AlreadyTried", []],
    [
      "one bad node, too young",
      anObservation({ pods: fleet(4, [crashingPod("n2", { createdAt: NOW - MINUTE })]) }),
      {},
      "wait",
      "Waiting",
      [],
    ],
    ["a failed pod", anObservation({ pods: fleet(4, [failedPod("n2")]) }), {}, "act", "PodFailed", ["delete-pod"]],
    [
      "a dead node",
      anObservation({ nodes: [...someNodes(3), deadNode("n4")], pods: fleet(4, [aPod("n4", { ready: false })]) }),
      {},
      "decline",
      "NodeDown",
      [],
    ],
    ["a stuck termination", stoppedRollout([terminatingPod("n3", HOUR)]), {}, "decline", "TerminationStuck", []],
    ["unschedulable", stoppedRollout([unschedulablePod("n2")]), {}, "decline", "Unschedulable", []],
    [
      "OnDelete",
      anObservation({
        pods: ["n1", "n2", "n3", "n4"].map((node) => oldPod(node)),
        daemonSet: { strategy: "OnDelete" },
      }),
      {},
      "decline",
      "OnDeleteOutdated",
      [],
    ],
    [
      "the controller is down",
      anObservation({ daemonSet: { generation: 9, specChangedAt: NOW - HOUR } }),
      {},
      "decline",
      "ControllerBehind",
      [],
    ],
    ["degraded: the canary first", degraded, {}, "act", "ProvenRevisionDegraded", ["delete-pod"]],
    [
      "degraded: the canary is not well yet",
      degraded,
      { intents: [{ ...canary, node: "n3", at: NOW - 30 * SECOND }] },
      "wait",
      "Waiting",
      [],
    ],
    [
      "degraded on half of the nodes, the canary healed",
      anObservation({ pods: fleet(4, [well, degradedPod("n2"), degradedPod("n3")]) }),
      { intents: [canary] },
      "act",
      "ProvenRevisionDegraded",
      ["restart"],
    ],
    [
      "degraded on fewer: the next wave",
      anObservation({ pods: fleet(8, [well, degradedPod("n2"), degradedPod("n3")]) }),
      { intents: [canary] },
      "act",
      "ProvenRevisionDegraded",
      ["delete-pod"],
    ],
    [
      "degraded, restarted once: no second restart",
      anObservation({ pods: fleet(4, [well, degradedPod("n2"), degradedPod("n3")]) }),
      { intents: [canary, anIntent({ kind: "restart", node: "", pod: "" })] },
      "act",
      "ProvenRevisionDegraded",
      ["delete-pod"],
    ],
    ["unknown", stoppedRollout([]), {}, "decline", "Unknown", []],
  ])("%s", (_name, observation, given, kind, reason, steps) => {
    const result = planFor(observation, given);
    expect(result).toMatchObject({ kind, reason });
    expect(result.kind === "act" ? result.steps.map((step) => step.kind) : []).toEqual(steps);
    // Always told, whatever is decided: what happens under steps 3 and 4 of the runbook, or why not.
    expect(result.notes.delete.length).toBeGreaterThan(5);
    expect(result.notes.template.length).toBeGreaterThan(5);
    if (kind === "decline" || kind === "wait") {
      expect(`${result.notes.delete} ${result.notes.template}`).toMatch(/not done: .+ not done: /);
    }
  });

  it("a rollback says what a deletion would not do, and needs approval unless it is automatic", () => {
    expect(asAct(planFor(badImage))).toMatchObject({ needsApproval: true, more: false });
    expect(asAct(planFor(badImage, { policies: { rollback: "auto" } })).needsApproval).toBe(false);
    expect(planFor(badImage).notes.delete).toBe("not done: a new pod of the same revision would fail the same way");
  });

  it("carries the fence of what it was planned against", () => {
    expect(asAct(planFor(oneNode)).fence).toEqual({ uid: "uid-agent", generation: 2, templateHash: "template-2" });
  });

  it("says what a deletion has shown", () => {
    expect(planFor(oneNode, { intents: [anIntent({ node: "n2" })] }).message).toMatch(
      /A fresh pod had the same trouble\.$/,
    );
    expect(planFor(oneNode, { intents: [anIntent({ node: "n3" })] }).message).toMatch(
      /Another node had the same trouble before\.$/,
    );
  });
});

describe("forced deletion", () => {
  const uid = "uid-agent-n3";
  const stuck = (overrides: Partial<PodFacts> = {}) => stoppedRollout([terminatingPod("n3", 5 * MINUTE, overrides)]);
  const approved = (...forceDelete: string[]): Given => ({ policies: { forceDelete } });

  it("of exactly the approved pod, with both preconditions", () => {
    const result = asAct(planFor(stuck(), approved(uid)));
    expect(result.steps).toHaveLength(1);
    expect(result.steps[0]).toMatchObject({
      kind: "delete-pod",
      force: true,
      pod: { uid, resourceVersion: "100" },
      node: "n3",
    });
    expect(result.reason).toBe("ForceDeleteApproved");
  });

  it.each<[string, Observation, Given]>([
    ["another uid", stuck(), approved("uid-agent-n1")],
    ["its name is no approval", stuck(), approved("agent-n3")],
    ["a finalizer", stuck({ finalizers: ["example.com/hold"] }), approved(uid)],
    ["within its grace period", stoppedRollout([terminatingPod("n3", -MINUTE)]), approved(uid)],
    ["not terminating at all", stoppedRollout([oldPod("n3")]), approved(uid)],
    ["nobody asked", stuck(), {}],
  ])("not: %s", (_name, observation, given) => {
    const result = planFor(observation, given);
    expect(result.kind === "act" && result.steps.some((step) => step.kind === "delete-pod" && step.force)).toBe(false);
  });

  it("also beside what else is wrong or still moving, because a person asked for it", () => {
    const moving = stoppedRollout([terminatingPod("n3", 5 * MINUTE), neverReadyPod("n1", { createdAt: NOW - MINUTE })]);
    expect(asAct(planFor(moving, approved(uid))).steps[0]).toMatchObject({ force: true });
  });
});

describe("the same plan", () => {
  const digestOf = (observation: Observation, given: Given = {}) => asAct(planFor(observation, given)).digest;
  const withPod = (overrides: Partial<PodFacts>) => anObservation({ pods: fleet(4, [crashingPod("n2", overrides)]) });
  const withFence = (change: object) => ({ ...oneNode, fence: { ...oneNode.fence, ...change } });

  it.each<[string, Observation]>([
    ["again", anObservation({ pods: fleet(4, [crashingPod("n2")]) })],
    ["a moment later", { ...oneNode, at: NOW + 30 * SECOND }],
    ["another resourceVersion of the pod", withPod({ resourceVersion: "101" })],
    ["another of the DaemonSet", { ...oneNode, daemonSet: { ...oneNode.daemonSet, resourceVersion: "901" } }],
    [
      "other counters",
      { ...oneNode, daemonSet: { ...oneNode.daemonSet, status: { ...oneNode.daemonSet.status, ready: 1 } } },
    ],
    [
      "one more restart",
      withPod({ containers: crashingPod("n2").containers.map((container) => ({ ...container, restartCount: 7 })) }),
    ],
    ["pods in another order", { ...oneNode, pods: [...oneNode.pods].reverse() }],
    ["nodes in another order", { ...oneNode, nodes: [...oneNode.nodes].reverse() }],
  ])("%s", (_name, other) => {
    expect(digestOf(other)).toBe(digestOf(oneNode));
  });

  it.each<[string, Observation]>([
    ["another pod of that name", withPod({ uid: "another" })],
    ["another node", anObservation({ pods: fleet(4, [crashingPod("n3")]) })],
    ["another reason", anObservation({ pods: fleet(4, [neverReadyPod("n2")]) })],
    ["another DaemonSet", withFence({ uid: "another" })],
    ["another generation", withFence({ generation: 3 })],
    ["another template", withFence({ templateHash: "template-3" })],
  ])("not: %s", (_name, other) => {
    expect(digestOf(other)).not.toBe(digestOf(oneNode));
  });

  it("not: another revision to roll back to", () => {
    const renumbered = {
      ...badImage,
      revisions: badImage.revisions.map((each) =>
        each.hash === "old" ? { ...each, name: "agent-other", templateHash: "template-0" } : each,
      ),
    };
    expect(digestOf(renumbered)).not.toBe(digestOf(badImage));
  });

  it("an approval does not depend on the policy under which it was asked for", () => {
    expect(digestOf(badImage, { policies: { rollback: "auto" } })).toBe(digestOf(badImage));
  });
});
