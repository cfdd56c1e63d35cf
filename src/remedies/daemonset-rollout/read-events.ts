/** Events for an observation whose objects do not explain themselves. */
import type { Settings, Target } from "../../engine/types.ts";
import { isForbidden } from "../../kube/errors.ts";
import { events } from "../../kube/resources.ts";
import type { Kube } from "../../kube/types.ts";
import type { EventFacts, Observation, PodFacts } from "./facts.ts";
import { eventFacts } from "./project.ts";

interface EventReaderOptions {
  kube: Kube;
  target: Target;
  settings: Settings;
  /** Of the DaemonSet. */
  uid: string;
  now: () => number;
}

/** Events are read again at most this often, and only while something needs them. */
const EVENTS_EVERY_MS = 3000;
/** A pod that is still being created after this is asked about in the events. */
const CREATING_MS = 5000;

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

/**
 * Adds events to an observation that needs them: a node lacks its pod, a pod may be deleted, does not explain itself, or
 * finds no room. Resolves without them where the rights do not include events; other errors of the API reject.
 */
export function createEventReader({
  kube,
  target,
  settings,
  uid,
  now,
}: EventReaderOptions): (observation: Observation) => Promise<Observation> {
  let readAt = Number.NEGATIVE_INFINITY;
  let held: EventFacts[] = [];
  const read = async (fieldSelector: string): Promise<EventFacts[]> => {
    const { items } = await kube.list(events, { namespace: target.namespace, fieldSelector });
    return items.map(eventFacts);
  };
  return async (observation: Observation): Promise<Observation> => {
    const old = observation.at - settings.minAgeMs;
    const { generation, observedGeneration, specChangedAt = observation.at } = observation.daemonSet;
    const isBehind = generation > observedGeneration && observation.at - specChangedAt > settings.controllerSlackMs;
    const creation =
      isBehind ||
      Object.keys(observation.podlessSince).length > 0 ||
      observation.pods.some(({ ready, phase, createdAt }) => !ready && (phase === "Failed" || createdAt <= old));
    const unexplained = observation.pods.filter((pod) => isUnexplained(pod, observation.at));
    const displaced = observation.pods.some(isDisplaced);
    if (!creation && unexplained.length === 0 && !displaced) return observation;
    try {
      if (now() - readAt >= EVENTS_EVERY_MS) {
        const names = new Set(unexplained.map((pod) => `Pod/${pod.name}`));
        const about = creation ? await read(`involvedObject.uid=${uid}`) : [];
        const warnings = names.size > 0 ? await read("type=Warning,involvedObject.kind=Pod") : [];
        const preempted = displaced ? await read("reason=Preempted") : [];
        const ownPod = new RegExp(`^Pod/${target.name}-[a-z0-9]{5}$`);
        held = [
          ...about,
          ...warnings.filter((event) => names.has(event.about)),
          ...preempted.filter((event) => ownPod.test(event.about)),
        ];
        readAt = now();
      }
      return { ...observation, events: held };
    } catch (error) {
      if (isForbidden(error)) return { ...observation, unread: [...observation.unread, "events"] };
      throw error;
    }
  };
}
