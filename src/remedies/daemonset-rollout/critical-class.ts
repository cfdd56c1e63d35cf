/** What the DaemonSet's critical class takes away from a plan (pure); the rest of it is the guard's (engine/guards). */
import type { Classified } from "../../engine/guards/workload-class.ts";
import { classOf } from "../../engine/guards/workload-class.ts";
import type { DaemonSetFacts } from "./facts.ts";
import { maxUnavailable } from "./recount.ts";
import type { Situation } from "./situation.ts";

/** Never more pods in flight than this, whatever the fleet and its budget. */
export const FLEET_CAP = 20;
/** Share of the desired pods that may be in flight. */
const FLEET_SHARE = 0.1;

/** Its class, as the guards tell it. */
export function workloadClass({ name, template }: DaemonSetFacts): Classified {
  return classOf(template.structure, { name, images: Object.values(template.images) });
}

/** How many pods may be in flight at once: of a critical class one. */
export function flightLimit({ observation, counters }: Situation): number {
  const { daemonSet } = observation;
  if (workloadClass(daemonSet).class !== "none") return 1;
  const share = Math.max(1, Math.floor(counters.desired * FLEET_SHARE));
  return Math.min(maxUnavailable(daemonSet, counters.desired), share, FLEET_CAP);
}

/** Why no canary is deleted against a mass failure (C41), or undefined when one may be. */
export function noCanary(daemonSet: DaemonSetFacts): string | undefined {
  const { class: kind, evidence } = workloadClass(daemonSet);
  return kind === "driver" || kind === "buffer"
    ? `no canary is deleted of class ${kind} (${evidence}); that is a person's decision`
    : undefined;
}
