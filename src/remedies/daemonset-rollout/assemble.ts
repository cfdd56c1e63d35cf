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

/** Which events an observation needs: those about the DaemonSet when a node lacks its pod or a pod may be deleted, and those about pods that do not explain themselves. */
export function eventsNeeded(
  observation: Observation,
  { minAgeMs }: Pick<Settings, "minAgeMs">,
): { aboutSet: boolean; pods: readonly string[] } {
  const old = observation.at - minAgeMs;
  return {
    aboutSet:
      Object.keys(observation.podlessSince).length > 0 ||
      observation.pods.some(({ ready, phase, createdAt }) => !ready && (phase === "Failed" || createdAt <= old)),
    pods: observation.pods.filter((pod) => isUnexplained(pod, observation.at)).map(({ name }) => name),
  };
}
