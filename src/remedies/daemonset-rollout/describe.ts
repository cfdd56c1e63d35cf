/** The first two steps of the runbook in words (pure): counters with their recount, and the pods that are not running. */

import type { Description, Settings } from "../../engine/types.ts";
import { flightLimit } from "./critical-class.ts";
import type { Observation, PodFacts, StatusCounters } from "./facts.ts";
import { alertHolds } from "./recount.ts";
import type { Situation } from "./situation.ts";
import { situation } from "./situation.ts";
import type { Standing } from "./standing.ts";

function counted(counters: StatusCounters): string {
  const { desired, current, updated, ready, available, misscheduled } = counters;
  return `desired ${desired}, current ${current}, up to date ${updated}, ready ${ready}, available ${available}, misscheduled ${misscheduled}`;
}

function age(fromMs: number, at: number): string {
  const seconds = Math.max(0, Math.round((at - fromMs) / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3600)}h`;
}

function state(pod: PodFacts, standing: Standing | undefined, at: number): string {
  switch (standing?.kind) {
    case "troubled":
      return standing.trouble.sentence;
    case "terminating":
      return standing.stuck
        ? "stuck Terminating"
        : `Terminating, ${age(at, standing.deadline)} of its grace period left`;
    case "node-down":
      return pod.node === "" ? "not scheduled yet" : "its node does not answer";
    case "starting":
      return (
        pod.containers.find(({ waiting }) => waiting)?.waiting?.reason ?? (pod.bound ? "starting" : "not scheduled yet")
      );
    case "available":
    case undefined:
      return "running";
  }
}

function podLines(here: Situation): string[] {
  const { observation, at, standings } = here;
  const revision = (pod: PodFacts): string => {
    const found = observation.revisions.find(({ hash }) => hash === pod.revisionHash);
    return `revision ${found?.number ?? "?"}${pod.revisionHash === observation.daemonSet.currentHash ? " (present)" : ""}`;
  };
  const lines = observation.pods
    .filter((pod) => standings.get(pod.uid)?.kind !== "available")
    .map(
      (pod) =>
        `${pod.name} on ${pod.node || "no node"}, ${revision(pod)}, age ${age(pod.createdAt, at)}: ${state(pod, standings.get(pod.uid), at)}`,
    );
  return [...lines, ...here.podless.map((node) => `no pod on ${node}, which should have one`)];
}

/** Longest list of pods that is printed in full. */
const MOST = 15;

/** What a person reads first. */
export function describe(observation: Observation, settings: Settings): Description {
  const here = situation(observation, settings);
  const { daemonSet } = observation;
  const reported = counted(daemonSet.status);
  const own = counted(here.counters);
  const lines = podLines(here);
  const atOnce = flightLimit(here);
  return {
    counts: { desired: here.counters.desired, available: here.counters.available },
    limits: [
      `one pod first, and further ones only after its replacement has stayed available; then at most ${atOnce === 1 ? "1 pod" : `${atOnce} pods`} at a time (maxUnavailable ${daemonSet.maxUnavailable}, a tenth of the ${here.counters.desired} pods, never more than 20)`,
    ],
    status: [
      `reported: ${reported}`,
      reported === own ? "recount from pods and nodes: the same" : `recount from pods and nodes differs: ${own}`,
      `generation ${daemonSet.generation}, observed ${daemonSet.observedGeneration}; the alert's condition ${alertHolds(here.counters) ? "holds" : "does not hold"}`,
    ],
    pods: lines.length > MOST ? [...lines.slice(0, MOST), `... and ${lines.length - MOST} more`] : lines,
  };
}
