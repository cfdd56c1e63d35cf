/** From objects that were read to an observation (pure). Shared by the live view of one DaemonSet and the survey of many. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Settings } from "../../engine/types.ts";
import type { Live } from "../../kube/types.ts";
import type { NodeFacts, Observation, PodFacts } from "./facts.ts";
import { daemonSetFacts, revisionFacts } from "./project.ts";
import { slots } from "./recount.ts";

/** A pod that is still being created after this is asked about in the events. */
const CREATING_MS = 5000;

interface Parts {
  at: number;
  daemonSet: Live<DaemonSet>;
  revisions: readonly Live<ControllerRevision>[];
  /** Controlled by the DaemonSet, by uid. */
  pods: readonly PodFacts[];
  nodes: readonly NodeFacts[];
  /** Undefined when the rights do not reach that far. */
  namespaceAnnotations: Readonly<Record<string, string>> | undefined;
  /** Of the digests that stand for values: equal only within what was read with the same. */
  salt: string;
}

/** Without events, and without a memory of what was missing before. */
export function assemble({ at, daemonSet, revisions, pods, nodes, namespaceAnnotations, salt }: Parts): Observation {
  const facts = daemonSetFacts(daemonSet, revisions, salt);
  return {
    at,
    fence: { uid: facts.uid, generation: facts.generation, templateHash: facts.template.hash },
    daemonSet: facts,
    pods,
    nodes,
    revisions: revisionFacts(facts.uid, revisions, salt),
    events: [],
    ...(namespaceAnnotations ? { namespaceAnnotations } : {}),
    unread: namespaceAnnotations ? [] : ["namespaces"],
    podlessSince: {},
    orphanedSince: {},
  };
}

/** Eligible nodes without any pod, by name, and pods without their node, by uid. */
export function missing(observation: Observation): { podless: string[]; orphaned: string[] } {
  const found = slots(observation);
  return {
    podless: found.slots
      .filter(({ shouldRun, pods: own }) => shouldRun && own.length === 0)
      .map(({ node }) => node.name),
    orphaned: found.orphans.map(({ uid }) => uid),
  };
}

/** True when the pod's own status does not say what it waits for. */
function isUnexplained(pod: PodFacts, at: number): boolean {
  if (!pod.bound || pod.phase !== "Pending") return false;
  return pod.containers.some(({ waiting }) => {
    if (!waiting) return false;
    if (waiting.reason === "ImagePullBackOff") return true;
    return ["ContainerCreating", "PodInitializing"].includes(waiting.reason) && at - pod.createdAt > CREATING_MS;
  });
}

/** True when the scheduler looks for room for the pod: perhaps a more important one took its place. */
function isDisplaced({ bound, unscheduled }: PodFacts): boolean {
  return !bound && unscheduled?.reason === "Unschedulable";
}

/** Whether an event that is about "Pod/..." is about a pod that a DaemonSet of this name has made. */
export function isPodOf(daemonSet: string, about: string): boolean {
  const prefix = `Pod/${daemonSet}-`;
  return about.startsWith(prefix) && /^[a-z0-9]{5}$/.test(about.slice(prefix.length));
}

/**
 * Which events an observation needs: those about the DaemonSet when its controller lags, a node lacks its pod or a pod may
 * be deleted, those about pods that do not explain themselves, and preemptions when a pod finds no room.
 */
export function eventsNeeded(
  observation: Observation,
  { minAgeMs, controllerSlackMs }: Pick<Settings, "minAgeMs" | "controllerSlackMs">,
): { aboutSet: boolean; pods: readonly string[]; displaced: boolean } {
  const { at, daemonSet, pods } = observation;
  const { generation, observedGeneration, specChangedAt = at } = daemonSet;
  return {
    aboutSet:
      (generation > observedGeneration && at - specChangedAt > controllerSlackMs) ||
      Object.keys(observation.podlessSince).length > 0 ||
      pods.some(({ ready, phase, createdAt }) => !ready && (phase === "Failed" || createdAt <= at - minAgeMs)),
    pods: pods.filter((pod) => isUnexplained(pod, at)).map(({ name }) => name),
    displaced: pods.some(isDisplaced),
  };
}
