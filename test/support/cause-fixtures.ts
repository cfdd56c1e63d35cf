/** For each cause one observation that shows it, as its recogniser must find it. */
import type { Observation } from "../../src/remedies/daemonset-rollout/facts.ts";
import {
  aContainer,
  aNode,
  anAdmission,
  anEvent,
  anObservation,
  aPod,
  aRevision,
  aTemplate,
  badImagePod,
  crashingPod,
  deadNode,
  degradedPod,
  failedPod,
  flappingPod,
  fleet,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  oldRevision,
  SECOND,
  someNodes,
  stoppedRollout,
  terminatingPod,
  unschedulablePod,
  waitingPod,
} from "./daemonset-builders.ts";

const { runningSince: _started, ...waitingContainer } = aContainer({ ready: false });
const backOff = { reason: "CrashLoopBackOff", message: "" };

function pullFails(node: string, message: string) {
  return waitingPod(node, { reason: "ErrImagePull", message });
}

function creating(reason: string, message: string): Observation {
  return stoppedRollout([waitingPod("n1", { reason: "ContainerCreating" })], {
    events: [anEvent({ about: "Pod/agent-n1", reason, message })],
  });
}

function podless(message: string): Observation {
  return stoppedRollout([], {
    pods: fleet(4, [], oldPod).slice(1),
    podlessSince: { n1: NOW - 5 * MINUTE },
    events: [anEvent({ message })],
  });
}

function withNode(name: string, change: Parameters<typeof aNode>[1]) {
  return someNodes(4).map((node) => (node.name === name ? aNode(name, change) : node));
}

/** A cluster where a taint that the DaemonSet does not tolerate comes with the node's death. */
function narrowTolerations(): Observation {
  const taints = [{ key: "node.kubernetes.io/unreachable", effect: "NoSchedule" as const }];
  return anObservation({ nodes: someNodes(4).map((node) => (node.name === "n1" ? deadNode("n1", { taints }) : node)) });
}

function surge(): Observation {
  const admission = anAdmission({ hostPorts: "9100/TCP" });
  const pending = unschedulablePod("n1", {
    name: "agent-n1-new",
    uid: "uid-new",
    unscheduled: { reason: "Unschedulable", message: "1 node(s) didn't have free ports for the requested pod ports" },
  });
  return anObservation({
    pods: [pending, ...fleet(4, [], oldPod)],
    revisions: [oldRevision({ admission }), aRevision({ admission, createdAt: NOW - 25 * MINUTE })],
    daemonSet: { maxSurge: 1, maxUnavailable: 0, template: aTemplate({ admission }), specChangedAt: NOW - 25 * MINUTE },
  });
}

function contestedTemplate(): Observation {
  const back = (number: number, hash: string, minutes: number) =>
    aRevision({
      name: `agent-${hash}`,
      hash,
      number,
      templateHash: `template-${hash === "new" ? "2" : "1"}`,
      createdAt: NOW - minutes * MINUTE,
      madeAt: NOW - 40 * MINUTE,
    });
  return stoppedRollout([badImagePod("n1")], {
    revisions: [back(6, "old", 3), back(7, "new", 2)],
    daemonSet: { generation: 7, observedGeneration: 7, templateManagers: ["kubectl-edit", "agent-operator"] },
  });
}

/** An upgrade gave the same template another hash; n1 has its new pod, which crashes. */
function defaultsOnly(): Observation {
  const essence = aTemplate().essence;
  return stoppedRollout([crashingPod("n1")], {
    revisions: [oldRevision({ essence }), aRevision({ createdAt: NOW - 25 * MINUTE })],
  });
}

/** The cause to an observation whose diagnosis names it. C35 is shown by waiting, C40 by health. */
export const causeFixtures: Readonly<Record<string, Observation>> = {
  C01: stoppedRollout([badImagePod("n1")]),
  C02: stoppedRollout([pullFails("n1", "unauthorized: authentication required")]),
  C03: stoppedRollout([pullFails("n1", "dial tcp: i/o timeout")]),
  C04: anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
  C05: stoppedRollout([crashingPod("n1")]),
  C06: anObservation({ pods: ["n1", "n2", "n3", "n4"].map((node) => flappingPod(node)) }),
  C07: stoppedRollout([neverReadyPod("n1")]),
  C08: stoppedRollout([
    crashingPod("n1", { containers: [{ ...waitingContainer, init: true, restartCount: 5, waiting: backOff }] }),
  ]),
  C09: stoppedRollout([
    crashingPod("n1", {
      containers: [
        {
          ...waitingContainer,
          waiting: backOff,
          lastTerminated: { exitCode: 137, reason: "OOMKilled" },
          restartCount: 5,
        },
      ],
    }),
  ]),
  C10: stoppedRollout([
    waitingPod("n1", { reason: "CreateContainerConfigError", message: 'configmap "new" not found' }),
  ]),
  C11: creating("FailedMount", 'MountVolume.SetUp failed for volume "kube-api-access-x" : timed out'),
  C12: creating("FailedCreatePodSandBox", "failed to assign an IP address to container"),
  C13: stoppedRollout([unschedulablePod("n2")]),
  C14: anObservation({ pods: fleet(4, [failedPod("n2")]) }),
  C15: narrowTolerations(),
  C16: stoppedRollout([], { nodes: someNodes(4).map((node) => (node.name === "n1" ? deadNode("n1") : node)) }),
  C17: stoppedRollout([terminatingPod("n3", 5 * MINUTE)]),
  C18: stoppedRollout([terminatingPod("n3", 5 * MINUTE, { finalizers: ["example.com/hold"] })]),
  C19: stoppedRollout([], {
    pods: [...fleet(4, [], oldPod), oldPod("gone")],
    orphanedSince: { "uid-agent-gone": NOW - 5 * MINUTE },
  }),
  C20: podless("pods is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"),
  C21: podless('Internal error occurred: failed calling webhook "v.example.com": context deadline exceeded'),
  C22: podless('pods "agent-x" is forbidden: violates PodSecurity "restricted:latest"'),
  C23: podless('error looking up service account kube-system/nope: serviceaccount "nope" not found'),
  C24: anObservation({
    pods: ["n1", "n2", "n3", "n4"].map((node) => oldPod(node)),
    daemonSet: { strategy: "OnDelete" },
  }),
  C25: surge(),
  C26: anObservation({ nodes: withNode("n2", { taints: [{ key: "maint", value: "x", effect: "NoSchedule" }] }) }),
  C27: anObservation({ daemonSet: { template: aTemplate({ nodeSelector: { role: "edge" } }) }, nodes: someNodes(4) }),
  C28: anObservation({ pods: fleet(4, [pullFails("n4", "no match for platform in manifest")]) }),
  C29: anObservation({
    pods: fleet(4, [aPod("n4", { readyChangedAt: NOW + 10 * MINUTE })]),
    daemonSet: { minReadySeconds: 5 },
  }),
  C30: anObservation({ daemonSet: { generation: 5, observedGeneration: 4, specChangedAt: NOW - 3 * MINUTE } }),
  C31: anObservation({
    daemonSet: { generation: 5, observedGeneration: 4, specChangedAt: NOW - 3 * MINUTE },
    controllerSeenAt: NOW - MINUTE,
  }),
  C32: anObservation({ daemonSet: { deleting: true } }),
  C33: stoppedRollout([
    crashingPod("n1", {
      specs: { main: "spec-2", sidecar: "spec-s" },
      containers: [aContainer(), { ...waitingContainer, name: "sidecar", waiting: backOff, restartCount: 5 }],
    }),
  ]),
  C34: anObservation({
    pods: fleet(
      4,
      [
        crashingPod("n1", {
          containers: [{ ...waitingContainer, imageId: "app@sha256:bad", waiting: backOff, restartCount: 5 }],
        }),
      ],
      (node) => aPod(node, { containers: [aContainer({ imageId: "app@sha256:good" })] }),
    ),
  }),
  C35: stoppedRollout([neverReadyPod("n1", { createdAt: NOW - 20 * SECOND })]),
  C36: defaultsOnly(),
  C37: contestedTemplate(),
  C38: anObservation({
    pods: [...fleet(4, []), aPod("n1", { name: "agent-twin", uid: "uid-twin", createdAt: NOW - 5 * MINUTE })],
  }),
  C39: stoppedRollout([unschedulablePod("n2")], {
    events: [
      anEvent({
        about: "Pod/agent-abcde",
        reason: "Preempted",
        message: "Preempted by pod 0b3c on node n2",
        lastAt: NOW - 20 * MINUTE,
      }),
    ],
  }),
  C40: anObservation(),
  C41: anObservation({ pods: fleet(4, [degradedPod("n1"), degradedPod("n2")]) }),
  C42: stoppedRollout([]),
};
