/**
 * Observations for tests of the DaemonSet remedy, all relative to one fixed `NOW`. Nothing is shared: every call gives
 * fresh values. By default four nodes run the present revision "new" (number 2) after a good rollout from "old" (1).
 */
import { settingsFor } from "../../src/engine/settings.ts";
import type { StructureFacts } from "../../src/engine/structure.ts";
import type { GuardFacts, Intent, Plan, PlanContext, Policies } from "../../src/engine/types.ts";
import type {
  AdmissionFacts,
  ContainerFacts,
  DaemonSetFacts,
  EventFacts,
  NodeFacts,
  Observation,
  PodFacts,
  RevisionFacts,
  TemplateFacts,
} from "../../src/remedies/daemonset-rollout/facts.ts";

export const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const UID = "uid-agent";
export const settings = settingsFor("normal");

export function aNode(name: string, overrides: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name,
    createdAt: NOW - 30 * DAY,
    ready: "True",
    readyChangedAt: NOW - 30 * DAY,
    pressures: [],
    taints: [],
    labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" },
    info: {
      architecture: "amd64",
      operatingSystem: "linux",
      osImage: "Debian GNU/Linux 13",
      kernel: "6.12.1",
      runtime: "containerd://2.1.0",
      kubelet: "v1.33.0",
    },
    ...overrides,
  };
}

export function someNodes(count: number): NodeFacts[] {
  return Array.from({ length: count }, (_, index) => aNode(`n${index + 1}`));
}

export function deadNode(name: string, overrides: Partial<NodeFacts> = {}): NodeFacts {
  return aNode(name, { ready: "Unknown", readyChangedAt: NOW - 20 * MINUTE, ...overrides });
}

export function aContainer(overrides: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    name: "main",
    init: false,
    image: "app:ok-2",
    imageId: "sha256:2",
    ready: true,
    restartCount: 0,
    runningSince: NOW - 2 * HOUR,
    ...overrides,
  };
}

/** A pod of the present revision that has been available for two hours. */
export function aPod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  return {
    name: `agent-${node}`,
    namespace: "kube-system",
    uid: `uid-agent-${node}`,
    resourceVersion: "100",
    node,
    bound: true,
    revisionHash: "new",
    createdAt: NOW - 2 * HOUR - 10 * SECOND,
    phase: "Running",
    reason: "",
    message: "",
    ready: true,
    readyChangedAt: NOW - 2 * HOUR + 2 * SECOND,
    readyReason: "",
    finalizers: [],
    containers: [aContainer()],
    specs: { main: "spec-2" },
    ...overrides,
  };
}

/** A pod of the revision before, available since long before the present one was made. */
export function oldPod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  return aPod(node, {
    revisionHash: "old",
    specs: { main: "spec-1" },
    createdAt: NOW - 5 * DAY,
    readyChangedAt: NOW - 5 * DAY + 5 * SECOND,
    containers: [aContainer({ image: "app:ok-1", imageId: "sha256:1", runningSince: NOW - 5 * DAY })],
    ...overrides,
  });
}

/** A pod of the present revision that waits with this reason and message, `ageMs` old. */
export function waitingPod(
  node: string,
  waiting: { reason: string; message?: string; ageMs?: number },
  overrides: Partial<PodFacts> = {},
): PodFacts {
  const createdAt = NOW - (waiting.ageMs ?? 20 * MINUTE);
  const { runningSince: _none, ...container } = aContainer({ ready: false });
  return aPod(node, {
    phase: "Pending",
    ready: false,
    readyReason: "ContainersNotReady",
    createdAt,
    readyChangedAt: createdAt,
    containers: [{ ...container, waiting: { reason: waiting.reason, message: waiting.message ?? "" } }],
    ...overrides,
  });
}

export function badImagePod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  const message = 'Back-off pulling image "app:bad-2": ErrImagePull: rpc error: code = NotFound desc = not found';
  return waitingPod(node, { reason: "ImagePullBackOff", message }, overrides);
}

export function crashingPod(node: string, overrides: Partial<PodFacts> = {}, exitCode = 1): PodFacts {
  const { runningSince: _none, ...container } = aContainer({ ready: false, restartCount: 6 });
  const createdAt = NOW - 20 * MINUTE;
  return aPod(node, {
    ready: false,
    readyReason: "ContainersNotReady",
    createdAt,
    readyChangedAt: createdAt,
    containers: [
      {
        ...container,
        waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container=main" },
        lastTerminated: {
          exitCode,
          reason: "Error",
          startedAt: NOW - 2 * MINUTE - 3 * SECOND,
          finishedAt: NOW - 2 * MINUTE,
        },
      },
    ],
    ...overrides,
  });
}

export function neverReadyPod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  const createdAt = NOW - 20 * MINUTE;
  return aPod(node, {
    ready: false,
    readyReason: "ContainersNotReady",
    createdAt,
    readyChangedAt: createdAt,
    containers: [aContainer({ ready: false, runningSince: createdAt + 2 * SECOND })],
    ...overrides,
  });
}

/** Was Ready for two hours and lost it ten minutes ago, without a restart. */
export function degradedPod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  return aPod(node, {
    ready: false,
    readyReason: "ContainersNotReady",
    readyChangedAt: NOW - 10 * MINUTE,
    containers: [aContainer({ ready: false })],
    ...overrides,
  });
}

/** Ready now, but it ended again and again, last a minute ago. */
export function flappingPod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  return aPod(node, {
    readyChangedAt: NOW - 30 * SECOND,
    containers: [
      aContainer({
        restartCount: 9,
        runningSince: NOW - 35 * SECOND,
        lastTerminated: { exitCode: 1, reason: "Error", startedAt: NOW - 90 * SECOND, finishedAt: NOW - 50 * SECOND },
      }),
    ],
    ...overrides,
  });
}

export function failedPod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  return aPod(node, {
    phase: "Failed",
    reason: "Evicted",
    message: "The node was low on resource: ephemeral-storage.",
    ready: false,
    readyChangedAt: NOW - 10 * MINUTE,
    containers: [],
    ...overrides,
  });
}

/** Terminating; its deadline was `overdueMs` ago (negative: still to come). */
export function terminatingPod(node: string, overdueMs: number, overrides: Partial<PodFacts> = {}): PodFacts {
  return oldPod(node, { deletionDeadline: NOW - overdueMs, ...overrides });
}

export function unschedulablePod(node: string, overrides: Partial<PodFacts> = {}): PodFacts {
  const createdAt = NOW - 20 * MINUTE;
  const { readyChangedAt: _none, ...pod } = aPod(node);
  return {
    ...pod,
    bound: false,
    phase: "Pending",
    ready: false,
    createdAt,
    containers: [],
    unscheduled: {
      reason: "Unschedulable",
      message: "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    },
    ...overrides,
  };
}

export function anAdmission(overrides: Partial<AdmissionFacts> = {}): AdmissionFacts {
  return {
    serviceAccount: "agent",
    priorityClass: "",
    runtimeClass: "",
    pullSecrets: "",
    hostPorts: "",
    cpuMilli: 100,
    memoryBytes: 2 ** 27,
    requests: "requests-1",
    security: "security-1",
    ...overrides,
  };
}

/** A pod that does nothing to its node. */
export function aStructure(overrides: Partial<StructureFacts> = {}): StructureFacts {
  return {
    hostPaths: [],
    hostPorts: [],
    hostNetwork: false,
    privileged: false,
    capabilities: [],
    scratchBytes: 0,
    ...overrides,
  };
}

/** What guards judge by: four Ready nodes, trouble on n1, applied by kubectl. */
export function someGuardFacts(overrides: Partial<GuardFacts> = {}): GuardFacts {
  return {
    namespace: "kube-system",
    name: "agent",
    annotations: {},
    labels: {},
    namespaceAnnotations: {},
    controller: "",
    templateManagers: ["kubectl-client-side-apply"],
    structure: aStructure(),
    images: ["app:ok-2"],
    updateStrategy: "RollingUpdate",
    desired: 4,
    failedPods: [],
    nodes: Array.from({ length: 4 }, (_, index) => aNodeFact(`n${index + 1}`)),
    troubledNodes: ["n1"],
    ...overrides,
  };
}

/** One of its nodes: old, Ready, with a pod of the current revision that has run for two hours. */
export function aNodeFact(
  name: string,
  overrides: Partial<GuardFacts["nodes"][number]> = {},
): GuardFacts["nodes"][number] {
  return {
    name,
    ready: true,
    createdAt: NOW - DAY,
    readyChangedAt: NOW - DAY,
    leaving: false,
    podStartedAt: NOW - 2 * HOUR,
    zone: "",
    troubledSince: undefined,
    ...overrides,
  };
}

/** By default what a template says beyond defaults is as individual as its hash. */
function essenceOf(templateHash: string): string {
  return `essence of ${templateHash}`;
}

export function aTemplate(overrides: Partial<TemplateFacts> = {}): TemplateFacts {
  return {
    hash: "template-2",
    admission: anAdmission(),
    references: [],
    volumes: [],
    essence: essenceOf(overrides.hash ?? "template-2"),
    gated: false,
    images: { main: "app:ok-2" },
    specs: { main: "spec-2" },
    startupAllowanceMs: 0,
    gracePeriodMs: 30 * SECOND,
    nodeName: "",
    nodeSelector: {},
    tolerations: [],
    hostNetwork: false,
    structure: aStructure(),
    schedulerName: "default-scheduler",
    ...overrides,
  };
}

export function aRevision(overrides: Partial<RevisionFacts> = {}): RevisionFacts {
  const createdAt = overrides.createdAt ?? NOW - 2 * HOUR - 30 * SECOND;
  return {
    name: "agent-new",
    hash: "new",
    number: 2,
    createdAt,
    madeAt: createdAt,
    templateHash: "template-2",
    images: { main: "app:ok-2" },
    specs: { main: "spec-2" },
    admission: anAdmission(),
    references: [],
    volumes: [],
    essence: essenceOf(overrides.templateHash ?? "template-2"),
    ...overrides,
  };
}

export function oldRevision(overrides: Partial<RevisionFacts> = {}): RevisionFacts {
  return aRevision({
    name: "agent-old",
    hash: "old",
    number: 1,
    createdAt: NOW - 5 * DAY - MINUTE,
    templateHash: "template-1",
    images: { main: "app:ok-1" },
    specs: { main: "spec-1" },
    ...overrides,
  });
}

export function aDaemonSet(overrides: Partial<DaemonSetFacts> = {}): DaemonSetFacts {
  return {
    name: "agent",
    namespace: "kube-system",
    uid: UID,
    resourceVersion: "900",
    generation: 2,
    observedGeneration: 2,
    specChangedAt: NOW - 2 * HOUR - MINUTE,
    deleting: false,
    strategy: "RollingUpdate",
    maxUnavailable: 1,
    maxSurge: 0,
    minReadySeconds: 0,
    status: { desired: 4, current: 4, updated: 4, ready: 4, available: 4, misscheduled: 0 },
    template: aTemplate(),
    currentHash: "new",
    annotations: {},
    labels: {},
    controller: "",
    templateManagers: ["kubectl-client-side-apply"],
    ...overrides,
  };
}

export interface Scene extends Partial<Omit<Observation, "daemonSet">> {
  daemonSet?: Partial<DaemonSetFacts>;
}

/** The facts; nodes default to n1…n4, or as far as the pods' nodes go; pods to one available pod for each node. */
export function anObservation({ daemonSet: own = {}, ...overrides }: Scene = {}): Observation {
  const daemonSet = aDaemonSet(own);
  const highest = Math.max(4, ...(overrides.pods ?? []).map(({ node }) => Number(/^n(\d+)$/.exec(node)?.[1] ?? 0)));
  const nodes = overrides.nodes ?? someNodes(overrides.pods ? highest : 4);
  return {
    at: NOW,
    fence: { uid: daemonSet.uid, generation: daemonSet.generation, templateHash: daemonSet.template.hash },
    daemonSet,
    nodes,
    pods: overrides.pods ?? nodes.map(({ name }) => aPod(name)),
    revisions: [oldRevision(), aRevision()],
    events: [],
    namespaceAnnotations: {},
    unread: [],
    podlessSince: {},
    orphanedSince: {},
    ...overrides,
  };
}

/** These pods on their nodes; every other of the first `count` nodes has an available pod from `rest`. */
export function fleet(
  count: number,
  special: readonly PodFacts[],
  rest: (node: string) => PodFacts = aPod,
): PodFacts[] {
  const taken = new Set(special.map(({ node }) => node));
  return [
    ...special,
    ...someNodes(count)
      .filter(({ name }) => !taken.has(name))
      .map(({ name }) => rest(name)),
  ];
}

/** A rollout that stopped at its first pods: these are of the new revision, everywhere else the old one is available. */
export function stoppedRollout(special: readonly PodFacts[], scene: Scene = {}): Observation {
  return anObservation({
    pods: fleet(4, special, oldPod),
    revisions: [oldRevision(), aRevision({ createdAt: NOW - 25 * MINUTE })],
    ...scene,
    daemonSet: { specChangedAt: NOW - 25 * MINUTE, ...scene.daemonSet },
  });
}

export function anEvent(overrides: Partial<EventFacts> = {}): EventFacts {
  return { reason: "FailedCreate", message: "", about: "DaemonSet/agent", lastAt: NOW - MINUTE, ...overrides };
}

export function anIntent(overrides: Partial<Intent> = {}): Intent {
  return {
    kind: "delete-pod",
    uid: UID,
    templateHash: "template-2",
    cause: "C04",
    trouble: "CrashLoop",
    node: "n1",
    pod: "uid-before",
    at: NOW - 10 * MINUTE,
    ...overrides,
  };
}

export function somePolicies(overrides: Partial<Policies> = {}): Policies {
  return { strategy: "guided", rollback: "approve", delete: "on", forceDelete: [], ...overrides };
}

export function aPlanContext({
  policies,
  ...rest
}: { policies?: Partial<Policies> } & Partial<Omit<PlanContext, "policies">> = {}): PlanContext {
  return { policies: somePolicies(policies), settings, intents: [], mayPatchTemplate: true, ...rest };
}

export type ActPlan = Extract<Plan, { kind: "act" }>;

/** The plan, which must be one to act. */
export function asAct(plan: Plan): ActPlan {
  if (plan.kind !== "act") throw new Error(`not a plan to act: ${plan.kind} ${plan.reason}: ${plan.message}`);
  return plan;
}

/** Deep copy, changed by `change`: for "what if only this differed". */
export function changed<T>(value: T, change: (copy: T) => void): T {
  const copy = structuredClone(value);
  change(copy);
  return copy;
}
