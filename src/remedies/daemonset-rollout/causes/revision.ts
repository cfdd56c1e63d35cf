/** Who is to blame where: the revision, one node, the surroundings, or nobody knows (pure). C04, C41 and the groups of all pods' troubles. */
import type { Situation, TroubledPod } from "../situation.ts";
import { requiredSoakMs } from "../soak.ts";
import { beyondWrites, blame } from "./blame.ts";
import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import { failedPods } from "./failed-pods.ts";
import type { Group } from "./group.ts";
import { degraded, flappingFleet, forPerson, nodeNames, oneNode, revisionFault } from "./group.ts";

/** Least number of pods that must degrade together to be one event (C41). */
function manyOf(desired: number): number {
  return Math.max(2, Math.ceil(desired * 0.1));
}

/** Pods that lose readiness within this time have one event in common (C41). */
const AT_ONCE_MS = 15 * 60_000;

function atOnce(lost: readonly TroubledPod[]): boolean {
  const times = lost.map(({ pod }) => pod.readyChangedAt ?? 0);
  return Math.max(...times) - Math.min(...times) <= AT_ONCE_MS;
}

function quietTemplate({ observation, current, at, settings }: Situation): boolean {
  const { daemonSet } = observation;
  return (
    daemonSet.generation === daemonSet.observedGeneration &&
    current !== undefined &&
    // A rollback brings an old revision back: its age says nothing about when the template changed.
    at - Math.max(current.createdAt, daemonSet.specChangedAt ?? 0) >= settings.quietTemplateMs
  );
}

/** Sorts the troubled pods of the present revision into groups with one finding each, one group for each reason. */
export function groups(here: Situation): Group[] {
  const failed = here.bad.filter(({ trouble }) => trouble.cause === "C14");
  const rest = here.bad.filter(({ trouble }) => trouble.cause !== "C14");
  const result = failedPods(here, failed);
  const lost = rest.filter(({ trouble }) => trouble.ranBefore);
  const isDegraded = lost.length >= manyOf(here.counters.desired) && atOnce(lost) && quietTemplate(here);
  if (isDegraded) result.push(degraded(here, lost));
  const others = isDegraded ? rest.filter(({ trouble }) => !trouble.ranBefore) : rest;
  const runsNowhere = here.good.length === 0 && !isDegraded;
  const judged = runsNowhere ? withoutGood(here, others) : besideGood(here, others);
  // The replacement of a Failed pod would fail as the revision does: that comes first.
  return judged.some(({ kind }) => kind === "revision-fault") ? [...judged, ...result] : [...result, ...judged];
}

/** No pod of the revision runs: what its pods show is its own doing, or that of something outside. */
function withoutGood(here: Situation, others: readonly TroubledPod[]): Group[] {
  const judged = others.map((member) => ({ member, blamed: blame(member, here) }));
  const own = judged.filter(({ blamed }) => blamed.revision).map(({ member }) => member);
  const certainFirst = byReason(own).sort((a, b) => Number(isCertain(b)) - Number(isCertain(a)));
  const foreign = judged.flatMap(({ member, blamed }) => (blamed.revision ? [] : [{ member, why: blamed.why }]));
  return [
    ...certainFirst.map((members) => revisionFault(here, members)),
    ...byReason(foreign.map(({ member }) => member)).map((members) =>
      forPerson(here, members, foreign.find(({ member }) => member === members[0])?.why),
    ),
  ];
}

function isCertain(members: readonly TroubledPod[]): boolean {
  return members.some(({ trouble }) => trouble.blame === "template");
}

/** The revision runs elsewhere. */
function besideGood(here: Situation, others: readonly TroubledPod[]): Group[] {
  return byReason(others).flatMap((members) => {
    const first = members[0];
    if (!first) return [];
    if (first.trouble.blame === "surroundings" || !first.trouble.recreationCanHelp)
      return [forPerson(here, members, beyondWrites(first.trouble, here))];
    if (first.trouble.cause === "C06" && nodeNames(members).length > 1) return [flappingFleet(here, members)];
    if (nodeNames(members).length === 1 && isGoodElsewhere(here, first)) return [oneNode(here, first)];
    return [forPerson(here, members, undefined)];
  });
}

/**
 * The revision runs on at least half of the nodes, or, for a trouble that is known, on one where it has proven itself:
 * available for the soak and never restarted. One bad node in the middle of a rollout is not the revision's fault (C04).
 */
function isGoodElsewhere({ good, counters, observation, settings, at }: Situation, { trouble }: TroubledPod): boolean {
  if (2 * good.length >= counters.desired) return true;
  if (trouble.cause === "C42") return false;
  const soak = requiredSoakMs(observation.pods, observation.daemonSet.minReadySeconds, settings);
  return good.some(
    (pod) =>
      pod.readyChangedAt !== undefined &&
      at - pod.readyChangedAt >= soak &&
      pod.containers.every(({ restartCount }) => restartCount === 0),
  );
}

function byReason(pods: readonly TroubledPod[]): TroubledPod[][] {
  const reasons = new Map<string, TroubledPod[]>();
  for (const member of pods)
    reasons.set(member.trouble.reason, [...(reasons.get(member.trouble.reason) ?? []), member]);
  return [...reasons.values()];
}

export const revisionCauses: readonly Cause[] = [
  {
    id: "C04",
    title: "one node only",
    signature:
      "At least one pod of the revision is available, and all that fail for one reason are on one node. What that node has and the others have not (architecture, pool, zone, kernel, runtime) is told.",
    shownBy: "pods of the present revision by node; status.nodeInfo and labels of the nodes",
    helps: {
      delete: "once: a fresh sandbox, fresh volumes and no back-off; the same reason again means the node",
      restart: "no: it would replace the pods that are well and leave this node as it is",
      rollback: "no: the revision is good",
    },
    forbidden: "rollback, restart, and a second deletion for the same reason",
    person: [
      "kubectl describe node {node}   # repair or replace the node if a fresh pod has the same trouble",
      "kubectl logs {pod} -n {namespace} --previous",
      "kubectl logs {pod} -n {namespace}",
    ],
    source: "pkg/controller/daemon/update.go; FAILURES C04",
  },
  {
    id: "C41",
    title: "a proven revision lost readiness on many nodes at once",
    signature:
      "The template has not changed for an hour, and at least two pods and a tenth of the fleet lost readiness within 15 minutes on Ready nodes, without a restart.",
    shownBy: "the pods' Ready conditions; the revision's age",
    helps: {
      delete: "one, as a canary: its replacement shows whether a fresh pod is well",
      restart: "yes, once the canary has healed and half of the pods need it: the one cause where it is the right tool",
      rollback: "no: the template did not change",
    },
    forbidden: "more deletions when the canary does not heal; deletions for log shippers and drivers without approval",
    person: [
      "kubectl rollout restart daemonset/{daemonset} -n {namespace}   # only if a fresh pod stays Ready",
      "kubectl logs {pod} -n {namespace}",
    ],
    source: "DESIGN, the canary",
  },
  {
    id: "C42",
    title: "unknown",
    signature:
      "Nothing else explains it: pods are not Ready and show none of the known troubles, or several nodes fail and what they share is not known.",
    shownBy: "what is left after every other check",
    helps: {
      delete: "once, where one node fails and at least half of its siblings are available",
      restart: RESTART_NO,
      rollback: "no: nothing speaks against the template",
    },
    forbidden: "any write where several nodes fail",
    person: [
      "kubectl describe daemonset/{daemonset} -n {namespace}",
      "kubectl describe daemonset/{daemonset} -n {namespace}   # {name}",
      "kubectl describe pod {pod} -n {namespace}",
      "kubectl describe node {node}   # repair or replace the node if a fresh pod has the same trouble",
    ],
    source: "FAILURES C42",
  },
];
