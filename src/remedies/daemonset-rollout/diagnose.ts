/** From facts to findings (pure). The order of the checks is the specification's: FAILURES §3. */
import type { Diagnosis, Finding, Settings } from "../../engine/types.ts";
import { beingDeleted, controllerBehind, controllerLagMs } from "./causes/controller.ts";
import { creationFailing } from "./causes/creation.ts";
import { nodeDown, orphaned } from "./causes/nodes.ts";
import type { Group } from "./causes/revision.ts";
import { groups } from "./causes/revision.ts";
import { misscheduled, onDeleteOutdated } from "./causes/strategy.ts";
import { endingPods, stuckTerminating } from "./causes/terminating.ts";
import type { Observation } from "./facts.ts";
import type { Situation } from "./situation.ts";
import { isRolledOut, situation } from "./situation.ts";

export interface Assessment {
  here: Situation;
  diagnosis: Diagnosis;
  /** Troubled pods of the present revision, grouped by what may be done about them. */
  groups: readonly Group[];
  /** Set while pods cannot be created: no deletions then. */
  creation: (Finding & { templateCaused: boolean }) | undefined;
}

/** Something that is still moving, and when it would count as stuck. */
interface Moving {
  until: number;
  /** A pod that uses its grace period; everything else may end at any moment. */
  ending?: true;
  what: string;
}

/** The pod garbage collector needs 40 s of quarantine and 20 s of its period; twice that is long (C19). */
const GARBAGE_COLLECTED_MS = 2 * 60_000;

function moving(here: Situation, creating: boolean): Moving[] {
  const { settings, observation, at, orphans } = here;
  const podless = (creating ? here.podless : []).map((node) => ({
    until: (observation.podlessSince[node] ?? at) + settings.controllerSlackMs + 1000,
    what: `node ${node} waits for its pod`,
  }));
  return [
    ...here.starting.map(({ pod, until }) => ({ until, what: `pod ${pod.name} on ${pod.node} is starting` })),
    ...endingPods(here).map(({ pod, until }) => ({
      until,
      ending: true as const,
      what: `pod ${pod.name} on ${pod.node} is ending within its grace period`,
    })),
    ...podless,
    ...orphans
      .filter(({ bound }) => bound)
      .map(({ uid, name }) => ({
        until: (observation.orphanedSince[uid] ?? at) + GARBAGE_COLLECTED_MS,
        what: `pod ${name} of a removed node waits for the garbage collection`,
      }))
      .filter(({ until }) => until > at),
  ].sort((a, b) => a.until - b.until);
}

function pending(here: Situation, still: readonly Moving[], findings: readonly Finding[]): Diagnosis {
  const { counters, at } = here;
  const first = still[0];
  return {
    kind: "pending",
    reason: "Progressing",
    message: `${counters.updated} of ${counters.desired} pods are up to date and ${counters.available} are available; ${first?.what ?? "the controller goes on"}.`,
    recheckAfterMs: Math.max(1000, (first?.until ?? at) - at),
    onlyLater: still.length > 0 && still.every(({ ending }) => ending),
    findings,
  };
}

/** The last moment at which anything moved, as far as the objects tell. */
function lastMove({ observation }: Situation): number {
  const { daemonSet, pods } = observation;
  return Math.max(
    daemonSet.specChangedAt ?? 0,
    ...pods.map((pod) => Math.max(pod.createdAt, pod.readyChangedAt ?? 0, pod.deletionDeadline ?? 0)),
  );
}

function unknown(here: Situation): Finding {
  const { counters, observation } = here;
  const { daemonSet } = observation;
  return {
    cause: "C42",
    reason: "Unknown",
    message: `The rollout stands still (desired ${counters.desired}, current ${counters.current}, up to date ${counters.updated}, available ${counters.available}) and no known cause explains it.`,
    evidence: observation.pods
      .slice(0, 5)
      .map(
        (pod) => `pod ${pod.name} on ${pod.node}: phase ${pod.phase}, ready ${pod.ready}, revision ${pod.revisionHash}`,
      ),
    pods: [],
    nodes: [],
    commands: [
      `kubectl describe ${here.ref} -n ${daemonSet.namespace}`,
      `kubectl get pods -n ${daemonSet.namespace} -o wide`,
      `kubectl get events -n ${daemonSet.namespace} --sort-by=.lastTimestamp`,
    ],
  };
}

function isActionable(group: Group): boolean {
  return group.kind !== "person" && group.pods.length > 0;
}

/** A verdict on the revision waits for the pods that are still starting, unless its fault is certain. */
function isUndecided(group: Group, here: Situation): boolean {
  const startingNew = here.starting.some(({ pod }) => pod.revisionHash === here.observation.daemonSet.currentHash);
  return (
    group.kind === "revision-fault" && startingNew && group.pods.every(({ trouble }) => trouble.blame !== "template")
  );
}

/** The one reading of an observation that diagnosis and plan share. */
export function assess(observation: Observation, settings: Settings): Assessment {
  const here = situation(observation, settings);
  const alone = (finding: Finding): Assessment => ({
    here,
    diagnosis: { kind: "unhealthy", reason: finding.reason, message: finding.message, findings: [finding] },
    groups: [],
    creation: undefined,
  });
  const blocking = beingDeleted(here) ?? controllerBehind(here);
  if (blocking) return alone(blocking);
  if (controllerLagMs(here) > 0) {
    const until = here.at + settings.controllerSlackMs - controllerLagMs(here) + 1000;
    return {
      here,
      groups: [],
      creation: undefined,
      diagnosis: pending(here, [{ until, what: "the controller has not seen the newest spec yet" }], []),
    };
  }
  if (isRolledOut(here) && here.bad.length === 0) {
    return {
      here,
      groups: [],
      creation: undefined,
      diagnosis: {
        kind: "healthy",
        reason: "Healthy",
        message: `All ${here.counters.desired} pods are up to date and available.`,
      },
    };
  }
  return compose(here);
}

function compose(here: Situation): Assessment {
  const creation = creationFailing(here);
  const grouped = groups(here);
  const present = (finding: Finding | undefined): Finding[] => (finding ? [finding] : []);
  const findings = [
    ...present(creation),
    ...grouped.filter(isActionable).map(({ finding }) => finding),
    ...present(nodeDown(here)),
    ...stuckTerminating(here),
    ...grouped.filter((group) => !isActionable(group)).map(({ finding }) => finding),
    ...present(onDeleteOutdated(here)),
    ...present(misscheduled(here)),
    ...present(orphaned(here)),
  ];
  const still = moving(here, creation === undefined);
  const decided = grouped.filter((group) => isActionable(group) && !isUndecided(group, here));
  const first = findings[0];
  const waits = still.length > 0 && decided.length === 0 && !creation;
  if (waits || (!first && here.at - lastMove(here) < here.settings.selfHealingAgeMs)) {
    return { here, groups: grouped, creation, diagnosis: pending(here, still, findings) };
  }
  const main = first ?? unknown(here);
  const diagnosis: Diagnosis = {
    kind: "unhealthy",
    reason: main.reason,
    message: main.message,
    findings: [main, ...findings.slice(1)],
  };
  return { here, diagnosis, groups: grouped, creation };
}

/** What is wrong with the rollout, or that nothing is, or that it is too early to say. */
export function diagnose(observation: Observation, { settings }: { settings: Settings }): Diagnosis {
  return assess(observation, settings).diagnosis;
}
