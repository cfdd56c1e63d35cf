/** Arbitrary clusters for property tests: every kind of node and pod trouble, mixed, with a ledger and policies. */
import fc from "fast-check";
import { settingsFor } from "../../src/engine/settings.ts";
import type { Intent, PlanContext, Settings } from "../../src/engine/types.ts";
import type { NodeFacts, Observation, PodFacts } from "../../src/remedies/daemonset-rollout/facts.ts";
import {
  aNode,
  anEvent,
  anIntent,
  anObservation,
  aPod,
  aRevision,
  aTemplate,
  badImagePod,
  crashingPod,
  degradedPod,
  failedPod,
  flappingPod,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  oldRevision,
  SECOND,
  terminatingPod,
  unschedulablePod,
  waitingPod,
} from "./daemonset-builders.ts";

export interface Cluster {
  observation: Observation;
  context: PlanContext;
}

type PodMaker = (node: string) => PodFacts[];

const PODS: Readonly<Record<string, PodMaker>> = {
  none: () => [],
  good: (node) => [aPod(node)],
  fresh: (node) => [aPod(node, { createdAt: NOW - 20 * SECOND, readyChangedAt: NOW - 10 * SECOND })],
  old: (node) => [oldPod(node)],
  oldBroken: (node) => [oldPod(node, { ready: false })],
  otherRevision: (node) => [oldPod(node, { revisionHash: "older" })],
  starting: (node) => [neverReadyPod(node, { createdAt: NOW - 30 * SECOND })],
  badImage: (node) => [badImagePod(node)],
  registry: (node) => [waitingPod(node, { reason: "ErrImagePull", message: "i/o timeout" })],
  crash: (node) => [crashingPod(node)],
  youngCrash: (node) => [crashingPod(node, { createdAt: NOW - MINUTE })],
  neverReady: (node) => [neverReadyPod(node)],
  degraded: (node) => [degradedPod(node)],
  flapping: (node) => [flappingPod(node)],
  failed: (node) => [failedPod(node)],
  succeeded: (node) => [failedPod(node, { phase: "Succeeded", reason: "" })],
  config: (node) => [waitingPod(node, { reason: "CreateContainerConfigError", message: "configmap not found" })],
  creating: (node) => [waitingPod(node, { reason: "ContainerCreating" })],
  unschedulable: (node) => [unschedulablePod(node)],
  ending: (node) => [terminatingPod(node, -20 * SECOND)],
  stuck: (node) => [terminatingPod(node, 5 * MINUTE)],
  held: (node) => [terminatingPod(node, 5 * MINUTE, { finalizers: ["example.com/hold"] })],
  finalizer: (node) => [crashingPod(node, { finalizers: ["example.com/hold"] })],
  two: (node) => [oldPod(node), badImagePod(node, { uid: `second-${node}`, name: `second-${node}` })],
};

const NODES: Readonly<Record<string, Partial<NodeFacts>>> = {
  ready: {},
  pressed: { pressures: ["DiskPressure"] },
  dead: { ready: "Unknown", readyChangedAt: NOW - 20 * MINUTE },
  tainted: { taints: [{ key: "maint", effect: "NoSchedule" }] },
  leaving: { taints: [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" }] },
  young: { createdAt: NOW - MINUTE },
};

function weighted(names: readonly string[], favourite: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(favourite) },
    { weight: 2, arbitrary: fc.constantFrom(...names) },
  );
}

/** Most nodes alike, some not: rollouts fail in patterns, and pure noise would seldom reach a plan. */
const slots = fc
  .record({
    common: fc.constantFrom("good", "old", "degraded", "badImage", "failed", "crash"),
    size: fc.integer({ min: 1, max: 24 }),
  })
  .chain(({ common, size }) =>
    fc.array(fc.record({ pod: weighted(Object.keys(PODS), common), node: weighted(Object.keys(NODES), "ready") }), {
      minLength: size,
      maxLength: size,
    }),
  );

const intents: fc.Arbitrary<Intent[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom<Intent["kind"][]>("delete-pod", "delete-pod", "restart", "rollback"),
      node: fc.integer({ min: 1, max: 24 }).map((n) => `n${n}`),
      trouble: fc.constantFrom("CrashLoop", "LostReadiness", "PodFailed", "NeverReady", "Flapping"),
      templateHash: fc.constantFrom("template-2", "template-2", "template-1"),
      at: fc.integer({ min: 1, max: 300 }).map((minutes) => NOW - minutes * MINUTE),
    })
    .map((parts) => anIntent({ ...parts, pod: `before-${parts.node}` })),
  { maxLength: 3 },
);

const daemonSet = fc.record({
  strategy: fc.oneof({ weight: 5, arbitrary: fc.constant("RollingUpdate" as const) }, fc.constant("OnDelete" as const)),
  maxUnavailable: fc.constantFrom<(number | string)[]>(1, 2, 5, "10%", "50%", "100%"),
  minReadySeconds: fc.constantFrom(0, 0, 30),
  generation: fc.constantFrom(2, 2, 2, 2, 3),
  deleting: fc.constantFrom(false, false, false, false, false, true),
  gated: fc.boolean(),
  currentHash: fc.constantFrom("new", "new", "new", "new", ""),
});

const revisionMadeAt = fc.constantFrom(NOW - 25 * MINUTE, NOW - 25 * MINUTE, NOW - 3 * HOUR);

const policies = fc.record({
  strategy: fc.constantFrom<("guided" | "restart")[]>("guided", "guided", "restart"),
  rollback: fc.constantFrom<("off" | "suggest" | "approve" | "auto")[]>("off", "suggest", "approve", "auto"),
  delete: fc.constantFrom<("on" | "off")[]>("on", "on", "on", "off"),
  forceDelete: fc.subarray(["uid-agent-n1", "uid-agent-n2", "uid-agent-n3", "uid-agent-n4"]),
});

const mixed: fc.Arbitrary<Cluster> = fc
  .record({
    slots,
    daemonSet,
    revisionMadeAt,
    intents,
    policies,
    settings: fc.constantFrom<Settings[]>(settingsFor("normal"), settingsFor("fast")),
    mayPatchTemplate: fc.constantFrom(true, true, true, false),
    failedCreate: fc.boolean(),
    orphan: fc.boolean(),
  })
  .map((parts) => {
    const nodes = parts.slots.map(({ node }, index) => aNode(`n${index + 1}`, NODES[node]));
    const pods = parts.slots.flatMap(({ pod }, index) => PODS[pod]?.(`n${index + 1}`) ?? []);
    const podless = nodes.map(({ name }) => name).filter((name) => pods.every(({ node }) => node !== name));
    const { gated, ...own } = parts.daemonSet;
    const observation = anObservation({
      nodes,
      pods: parts.orphan ? [...pods, oldPod("gone")] : pods,
      revisions: [
        oldRevision({ name: "agent-older", hash: "older", number: 0, templateHash: "template-0" }),
        oldRevision(),
        aRevision({ createdAt: parts.revisionMadeAt }),
      ],
      daemonSet: { ...own, template: aTemplate({ gated }), specChangedAt: parts.revisionMadeAt },
      orphanedSince: parts.orphan ? { "uid-agent-gone": NOW - MINUTE } : {},
      podlessSince: Object.fromEntries(podless.map((name) => [name, NOW - 3 * MINUTE])),
      events: parts.failedCreate ? [anEvent({ message: "exceeded quota" })] : [],
    });
    const { settings, mayPatchTemplate } = parts;
    return { observation, context: { policies: parts.policies, settings, intents: parts.intents, mayPatchTemplate } };
  });

/** A large fleet whose canary has healed, so that waves may follow. */
const afterCanary: fc.Arbitrary<Cluster> = fc
  .record({
    size: fc.integer({ min: 15, max: 45 }),
    trouble: fc.constantFrom("failed", "degraded"),
    troubled: fc.integer({ min: 1, max: 8 }),
    onTheWay: fc.integer({ min: 0, max: 3 }),
    maxUnavailable: fc.constantFrom<(number | string)[]>(1, 3, "50%"),
    settings: fc.constantFrom<Settings[]>(settingsFor("normal"), settingsFor("fast")),
  })
  .map(({ size, trouble, troubled, onTheWay, maxUnavailable, settings }) => {
    const names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    const kindOf = (index: number): string => {
      if (index > 0 && index <= troubled) return trouble;
      return index > troubled && index <= troubled + onTheWay ? "ending" : "good";
    };
    const observation = anObservation({
      nodes: names.map((name) => aNode(name)),
      pods: names.flatMap((name, index) => PODS[kindOf(index)]?.(name) ?? []),
      daemonSet: { maxUnavailable },
    });
    const canary = anIntent({ node: "n1", trouble: trouble === "failed" ? "PodFailed" : "LostReadiness" });
    const policies = { strategy: "guided", rollback: "approve", delete: "on", forceDelete: [] } as const;
    return { observation, context: { policies, settings, intents: [canary], mayPatchTemplate: true } };
  });

/** A rollout that stopped at its first pods, on a fleet that ran well: most rollbacks come from here. */
const stopped: fc.Arbitrary<Cluster> = fc
  .record({
    size: fc.integer({ min: 4, max: 8 }),
    troubles: fc.array(fc.constantFrom("badImage", "crash", "neverReady", "config", "good"), {
      minLength: 1,
      maxLength: 2,
    }),
    dead: fc.boolean(),
    wasRolledBack: fc.boolean(),
    policies,
    mayPatchTemplate: fc.constantFrom(true, true, false),
    settings: fc.constantFrom<Settings[]>(settingsFor("normal"), settingsFor("fast")),
  })
  .map(({ size, troubles, dead, wasRolledBack, settings, mayPatchTemplate, policies: given }) => {
    const names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    const observation = anObservation({
      nodes: names.map((name) => aNode(name, dead && name === `n${size}` ? NODES.dead : {})),
      pods: names.flatMap((name, index) => PODS[troubles[index] ?? "old"]?.(name) ?? []),
      revisions: [oldRevision(), aRevision({ createdAt: NOW - 25 * MINUTE })],
      daemonSet: { specChangedAt: NOW - 25 * MINUTE },
    });
    const intents = wasRolledBack ? [anIntent({ kind: "rollback", node: "", pod: "" })] : [];
    return { observation, context: { policies: given, settings, intents, mayPatchTemplate } };
  });

/** All pods run, and the status has not followed for some time. */
const staleStatus: fc.Arbitrary<Cluster> = fc
  .record({
    forMs: fc.integer({ min: 0, max: 10 * MINUTE }),
    misscheduled: fc.integer({ min: 0, max: 2 }),
    strategy: fc.constantFrom<("RollingUpdate" | "OnDelete")[]>("RollingUpdate", "OnDelete"),
    touchedAt: fc.constantFrom(undefined, undefined, 1, 2),
    mayPatchTemplate: fc.boolean(),
    policies: policies,
  })
  .map(({ forMs, misscheduled, strategy, touchedAt, mayPatchTemplate, policies: given }) => {
    const status = { desired: 4, current: 4, updated: 4, ready: 4, available: 3, misscheduled };
    const observation = anObservation({ staleSince: NOW - forMs, daemonSet: { status, strategy } });
    const intents =
      touchedAt === undefined ? [] : [anIntent({ kind: "touch", node: "", pod: "", generation: touchedAt })];
    return { observation, context: { policies: given, settings: settingsFor("normal"), intents, mayPatchTemplate } };
  });

/** A cluster, and what a plan for it may know and do. */
export const anyCluster: fc.Arbitrary<Cluster> = fc.oneof(
  { weight: 6, arbitrary: mixed },
  { weight: 1, arbitrary: afterCanary },
  { weight: 1, arbitrary: stopped },
  { weight: 1, arbitrary: staleStatus },
);
