/** One reading of an observation that all causes share: counters, standings, who is good and who is bad (pure). */
import type { Settings } from "../../engine/types.ts";
import type { Trouble } from "./causes/trouble.ts";
import type { DaemonSetFacts, Observation, PodFacts, RevisionFacts, StatusCounters } from "./facts.ts";
import type { Slot } from "./recount.ts";
import { isAvailable, isTerminating, isUpdated, recount, runsTemplate, slots } from "./recount.ts";
import type { Standing } from "./standing.ts";
import { standings } from "./standing.ts";

export interface TroubledPod {
  pod: PodFacts;
  trouble: Trouble;
}

export interface Situation {
  observation: Observation;
  settings: Settings;
  at: number;
  /** "daemonset/agent", for commands. */
  ref: string;
  slots: readonly Slot[];
  /** Pods whose node object does not exist. */
  orphans: readonly PodFacts[];
  counters: StatusCounters;
  standings: ReadonlyMap<string, Standing>;
  /** Hashes of revisions that differ from the present one in API defaults (C36) or a restart only: their pods are as good as its own. */
  equivalents: ReadonlySet<string>;
  /** Pods of the present revision, or one of the same template, that are available on Ready nodes. */
  good: readonly PodFacts[];
  /** Pods of other revisions that are available on Ready nodes. */
  oldGood: readonly PodFacts[];
  /** Troubled pods of the present revision on Ready nodes that should run one. */
  bad: readonly TroubledPod[];
  /** Pods within their start-up allowance, on Ready nodes. */
  starting: readonly { pod: PodFacts; until: number }[];
  /** Eligible nodes without any pod object. */
  podless: readonly string[];
  current: RevisionFacts | undefined;
  proven: RevisionFacts | undefined;
}

/** True when the recount meets every condition of a finished rollout, the pods' specs included. */
export function isRolledOut({
  observation,
  counters,
  slots: all,
}: Pick<Situation, "observation" | "counters" | "slots">): boolean {
  const { daemonSet } = observation;
  return (
    daemonSet.generation === daemonSet.observedGeneration &&
    counters.current === counters.desired &&
    counters.updated === counters.desired &&
    counters.available === counters.desired &&
    counters.misscheduled === 0 &&
    all.every(
      ({ shouldRun, pods }) =>
        !shouldRun ||
        (pods.length === 1 &&
          pods.every((pod) => !isTerminating(pod) && runsTemplate(pod, daemonSet, observation.revisions))),
    )
  );
}

/** Another revision of the same template but for what the API server fills in and the time of a restart. */
function isEquivalent({ hash, essence }: RevisionFacts, { currentHash, template }: DaemonSetFacts): boolean {
  return hash !== currentHash && essence === template.essence;
}

/**
 * The one revision that a rollback may go to: not the present template, its pods Available since before the present
 * revision was made, on at least half of the eligible Ready nodes. Undefined when there is none or more than one.
 * Never chosen by revision number: rollbacks rewrite the numbers (FAILURES fact 6).
 */
export function provenRevision(
  observation: Observation,
  all: readonly Slot[],
  settings: Settings,
): RevisionFacts | undefined {
  const { daemonSet, revisions, at } = observation;
  const current = revisions.find((revision) => revision.hash === daemonSet.currentHash);
  if (!current) return undefined;
  const eligibleReady = all.filter(({ node, shouldRun }) => shouldRun && node.ready === "True");
  const candidates = revisions.filter((revision) => {
    if (revision.templateHash === daemonSet.template.hash || isEquivalent(revision, daemonSet)) return false;
    const proof = eligibleReady.filter(({ pods }) =>
      pods.some(
        (pod) =>
          pod.revisionHash === revision.hash &&
          !isTerminating(pod) &&
          isAvailable(pod, daemonSet.minReadySeconds, at) &&
          pod.readyChangedAt !== undefined &&
          pod.readyChangedAt + settings.provenBeforeMs <= current.createdAt,
      ),
    );
    return proof.length > 0 && proof.length * 2 >= eligibleReady.length;
  });
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** Reads an observation once for everybody. */
export function situation(observation: Observation, settings: Settings): Situation {
  const { daemonSet, at } = observation;
  const { slots: all, orphans } = slots(observation);
  const standing = standings(observation, settings);
  const live = all
    .filter(({ node, shouldRun }) => shouldRun && node.ready === "True")
    .flatMap(({ pods }) => pods)
    .filter((pod) => !isTerminating(pod));
  const available = live.filter((pod) => standing.get(pod.uid)?.kind === "available");
  const equivalents = new Set(
    observation.revisions.filter((revision) => isEquivalent(revision, daemonSet)).map(({ hash }) => hash),
  );
  const isCurrent = (pod: PodFacts) => isUpdated(pod, daemonSet);
  const isAsCurrent = (pod: PodFacts) => isCurrent(pod) || equivalents.has(pod.revisionHash);
  return {
    observation,
    settings,
    at,
    ref: `daemonset/${daemonSet.name}`,
    slots: all,
    orphans,
    counters: recount(observation),
    standings: standing,
    equivalents,
    good: available.filter(isAsCurrent),
    oldGood: available.filter((pod) => !isAsCurrent(pod)),
    bad: live.flatMap((pod) => {
      const own = standing.get(pod.uid);
      return own?.kind === "troubled" && isCurrent(pod) ? [{ pod, trouble: own.trouble }] : [];
    }),
    starting: live.flatMap((pod) => {
      const own = standing.get(pod.uid);
      return own?.kind === "starting" ? [{ pod, until: own.until }] : [];
    }),
    podless: all.filter(({ shouldRun, pods }) => shouldRun && pods.length === 0).map(({ node }) => node.name),
    current: observation.revisions.find((revision) => revision.hash === daemonSet.currentHash),
    proven: provenRevision(observation, all, settings),
  };
}
