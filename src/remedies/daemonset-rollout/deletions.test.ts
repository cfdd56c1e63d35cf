import { describe, expect, it } from "vitest";
import {
  anEvent,
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  aTemplate,
  badImagePod,
  crashingPod,
  DAY,
  degradedPod,
  failedPod,
  flappingPod,
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
  waitingPod,
} from "../../../test/support/daemonset-builders.ts";
import { settingsFor } from "../../engine/settings.ts";
import type { Intent, PlanContext } from "../../engine/types.ts";
import type { Deletions } from "./deletions.ts";
import { canaryOutcome, deletionsFor } from "./deletions.ts";
import { assess } from "./diagnose.ts";
import type { Observation, PodFacts } from "./facts.ts";

function deletions(observation: Observation, context: Partial<PlanContext> = {}): Deletions {
  const assessment = assess(observation, context.settings ?? settings);
  const group = assessment.groups[0];
  if (!group) throw new Error(`no group: ${assessment.diagnosis.message}`);
  return deletionsFor(group, assessment, aPlanContext(context));
}

function names(result: Deletions): string[] {
  return result.kind === "delete" ? result.steps.map(({ pod }) => pod.name) : [];
}

const oneCrash = anObservation({ pods: fleet(4, [crashingPod("n2")]) });
const nodes = (count: number) => Array.from({ length: count }, (_, i) => `n${i + 1}`);
const failing = (count: number, of: number, scene = {}) =>
  anObservation({
    pods: fleet(
      of,
      nodes(count).map((node) => failedPod(node)),
    ),
    ...scene,
  });
/** A pod that replaced one we deleted `agoMs` ago and has been available since shortly after. */
const healed = (node: string, agoMs: number, overrides: Partial<PodFacts> = {}) =>
  aPod(node, {
    uid: `fresh-${node}`,
    createdAt: NOW - agoMs + SECOND,
    readyChangedAt: NOW - agoMs + 3 * SECOND,
    ...overrides,
  });

describe("a step", () => {
  it("names the pod by uid and resourceVersion, gracefully", () => {
    const result = deletions(oneCrash);
    expect(result).toMatchObject({
      kind: "delete",
      of: "OneNodeOnly",
      more: false,
      steps: [
        {
          kind: "delete-pod",
          pod: { namespace: "kube-system", name: "agent-n2", uid: "uid-agent-n2", resourceVersion: "100" },
          node: "n2",
          reason: "CrashLoop",
          trouble: "CrashLoop",
          force: false,
        },
      ],
    });
    expect(result.kind === "delete" && result.steps[0]?.summary).toMatch(
      /delete pod agent-n2 on n2 gracefully \(the first one/,
    );
  });
});

describe("refusals", () => {
  const off = { policies: { ...aPlanContext().policies, delete: "off" as const } };
  const young = crashingPod("n2", { createdAt: NOW - MINUTE });
  const podless = anObservation({
    nodes: someNodes(5),
    pods: fleet(4, [crashingPod("n2")]),
    podlessSince: { n5: NOW - HOUR },
    events: [anEvent({ message: "exceeded quota" })],
  });
  const tried = anIntent({ node: "n2", at: NOW - HOUR });

  it.each<[string, Observation, Partial<PlanContext>, string]>([
    ["deletions are off", oneCrash, off, "DeletionsOff"],
    ["pods cannot be created", podless, {}, "CreationFailing"],
    [
      "OnDelete",
      anObservation({ pods: fleet(4, [crashingPod("n2")]), daemonSet: { strategy: "OnDelete" } }),
      {},
      "OnDelete",
    ],
    ["a new pod would fail the same way", stoppedRollout([badImagePod("n1")]), {}, "DeletionUseless"],
    [
      "a missing reference",
      stoppedRollout([waitingPod("n1", { reason: "CreateContainerConfigError" })]),
      {},
      "DeletionUseless",
    ],
    [
      "a finalizer",
      anObservation({ pods: fleet(4, [crashingPod("n2", { finalizers: ["example.com/hold"] })]) }),
      {},
      "FinalizerHolds",
    ],
    ["the revision runs nowhere, and nothing gates it", stoppedRollout([crashingPod("n1")]), {}, "RevisionUnproven"],
    [
      "gated, but it was tried once",
      stoppedRollout([crashingPod("n1")], { daemonSet: { template: aTemplate({ gated: true }) } }),
      { intents: [anIntent({ node: "n4", trouble: "NeverReady" })] },
      "RevisionUnproven",
    ],
    ["tried on this node for this reason", oneCrash, { intents: [tried] }, "AlreadyTried"],
    [
      "the same reason on a second node",
      oneCrash,
      { intents: [anIntent({ node: "n3", at: NOW - HOUR })] },
      "SameReasonElsewhere",
    ],
  ])("%s", (_name, observation, context, reason) => {
    const result = deletions(observation, context);
    expect(result).toMatchObject({ kind: "none", reason });
    expect(result.kind === "none" && result.message.length).toBeGreaterThan(10);
  });

  it("an age below the start-up allowance only waits", () => {
    const result = deletions(anObservation({ pods: fleet(4, [young]) }));
    expect(result).toMatchObject({ kind: "wait", recheckAfterMs: 4 * MINUTE + 500 });
  });

  it("a Failed pod has no allowance; readiness that was just lost may come back", () => {
    expect(names(deletions(anObservation({ pods: fleet(4, [failedPod("n2", { createdAt: NOW - SECOND })]) })))).toEqual(
      ["agent-n2"],
    );
    const quick = degradedPod("n2", {
      createdAt: NOW - MINUTE,
      readyChangedAt: NOW - 5 * SECOND,
      containers: [
        { ...degradedPod("n2").containers[0], runningSince: NOW - 50 * SECOND } as PodFacts["containers"][number],
      ],
    });
    expect(deletions(anObservation({ pods: fleet(4, [quick]) }))).toMatchObject({
      kind: "wait",
      recheckAfterMs: 4 * MINUTE + 55 * SECOND + 500,
    });
  });

  it("a startupProbe's allowance is waited for", () => {
    const template = aTemplate({ startupAllowanceMs: 30 * MINUTE });
    expect(deletions(anObservation({ pods: fleet(4, [crashingPod("n2")]), daemonSet: { template } })).kind).toBe(
      "wait",
    );
  });

  it("never a Ready pod; one that keeps ending is awaited", () => {
    expect(deletions(anObservation({ pods: fleet(4, [flappingPod("n2")]) }))).toMatchObject({ kind: "wait" });
    const ready = crashingPod("n2", { ready: true });
    const assessment = assess(anObservation({ pods: fleet(4, [crashingPod("n2")]) }), settings);
    const group = assessment.groups[0];
    if (!group) throw new Error("no group");
    const members = group.pods.map((member) => ({ ...member, pod: ready }));
    expect(deletionsFor({ ...group, pods: members }, assessment, aPlanContext())).toMatchObject({
      kind: "wait",
      message: "agent-n2 is Ready at present",
    });
  });

  it("a gated template may be tried once although it runs nowhere", () => {
    const observation = stoppedRollout([crashingPod("n1")], { daemonSet: { template: aTemplate({ gated: true }) } });
    expect(names(deletions(observation))).toEqual(["agent-n1"]);
  });
});

describe("what the ledger remembers", () => {
  it.each<[string, Partial<Intent>, object]>([
    ["this node, this reason", {}, { kind: "none", reason: "AlreadyTried" }],
    ["the replacement has another trouble", { trouble: "NeverReady" }, { kind: "none", reason: "ReplacementFailing" }],
    ["the same pod is still there", { trouble: "NeverReady", pod: "uid-agent-n2" }, { kind: "wait" }],
    ["another template", { templateHash: "template-1" }, { kind: "delete" }],
    ["another DaemonSet of that name", { uid: "before" }, { kind: "delete" }],
    ["a rollback is no deletion", { kind: "rollback" }, { kind: "delete" }],
  ])("%s", (_name, intent, want) => {
    expect(deletions(oneCrash, { intents: [anIntent({ node: "n2", at: NOW - HOUR, ...intent })] })).toMatchObject(want);
  });
});

describe("canary and waves", () => {
  it("a node that is gone gets no replacement to wait for", () => {
    const observation = anObservation({ pods: fleet(20, [crashingPod("n2")]), daemonSet: { maxUnavailable: 2 } });
    const gone = anIntent({ node: "gone", trouble: "NeverReady", at: NOW - HOUR });
    expect(names(deletions(observation, { intents: [gone] }))).toEqual(["agent-n2"]);
  });

  it("the first is one pod, whatever the budget", () => {
    const result = deletions(failing(10, 40, { daemonSet: { maxUnavailable: "50%" } }));
    expect(names(result)).toEqual(["agent-n1"]);
    expect(result.kind === "delete" && result.more).toBe(true);
  });

  it("nothing more while its replacement is missing, not available, or not for long enough", () => {
    const intents = [anIntent({ node: "n1", trouble: "PodFailed", at: NOW - 2 * MINUTE })];
    const rest = nodes(10)
      .slice(1)
      .map((node) => failedPod(node));
    const withFirst = (first: PodFacts[]) =>
      anObservation({
        nodes: someNodes(40),
        pods: fleet(40, [...first, ...rest]).filter(({ node }) => first.length > 0 || node !== "n1"),
      });
    expect(deletions(withFirst([]), { intents }).kind).toBe("wait");
    expect(
      deletions(withFirst([neverReadyPod("n1", { uid: "fresh", createdAt: NOW - MINUTE })]), { intents }).kind,
    ).toBe("wait");
    expect(
      deletions(withFirst([healed("n1", 2 * MINUTE, { readyChangedAt: NOW - 59 * SECOND })]), { intents }).kind,
    ).toBe("wait");
    expect(names(deletions(withFirst([healed("n1", 2 * MINUTE)]), { intents }))).not.toEqual([]);
  });

  it.each<[string, number | string, number, number]>([
    ["maxUnavailable", 2, 40, 2],
    ["a tenth of the fleet", "50%", 40, 4],
    ["at least one", "10%", 5, 1],
    ["never more than twenty", "50%", 300, 20],
  ])("then waves within %s", (_name, maxUnavailable, size, want) => {
    const special = [
      healed("n1", 10 * MINUTE),
      ...nodes(Math.min(size, 60))
        .slice(1)
        .map((node) => failedPod(node)),
    ];
    const observation = anObservation({ pods: fleet(size, special), daemonSet: { maxUnavailable } });
    const intents = [anIntent({ node: "n1", trouble: "PodFailed" })];
    expect(names(deletions(observation, { intents }))).toHaveLength(want);
  });

  it("pods that are on their way count against the wave, whoever deleted them", () => {
    const special = [
      healed("n1", 10 * MINUTE),
      terminatingPod("n2", -20 * SECOND),
      neverReadyPod("n3", { createdAt: NOW - MINUTE }),
      ...nodes(12)
        .slice(3)
        .map((node) => failedPod(node)),
    ];
    const intents = [anIntent({ node: "n1", trouble: "PodFailed" })];
    const scene = { daemonSet: { maxUnavailable: 4 } };
    expect(names(deletions(anObservation({ pods: fleet(40, special), ...scene }), { intents }))).toHaveLength(2);
    const podless = anObservation({
      nodes: someNodes(42),
      pods: fleet(40, special),
      podlessSince: { n41: NOW, n42: NOW },
      ...scene,
    });
    expect(deletions(podless, { intents })).toMatchObject({
      kind: "wait",
      message: "4 pods are already on their way; at most 4 may be",
    });
  });

  it("the first one waits for room, too", () => {
    const observation = anObservation({ pods: fleet(10, [failedPod("n1"), terminatingPod("n2", -SECOND)]) });
    expect(deletions(observation).kind).toBe("wait");
  });

  it("nodes come in order, so that the same facts give the same wave", () => {
    const special = [healed("n1", 10 * MINUTE), failedPod("n9"), failedPod("n3"), failedPod("n5")];
    const observation = anObservation({ pods: fleet(40, special), daemonSet: { maxUnavailable: 2 } });
    const intents = [anIntent({ node: "n1", trouble: "PodFailed" })];
    expect(names(deletions(observation, { intents }))).toEqual(["agent-n3", "agent-n5"]);
  });

  it("a pod of an older revision on the way in counts as any other", () => {
    const special = [
      healed("n1", 10 * MINUTE),
      failedPod("n2"),
      oldPod("n3", { createdAt: NOW - MINUTE, ready: false }),
    ];
    const intents = [anIntent({ node: "n1", trouble: "PodFailed" })];
    expect(deletions(anObservation({ pods: fleet(10, special) }), { intents }).kind).toBe("wait");
  });
});

describe("the canary's outcome", () => {
  const here = (pods: PodFacts[]) => assess(anObservation({ pods: fleet(4, pods) }), settings).here;
  const intent = anIntent({ node: "n1", trouble: "LostReadiness" });
  it.each<[string, PodFacts[], Intent[], string]>([
    ["none was made", [degradedPod("n2")], [], "none"],
    ["its replacement is well", [healed("n1", 10 * MINUTE), degradedPod("n2")], [intent], "healed"],
    ["its replacement is not", [degradedPod("n1"), degradedPod("n2")], [intent], "pending"],
    ["it is still there itself", [aPod("n1", { uid: intent.pod }), degradedPod("n2")], [intent], "pending"],
    [
      "its replacement is going",
      [healed("n1", 10 * MINUTE, { deletionDeadline: NOW + MINUTE }), degradedPod("n2")],
      [intent],
      "pending",
    ],
    ["one of yesterday does not count", [aPod("n1"), degradedPod("n2")], [{ ...intent, at: NOW - 20 * HOUR }], "none"],
    ["another template's does not count", [degradedPod("n2")], [{ ...intent, templateHash: "template-1" }], "none"],
    [
      "one of two is well",
      [healed("n1", 10 * MINUTE), degradedPod("n2")],
      [intent, { ...intent, node: "n2" }],
      "pending",
    ],
  ])("%s", (_name, pods, intents, want) => {
    const now = here(pods);
    expect(canaryOutcome(now, intents, { pods: now.bad })).toBe(want);
  });
});

describe("age of the memory", () => {
  it("ends with the episode: a pod made long after the deletion is not the one that replaced the deleted one", () => {
    const quick = settingsFor("fast");
    const intents = [anIntent({ node: "n2", at: NOW - 21 * MINUTE })];
    expect(deletions(oneCrash, { intents, settings: quick })).toMatchObject({ kind: "delete" });
  });

  it("is the ledger's business: whatever it still holds counts", () => {
    const old = anIntent({ node: "n2", at: NOW - DAY + MINUTE });
    expect(deletions(oneCrash, { intents: [old] })).toMatchObject({ kind: "none", reason: "AlreadyTried" });
  });
});
