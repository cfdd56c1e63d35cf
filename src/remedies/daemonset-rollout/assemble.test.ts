import type { DaemonSet } from "kubernetes-types/apps/v1";
import { describe, expect, it } from "vitest";
import {
  aContainer,
  aNode,
  anObservation,
  aPod,
  deadNode,
  failedPod,
  HOUR,
  MINUTE,
  NOW,
  settings,
  someNodes,
  terminatingPod,
  unschedulablePod,
  waitingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Live } from "../../kube/types.ts";
import { assemble, eventsNeeded, isPodOf, missing } from "./assemble.ts";
import type { Observation, PodFacts } from "./facts.ts";

describe("assemble", () => {
  const daemonSet = {
    metadata: { name: "agent", namespace: "kube-system", uid: "u", resourceVersion: "7", generation: 5 },
    spec: { selector: {}, template: {} },
  } as unknown as Live<DaemonSet>;
  const parts = { at: NOW, daemonSet, revisions: [], pods: [aPod("n1")], nodes: [aNode("n1")], salt: "s" };

  it("fences what was seen, and remembers nothing", () => {
    const observation = assemble({ ...parts, namespaceAnnotations: { team: "a" } });
    expect(observation).toEqual({
      at: NOW,
      fence: { uid: "u", generation: 5, templateHash: observation.daemonSet.template.hash },
      daemonSet: observation.daemonSet,
      pods: parts.pods,
      nodes: parts.nodes,
      revisions: [],
      events: [],
      namespaceAnnotations: { team: "a" },
      unread: [],
      podlessSince: {},
      orphanedSince: {},
    });
    expect(observation.daemonSet).toMatchObject({ name: "agent", uid: "u", generation: 5 });
  });

  it("says that the namespace could not be read", () => {
    const observation = assemble({ ...parts, namespaceAnnotations: undefined });
    expect(observation.unread).toEqual(["namespaces"]);
    expect(observation).not.toHaveProperty("namespaceAnnotations");
  });
});

describe("missing", () => {
  it("eligible nodes without any pod, and pods whose node is gone", () => {
    const tainted = aNode("n4", { taints: [{ key: "maint", effect: "NoSchedule" }] });
    const pods = [aPod("n1"), terminatingPod("n2", MINUTE), aPod("gone"), failedPod("n5")];
    const observation = anObservation({ nodes: [...someNodes(3), tainted, deadNode("n5")], pods });
    expect(missing(observation)).toEqual({ podless: ["n3"], orphaned: ["uid-agent-gone"] });
  });
});

describe("isPodOf", () => {
  it.each<[string, boolean]>([
    ["Pod/agent-x7k2p", true],
    ["Pod/agent-x7k2", false],
    ["Pod/agent-x7k2pq", false],
    ["Pod/agent-other-x7k2p", false],
    ["Pod/agent-X7K2P", false],
    ["Pod/another-x7k2p", false],
    ["Pod/my-agent-x7k2p", false],
    ["Job/agent-x7k2p", false],
  ])("%s: %s", (about, want) => {
    expect(isPodOf("agent", about)).toBe(want);
  });
});

describe("eventsNeeded", () => {
  const quiet = { aboutSet: false, pods: [], displaced: false };
  const aboutSet = { ...quiet, aboutSet: true };
  const of = (pod: PodFacts) => anObservation({ pods: [pod] });
  const creating = (reason: string, ageMs: number) => of(waitingPod("n1", { reason, ageMs }));
  const behind = (sinceMs: number, generation = 3) =>
    anObservation({ daemonSet: { generation, specChangedAt: NOW - sinceMs } });
  const asked = { ...quiet, pods: ["agent-n1"] };
  const lag = settings.controllerSlackMs;
  const young = { createdAt: NOW - MINUTE };

  it.each<[string, Observation, object]>([
    ["all is well", anObservation(), quiet],
    ["the controller lags", behind(lag + 1), aboutSet],
    ["it still has time", behind(lag), quiet],
    ["it has seen the spec, however old", behind(HOUR, 2), quiet],
    ["a node lacks its pod", anObservation({ podlessSince: { n1: NOW } }), aboutSet],
    ["a pod Failed, however young", of(failedPod("n1", young)), aboutSet],
    [
      "a pod is not Ready at the age at which it may be deleted",
      of(aPod("n1", { ready: false, createdAt: NOW - settings.minAgeMs })),
      aboutSet,
    ],
    ["it is younger", of(aPod("n1", { ready: false, createdAt: NOW - settings.minAgeMs + 1 })), quiet],
    ["a pod Failed and yet Ready is a status in between", of(aPod("n1", { phase: "Failed" })), quiet],
    ["its containers are being created for long", creating("ContainerCreating", 5001), asked],
    ["or wait for its init containers", creating("PodInitializing", 5001), asked],
    ["not for long", creating("ContainerCreating", 5000), quiet],
    ["the image's back-off says nothing of the error", creating("ImagePullBackOff", 1), asked],
    ["a reason that explains itself", creating("ErrImagePull", MINUTE), quiet],
    [
      "a pod that runs",
      of(aPod("n1", { ...young, containers: [aContainer({ waiting: { reason: "ImagePullBackOff", message: "" } })] })),
      quiet,
    ],
    ["containers that do not wait", of(aPod("n1", { ...young, ready: false, phase: "Pending" })), quiet],
    ["a pod that finds no room", of(unschedulablePod("n1", young)), { ...quiet, displaced: true }],
    [
      "a pod whose scheduling is held back by its gates",
      of(unschedulablePod("n1", { ...young, unscheduled: { reason: "SchedulingGated", message: "" } })),
      quiet,
    ],
    [
      "a pod that has its node, whatever its condition says",
      of(aPod("n1", { unscheduled: { reason: "Unschedulable", message: "" } })),
      quiet,
    ],
    [
      "a pod without a node and without a word",
      of(aPod("n1", { ...young, ready: false, bound: false, phase: "Pending" })),
      quiet,
    ],
    [
      "it is not bound yet, and so pulls no image",
      of(waitingPod("n1", { reason: "ImagePullBackOff", ageMs: MINUTE }, { bound: false })),
      quiet,
    ],
  ])("%s", (_name, observation, want) => {
    expect(eventsNeeded(observation, settings)).toEqual(want);
  });

  it("when the spec changed is unknown: as if just now", () => {
    const observation = anObservation({ daemonSet: { generation: 3 } });
    const { specChangedAt: _unknown, ...daemonSet } = observation.daemonSet;
    expect(eventsNeeded({ ...observation, daemonSet }, settings)).toEqual(quiet);
  });
});
