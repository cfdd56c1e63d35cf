/** Events for an observation whose objects do not explain themselves. */

import type { Mask } from "../../engine/redact.ts";
import type { Settings, Target } from "../../engine/types.ts";
import { isForbidden } from "../../kube/errors.ts";
import { events } from "../../kube/resources.ts";
import type { Kube } from "../../kube/types.ts";
import { eventsNeeded, isPodOf } from "./assemble.ts";
import type { EventFacts, Observation } from "./facts.ts";
import { eventFacts } from "./project.ts";

interface EventReaderOptions {
  kube: Kube;
  target: Target;
  settings: Settings;
  /** Of the DaemonSet. */
  uid: string;
  now: () => number;
  /** Takes secrets out of messages. */
  mask: () => Mask;
}

/** Events are read again at most this often, and only while something needs them. */
const EVENTS_EVERY_MS = 3000;
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
  mask,
}: EventReaderOptions): (observation: Observation) => Promise<Observation> {
  let readAt = Number.NEGATIVE_INFINITY;
  let held: EventFacts[] = [];
  const read = async (fieldSelector: string): Promise<EventFacts[]> => {
    const { items } = await kube.list(events, { namespace: target.namespace, fieldSelector });
    const withoutSecrets = mask();
    return items.map((event) => eventFacts(event, withoutSecrets));
  };
  return async (observation: Observation): Promise<Observation> => {
    const { aboutSet, pods, displaced } = eventsNeeded(observation, settings);
    if (!aboutSet && pods.length === 0 && !displaced) return observation;
    try {
      if (now() - readAt >= EVENTS_EVERY_MS) {
        const names = new Set(pods.map((name) => `Pod/${name}`));
        const about = aboutSet ? await read(`involvedObject.uid=${uid}`) : [];
        const warnings = names.size > 0 ? await read("type=Warning,involvedObject.kind=Pod") : [];
        const preempted = displaced ? await read("reason=Preempted") : [];
        held = [
          ...about,
          ...warnings.filter((event) => names.has(event.about)),
          ...preempted.filter((event) => isPodOf(target.name, event.about)),
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
