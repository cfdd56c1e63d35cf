/** From facts to findings (pure). The order of the checks is the specification's: FAILURES §3. */
import type { Diagnosis, Finding, Settings } from "../../engine/types.ts";
import { beingDeleted, controllerBehind, controllerLagMs } from "./causes/controller.ts";
import { creationFailing } from "./causes/creation.ts";
import { extraPods } from "./causes/extra-pods.ts";
import type { Group } from "./causes/group.ts";
import { titleOf } from "./causes/index.ts";
import { nodeDown, orphaned } from "./causes/nodes.ts";
import type { Moving } from "./causes/progress.ts";
import { freshening, moving } from "./causes/progress.ts";
import { groups } from "./causes/revision.ts";
import { staleFrom, staleStatus } from "./causes/stale.ts";
import { deselected, misscheduled, onDeleteOutdated } from "./causes/strategy.ts";
import { contested, onlyDefaults } from "./causes/template-history.ts";
import { stuckTerminating } from "./causes/terminating.ts";
import type { Observation } from "./facts.ts";
import { ruledOut } from "./ruled-out.ts";
import type { Situation } from "./situation.ts";
import { isRolledOut, situation } from "./situation.ts";

export interface Assessment {
  here: Situation;
  diagnosis: Diagnosis;
  /** Troubled pods of the present revision, grouped by what may be done about them. */
  groups: readonly Group[];
  /** Set while pods cannot be created: no deletions then. */
  creation: (Finding & { templateCaused: boolean }) | undefined;
  /** Set where any write would do damage, with the finding's reason and why. */
  frozen: { reason: string; message: string } | undefined;
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

/** Findings after which nothing may be written but what a person approved by name, and why. */
const FROZEN: Readonly<Record<string, string>> = {
  C33: "every new pod gets what admission injects, so nothing is deleted and no template written",
  C34: "every new pod may pull the broken image, so nothing is deleted and no template written",
  C37: "others change the template in turn, so nothing is written",
};

function frozenBy(findings: readonly Finding[]): Assessment["frozen"] {
  const first = findings.find(({ cause }) => FROZEN[cause] !== undefined);
  return first && { reason: first.reason, message: FROZEN[first.cause] ?? "" };
}

/** The first finding's sentence, and the others by name. */
function told(findings: readonly [Finding, ...Finding[]]): string {
  const [main, ...others] = findings;
  if (others.length === 0) return main.message;
  return `${main.message} Besides: ${namedOnce(others)}.`;
}

/** Each cause once, with all of its nodes: of a hundred stuck terminations each has a finding of its own. */
export function namedOnce(findings: readonly Finding[]): string {
  const causes = [...new Set(findings.map(({ cause }) => cause))];
  return causes
    .map((cause) => {
      const nodes = findings.filter((each) => each.cause === cause).flatMap((each) => each.nodes);
      return named({ cause, nodes: [...new Set(nodes)] });
    })
    .join("; ");
}

/** A finding in a few words: "a dead node that counts on n4 (C16)". */
export function named({ cause, nodes }: Pick<Finding, "cause" | "nodes">): string {
  const where = nodes.length > 0 ? ` on ${nodes.slice(0, 3).join(", ")}${nodes.length > 3 ? ", ..." : ""}` : "";
  return `${titleOf(cause)}${where} (${cause})`;
}

function unhealthy(here: Situation, findings: readonly [Finding, ...Finding[]]): Diagnosis {
  return {
    kind: "unhealthy",
    reason: findings[0].reason,
    message: told(findings),
    findings,
    ruledOut: ruledOut(here, findings),
  };
}

/** The one reading of an observation that diagnosis and plan share. */
export function assess(observation: Observation, settings: Settings): Assessment {
  const here = situation(observation, settings);
  const simply = (diagnosis: Diagnosis): Assessment => ({
    here,
    diagnosis,
    groups: [],
    creation: undefined,
    frozen: diagnosis.kind === "unhealthy" ? frozenBy(diagnosis.findings) : undefined,
  });
  const blocking = beingDeleted(here) ?? controllerBehind(here) ?? (isRolledOut(here) ? undefined : contested(here));
  if (blocking) return simply(unhealthy(here, [blocking]));
  if (controllerLagMs(here) > 0) {
    const until = here.at + settings.controllerSlackMs - controllerLagMs(here) + 1000;
    return simply(pending(here, [{ until, what: "the controller has not seen the newest spec yet" }], []));
  }
  if (isRolledOut(here) && here.bad.length === 0) return simply(rolledOut(here));
  return compose(here);
}

/** Healthy, unless the status has not followed: then the alert cannot end by itself. */
function rolledOut(here: Situation): Diagnosis {
  const left = staleFrom(here) === undefined ? undefined : orphaned(here);
  const fresh = freshening(here);
  if (fresh) return pending(here, [fresh], left ? [left] : []);
  // A pod of a removed node keeps the status as it was; its removal makes the controller count anew.
  if (staleFrom(here) !== undefined) return unhealthy(here, [left ?? staleStatus(here)]);
  return {
    kind: "healthy",
    reason: "Healthy",
    message:
      here.counters.desired === 0
        ? "No node is to run a pod of it: none matches its node selector, affinity and tolerations."
        : `All ${here.counters.desired} pods are up to date and available.`,
  };
}

function compose(here: Situation): Assessment {
  const creation = creationFailing(here);
  const grouped = groups(here);
  const present = (finding: Finding | undefined): Finding[] => (finding ? [finding] : []);
  const isFreezing = ({ finding }: Group): boolean => FROZEN[finding.cause] !== undefined;
  const others = grouped.filter((group) => !isFreezing(group));
  const findings = [
    ...present(creation),
    ...grouped.filter(isFreezing).map(({ finding }) => finding),
    ...others.filter(isActionable).map(({ finding }) => finding),
    ...present(nodeDown(here)),
    ...stuckTerminating(here),
    ...others.filter((group) => !isActionable(group)).map(({ finding }) => finding),
    ...present(extraPods(here)),
    ...present(onDeleteOutdated(here)),
    ...present(misscheduled(here)),
    ...present(deselected(here)),
    ...present(orphaned(here)),
  ];
  const harmless = present(onlyDefaults(here));
  const first = findings[0];
  const still = moving(here, creation === undefined).filter(({ aside }) => !aside || first === undefined);
  const decided = grouped.filter((group) => isActionable(group) && !isUndecided(group, here));
  const frozen = frozenBy(findings);
  const waits = still.length > 0 && decided.length === 0 && !creation;
  if (waits || (!first && here.at - lastMove(here) < here.settings.selfHealingAgeMs)) {
    return { here, groups: grouped, creation, frozen, diagnosis: pending(here, still, [...findings, ...harmless]) };
  }
  const diagnosis = unhealthy(here, [first ?? unknown(here), ...findings.slice(1), ...harmless]);
  return { here, diagnosis, groups: grouped, creation, frozen };
}

/** What is wrong with the rollout, or that nothing is, or that it is too early to say. */
export function diagnose(observation: Observation, { settings }: { settings: Settings }): Diagnosis {
  return assess(observation, settings).diagnosis;
}
