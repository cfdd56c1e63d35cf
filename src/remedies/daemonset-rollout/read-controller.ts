/** Whether the DaemonSet controller works for others while it is behind the spec of this one. */
import type { Settings } from "../../engine/types.ts";
import { isForbidden } from "../../kube/errors.ts";
import { daemonSets } from "../../kube/resources.ts";
import type { Kube } from "../../kube/types.ts";
import type { Observation } from "./facts.ts";
import { statusWrittenAt } from "./project.ts";

interface ControllerReaderOptions {
  kube: Kube;
  settings: Settings;
  /** Of the DaemonSet that is not asked. */
  uid: string;
  now: () => number;
}

/** Every DaemonSet of the cluster is read for this: not more often. */
const EVERY_MS = 10_000;

/**
 * Adds when the controller last wrote the status of another DaemonSet, while it lags behind this one for longer than it
 * may. Resolves without it where the rights end at the namespace; other errors of the API reject.
 */
export function createControllerReader({
  kube,
  settings,
  uid,
  now,
}: ControllerReaderOptions): (observation: Observation) => Promise<Observation> {
  let held: { at: number; seen: number } | undefined;
  return async (observation) => {
    const { generation, observedGeneration, specChangedAt } = observation.daemonSet;
    if (generation <= observedGeneration) return observation;
    if (observation.at - (specChangedAt ?? observation.at) <= settings.controllerSlackMs) return observation;
    try {
      if (held === undefined || now() - held.at >= EVERY_MS) {
        const { items } = await kube.list(daemonSets, {});
        const others = items.filter(({ metadata }) => metadata.uid !== uid);
        held = { at: now(), seen: Math.max(0, ...others.map(statusWrittenAt)) };
      }
      return { ...observation, controllerSeenAt: held.seen };
    } catch (error) {
      if (isForbidden(error)) return { ...observation, unread: [...observation.unread, "daemonsets"] };
      throw error;
    }
  };
}
