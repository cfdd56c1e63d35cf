/** Whether the rollout is recovered, from a recount and timestamps (pure). One lucky snapshot never is. */
import type { Health, Settings } from "../../engine/types.ts";
import type { Observation, PodFacts } from "./facts.ts";
import { isRolledOut, situation } from "./situation.ts";
import { requiredSoakMs } from "./soak.ts";

/** When the pod's present health began: Ready since, and no container (re)started after. */
function healthySince(pod: PodFacts): number {
  const starts = pod.containers.map(({ runningSince }) => runningSince ?? 0);
  return Math.max(pod.readyChangedAt ?? 0, ...starts);
}

/** Where no pod is to run, health is as old as the spec that says so. */
function emptySince({ daemonSet, pods, at }: Observation): number {
  return pods.length > 0 ? 0 : (daemonSet.specChangedAt ?? at);
}

/**
 * Health of the target. `sinceMs` is the time of our last write (0 = none): nothing before it counts. `first` is the
 * first look of the run; lifetimes of containers that failed then still set the length of the soak.
 */
export function verify(
  observation: Observation,
  options: { settings: Settings; sinceMs: number; first: Observation },
): Health {
  const here = situation(observation, options.settings);
  const { counters } = here;
  if (!isRolledOut(here) || here.bad.length > 0) {
    return {
      healthy: false,
      reason: "NotRolledOut",
      message: `desired ${counters.desired}, current ${counters.current}, up to date ${counters.updated}, available ${counters.available}, misscheduled ${counters.misscheduled}`,
    };
  }
  if (observation.staleSince !== undefined) {
    return {
      healthy: false,
      reason: "StatusStale",
      message: "the status does not say so yet, and the alert is about the status",
    };
  }
  const minReady = observation.daemonSet.minReadySeconds;
  const since = Math.max(options.sinceMs, emptySince(observation), ...observation.pods.map(healthySince));
  return {
    healthy: true,
    soakedMs: Math.max(0, observation.at - since),
    requiredMs: requiredSoakMs([...options.first.pods, ...observation.pods], minReady, options.settings),
  };
}
