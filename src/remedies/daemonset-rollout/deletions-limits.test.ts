/** Each limit of a deletion at its edge, and the words of each refusal. */
import { describe, expect, it } from "vitest";
import {
  anEvent,
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  aTemplate,
  badImagePod,
  changed,
  crashingPod,
  DAY,
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
} from "../../../test/support/daemonset-builders.ts";
import type { PlanContext } from "../../engine/types.ts";
import type { Deletions } from "./deletions.ts";
import { canaryOutcome, deletionsFor } from "./deletions.ts";
import { assess } from "./diagnose.ts";
import type { Observation, PodFacts } from "./facts.ts";

function deletions(observation: Observation, context: Partial<PlanContext> = {}): Deletions {
  const assessment = assess(observation, settings);
  const group = assessment.groups[0];
  if (!group) throw new Error(`no group: ${assessment.diagnosis.message}`);
  return deletionsFor(group, assessment, aPlanContext(context));
}

const nodesOf = (result: Deletions) => (result.kind === "delete" ? result.steps.map(({ node }) => node) : result.kind);
const one = (pod: PodFacts, scene = {}) => anObservation({ pods: fleet(4, [pod]), ...scene });
const oneCrash = one(crashingPod("n2"));
const healed = (node: string, agoMs: number, overrides: Partial<PodFacts> = {}) =>
  aPod(node, {
    uid: `fresh-${node}`,
    createdAt: NOW - agoMs + SECOND,
    readyChangedAt: NOW - agoMs + 3 * SECOND,
    ...overrides,
  });

describe("the words of a refusal", () => {
  const cordon = [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" as const }];
  const cordoned = someNodes(4).map((node) => (node.name === "n2" ? { ...node, taints: cordon } : node));

  it.each<[string, Observation, Partial<PlanContext>, string]>([
    [
      "DeletionsOff",
      oneCrash,
      { policies: { ...aPlanContext().policies, delete: "off" } },
      "deletions are switched off by policy",
    ],
    [
      "CreationFailing",
      one(crashingPod("n2"), {
        nodes: someNodes(5),
        podlessSince: { n5: NOW - HOUR },
        events: [anEvent({ message: "exceeded quota" })],
      }),
      {},
      "pods cannot be created at present; a deleted one would not come back",
    ],
    [
      "OnDelete",
      one(crashingPod("n2"), { daemonSet: { strategy: "OnDelete" } }),
      {},
      "under OnDelete a deletion would also change the pod's template; that is a person's decision",
    ],
    [
      "DeletionUseless",
      stoppedRollout([badImagePod("n1")]),
      {},
      "a new pod of the same revision would fail the same way",
    ],
    [
      "FinalizerHolds",
      one(crashingPod("n2", { finalizers: ["example.com/hold"] })),
      {},
      "agent-n2 has a finalizer and would not go",
    ],
    [
      "NodeLeaving",
      one(crashingPod("n2"), { nodes: cordoned }),
      {},
      "n2 is cordoned or about to go, and its pods with it",
    ],
    [
      "RevisionUnproven",
      stoppedRollout([crashingPod("n1")]),
      {},
      "the revision of agent-n1 runs on no other node; re-creating it could walk a bad revision through the fleet",
    ],
    [
      "AlreadyTried",
      oneCrash,
      { intents: [anIntent({ node: "n2", at: NOW - HOUR })] },
      "the pod on n2 was already re-created for the same reason and a fresh one has it again",
    ],
    [
      "ReplacementFailing",
      oneCrash,
      { intents: [anIntent({ node: "n2", trouble: "NeverReady", at: NOW - HOUR })] },
      "the pod that replaced a deleted one on n2 container main keeps ending: exit code 1; deleting does not help",
    ],
  ])("%s", (reason, observation, context, message) => {
    expect(deletions(observation, context)).toEqual({ kind: "none", reason, message });
  });

  it.each<[string, Observation, Partial<PlanContext>, string, number]>([
    [
      "one that was just made",
      one(crashingPod("n2", { createdAt: NOW - MINUTE })),
      {},
      "agent-n2 was created 60 s ago, its start-up allowance is 300 s",
      4 * MINUTE + 500,
    ],
    [
      "one that just lost readiness",
      one(degradedPod("n2", { readyChangedAt: NOW - 2 * MINUTE })),
      {},
      "agent-n2 lost readiness 120 s ago, its start-up allowance is 300 s",
      3 * MINUTE + 500,
    ],
    [
      "one that another run deletes",
      oneCrash,
      { intents: [anIntent({ node: "n2", pod: "uid-agent-n2", at: NOW - SECOND })] },
      "agent-n2 is being deleted by another run",
      1000,
    ],
    [
      "a replacement",
      oneCrash,
      { intents: [anIntent({ node: "n4", trouble: "NeverReady", at: NOW - 30 * SECOND })] },
      "the replacement on n4 has not been available for long enough yet",
      1000,
    ],
  ])("%s is waited for", (_name, observation, context, message, recheckAfterMs) => {
    expect(deletions(observation, context)).toEqual({ kind: "wait", message, recheckAfterMs });
  });

  it("of several young pods the oldest is looked at again first, and never sooner than in a second", () => {
    const young = (node: string, ms: number) => degradedPod(node, { readyChangedAt: NOW - ms });
    const fleetOf = (a: number, b: number) => anObservation({ pods: fleet(4, [young("n1", a), young("n2", b)]) });
    expect(deletions(fleetOf(2 * MINUTE, 3 * MINUTE))).toMatchObject({ recheckAfterMs: 2 * MINUTE + 500 });
    expect(deletions(fleetOf(5 * MINUTE - 100, MINUTE))).toMatchObject({ kind: "wait", recheckAfterMs: 1000 });
  });
});

describe("the edges", () => {
  it("of the start-up allowance", () => {
    const aged = (ms: number) => one(crashingPod("n2", { createdAt: NOW - ms }));
    expect(deletions(aged(5 * MINUTE - 1)).kind).toBe("wait");
    expect(nodesOf(deletions(aged(5 * MINUTE)))).toEqual(["n2"]);
  });

  it("of the soak that a replacement must last", () => {
    const observation = (ms: number) =>
      anObservation({
        pods: fleet(40, [healed("n1", 10 * MINUTE, { readyChangedAt: NOW - ms }), failedPod("n2")]),
      });
    const intents = [anIntent({ node: "n1", trouble: "PodFailed" })];
    expect(deletions(observation(MINUTE - 1), { intents }).kind).toBe("wait");
    expect(nodesOf(deletions(observation(MINUTE), { intents }))).toEqual(["n2"]);
  });

  it("of an episode: the newest pod of the node tells whether the deletion is of this one", () => {
    const intents = [anIntent({ node: "n2", at: NOW - DAY - 20 * MINUTE })];
    const aged = (createdAt: number) => one(crashingPod("n2", { createdAt }));
    expect(deletions(aged(NOW - 20 * MINUTE - 1), { intents })).toMatchObject({ reason: "AlreadyTried" });
    expect(deletions(aged(NOW - 20 * MINUTE), { intents }).kind).toBe("delete");
  });

  it("a deletion is a canary of this trouble from the moment on at which it began", () => {
    const pods = fleet(4, [healed("n1", 10 * MINUTE), degradedPod("n2"), degradedPod("n3")]);
    const { here } = assess(anObservation({ pods }), settings);
    const outcome = (at: number) => canaryOutcome(here, [anIntent({ node: "n1", at })], { pods: here.bad });
    expect(outcome(NOW - 10 * MINUTE)).toBe("healed");
    expect(outcome(NOW - 10 * MINUTE - 1)).toBe("none");
  });

  it("a replacement of another revision heals nothing", () => {
    const old = oldPod("n1", { uid: "fresh", createdAt: NOW - 9 * MINUTE, readyChangedAt: NOW - 8 * MINUTE });
    const { here } = assess(anObservation({ pods: fleet(4, [old, degradedPod("n2")]) }), settings);
    expect(canaryOutcome(here, [anIntent()], { pods: here.bad })).toBe("pending");
  });
});

describe("which pods go", () => {
  const intents = [anIntent({ node: "n1", trouble: "PodFailed" })];

  it("says that more follow where some are left, and for a mass failure always", () => {
    const scene = { daemonSet: { maxUnavailable: 2 } };
    const wave = (...nodes: string[]) =>
      deletions(
        anObservation({
          pods: fleet(40, [healed("n1", 10 * MINUTE), ...nodes.map((node) => failedPod(node))]),
          ...scene,
        }),
        { intents },
      );
    expect(wave("n2", "n3")).toMatchObject({ kind: "delete", more: false });
    expect(wave("n2", "n3", "n4")).toMatchObject({ kind: "delete", more: true });
    expect(deletions(anObservation({ pods: fleet(4, [degradedPod("n1"), degradedPod("n2")]) }))).toMatchObject({
      kind: "delete",
      more: true,
    });
  });

  it("says which one is the first, and of no later one", () => {
    const first = deletions(oneCrash);
    expect(first.kind === "delete" && first.steps[0]?.summary).toBe(
      "delete pod agent-n2 on n2 gracefully (the first one; its replacement must stay available)",
    );
    const later = deletions(anObservation({ pods: fleet(40, [healed("n1", 10 * MINUTE), failedPod("n2")]) }), {
      intents,
    });
    expect(later.kind === "delete" && later.steps[0]?.summary).toBe("delete pod agent-n2 on n2 gracefully");
  });

  it("a pod without finalizers goes although another has one", () => {
    const held = failedPod("n2", { finalizers: ["example.com/hold"] });
    expect(nodesOf(deletions(anObservation({ pods: fleet(8, [held, failedPod("n3")]) })))).toEqual(["n3"]);
  });

  it("a crash on one node needs proof from another: a pod on its own node is none", () => {
    const twin = aPod("n1", { uid: "twin", createdAt: NOW - HOUR });
    const observation = stoppedRollout([], { pods: [twin, ...fleet(4, [crashingPod("n1")], oldPod)] });
    const assessment = assess(observation, settings);
    const member = assessment.here.bad[0];
    const group = assessment.groups[0];
    if (!member || !group) throw new Error("no trouble found");
    expect(assessment.here.good.map(({ node }) => node)).toEqual(["n1"]);
    const alone = { ...group, kind: "one-node" as const, pods: [member] };
    expect(deletionsFor(alone, { ...assessment, groups: [alone] }, aPlanContext())).toMatchObject({
      reason: "RevisionUnproven",
    });
  });

  it("one that ran elsewhere and lost readiness is proof, one that never ran is none", () => {
    const { groups, ...assessment } = assess(
      anObservation({ pods: [degradedPod("n1"), degradedPod("n2"), degradedPod("n3"), degradedPod("n4")] }),
      settings,
    );
    const group = groups[0];
    if (!group) throw new Error("no group");
    expect(nodesOf(deletionsFor(group, { ...assessment, groups }, aPlanContext()))).toEqual(["n1"]);
    const never = changed(assessment.here.bad, (bad) => {
      for (const { trouble } of bad) trouble.ranBefore = false;
    });
    const here = { ...assessment.here, bad: never };
    expect(deletionsFor(group, { ...assessment, groups, here }, aPlanContext())).toMatchObject({
      reason: "RevisionUnproven",
    });
  });

  it("a gated template is tried once only", () => {
    const template = aTemplate({ gated: true });
    const observation = stoppedRollout([crashingPod("n1")], { daemonSet: { template } });
    expect(nodesOf(deletions(observation))).toEqual(["n1"]);
    const readiness = stoppedRollout([neverReadyPod("n1")], { daemonSet: { template } });
    expect(deletions(readiness)).toMatchObject({ reason: "DeletionUseless" });
  });
});
