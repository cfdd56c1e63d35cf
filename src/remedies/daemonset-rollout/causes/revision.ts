/** C01-C12 as faults of the new revision · C04 one node only · C41 proven revision degraded · C42 unknown. */
import type { Finding } from "../../../engine/types.ts";
import type { Situation, TroubledPod } from "../situation.ts";
import { requiredSoakMs } from "../soak.ts";
import { logCommands } from "./trouble.ts";

/** What the plan may do about a group of troubled pods. */
export type Group =
  | { kind: "revision-fault"; finding: Finding; pods: readonly TroubledPod[] }
  | { kind: "one-node"; finding: Finding; pods: readonly TroubledPod[] }
  | { kind: "failed-pods"; finding: Finding; pods: readonly TroubledPod[] }
  | { kind: "degraded"; finding: Finding; pods: readonly TroubledPod[] }
  | { kind: "person"; finding: Finding; pods: readonly TroubledPod[] };

function podNames(pods: readonly TroubledPod[]): string[] {
  return pods.map(({ pod }) => pod.name);
}

function nodeNames(pods: readonly TroubledPod[]): string[] {
  return [...new Set(pods.map(({ pod }) => pod.node))];
}

function evidenceOf(pods: readonly TroubledPod[]): string[] {
  return pods
    .slice(0, 5)
    .flatMap(({ pod, trouble }) => trouble.evidence.map((line) => `pod ${pod.name} on ${pod.node}: ${line}`));
}

function running({ counters, good, oldGood }: Situation): string {
  return `${good.length + oldGood.length} of ${counters.desired} pods run`;
}

function undoCommand({ proven, ref, observation: { daemonSet } }: Situation): string | undefined {
  return proven && `kubectl rollout undo ${ref} -n ${daemonSet.namespace} --to-revision=${proven.number}`;
}

/** No pod of the new revision runs anywhere, and what its pods show is the template's doing. */
function revisionFault(here: Situation, pods: readonly TroubledPod[]): Group {
  const { proven, observation, ref } = here;
  const { daemonSet } = observation;
  const first = pods[0];
  const trouble = first?.trouble;
  const undo = undoCommand(here);
  const way = proven
    ? `Revision ${proven.number} is proven on ${here.oldGood.filter(({ revisionHash }) => revisionHash === proven.hash).length} nodes.`
    : "No other revision is proven on at least half of the nodes, so there is nothing safe to roll back to.";
  return {
    kind: "revision-fault",
    pods,
    finding: {
      cause: trouble?.cause ?? "C42",
      reason: trouble?.reason ?? "Unknown",
      message: `${running(here)}; the new revision does not: ${trouble?.sentence ?? "its pods do not start"}. ${way}`,
      evidence: [
        ...evidenceOf(pods),
        `present revision ${here.current?.number ?? "?"}: 0 available, ${pods.length} in trouble; other revisions: ${here.oldGood.length} available`,
      ],
      pods: podNames(pods),
      nodes: nodeNames(pods),
      commands: [
        undo ?? `kubectl edit ${ref} -n ${daemonSet.namespace}`,
        `kubectl describe pod ${first?.pod.name} -n ${daemonSet.namespace}`,
      ],
    },
  };
}

/** The revision runs elsewhere; one node has trouble with it. */
function oneNode(here: Situation, member: TroubledPod): Group {
  const { pod, trouble } = member;
  return {
    kind: "one-node",
    pods: [member],
    finding: {
      cause: "C04",
      reason: "OneNodeOnly",
      message: `${running(here)} with the same revision; only ${pod.name} on ${pod.node} does not: ${trouble.sentence}. The revision is good, something on ${pod.node} is not.`,
      evidence: [...evidenceOf([member]), `${here.good.length} other pods of the same revision are available`],
      pods: [pod.name],
      nodes: [pod.node],
      commands: [
        `kubectl describe node ${pod.node}   # repair or replace the node if a fresh pod has the same trouble`,
        ...logCommands(pod),
      ],
    },
  };
}

function failedPods(here: Situation, pods: readonly TroubledPod[]): Group {
  const pressed = pods.filter(({ trouble }) => !trouble.recreationCanHelp);
  const { daemonSet } = here.observation;
  const first = pressed[0] ?? pods[0];
  return {
    kind: "failed-pods",
    pods: pods.filter(({ trouble }) => trouble.recreationCanHelp),
    finding: {
      cause: "C14",
      reason: pressed.length > 0 ? "NodePressure" : "PodFailed",
      message:
        pressed.length > 0
          ? `${running(here)}; pod ${first?.pod.name} on ${first?.pod.node} ${first?.trouble.sentence}. A new pod would be evicted again while that lasts.`
          : `${running(here)}; pod ${first?.pod.name} on ${first?.pod.node} ${first?.trouble.sentence}. The cause is gone, so deleting the failed pod brings its replacement at once.`,
      evidence: evidenceOf(pods),
      pods: podNames(pods),
      nodes: nodeNames(pods),
      commands: [
        pressed.length > 0
          ? `kubectl describe node ${first?.pod.node}   # relieve ${here.slots.find(({ node }) => node.name === first?.pod.node)?.node.pressures.join(", ")}`
          : `kubectl delete pod ${first?.pod.name} -n ${daemonSet.namespace}`,
      ],
    },
  };
}

/** Many pods of a revision that ran well lost readiness while their nodes stayed Ready. */
function degraded(here: Situation, pods: readonly TroubledPod[]): Group {
  const { daemonSet } = here.observation;
  const nodes = nodeNames(pods);
  return {
    kind: "degraded",
    pods,
    finding: {
      cause: "C41",
      reason: "ProvenRevisionDegraded",
      message: `${pods.length} of ${here.counters.desired} pods ran well and lost readiness on Ready nodes (${nodes.slice(0, 5).join(", ")}); the template did not change. They share a cause: a dead back-end, an expired credential, or a deadlock that a fresh pod does not have.`,
      evidence: evidenceOf(pods),
      pods: podNames(pods),
      nodes,
      commands: [
        `kubectl rollout restart ${here.ref} -n ${daemonSet.namespace}   # only if a fresh pod stays Ready`,
        `kubectl logs ${pods[0]?.pod.name} -n ${daemonSet.namespace}`,
      ],
    },
  };
}

/** Shows what fills the node that the pod is meant for. */
function roomCommand(node: string): string {
  return `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}   # make room there, or give the DaemonSet a higher priorityClassName`;
}

function forPerson(here: Situation, pods: readonly TroubledPod[], kind: "surroundings" | "several"): Group {
  const first = pods[0];
  const { daemonSet } = here.observation;
  const nodes = nodeNames(pods);
  const where = nodes.length === 1 ? `on ${nodes[0]}` : `on ${nodes.length} nodes (${nodes.slice(0, 5).join(", ")})`;
  const alone = here.good.length === 0 && pods.length === 1;
  const own = kind === "surroundings" || alone ? first?.trouble : undefined;
  const message = (): string => {
    const what = first?.trouble.sentence;
    if (kind === "surroundings")
      return `pod ${first?.pod.name} ${where} ${what}. Neither a new pod nor another template changes that.`;
    if (alone)
      return `pod ${first?.pod.name} ${where} ${what}. Whether its revision or its node is to blame is not known, so nothing is changed.`;
    const elsewhere = here.good.length > 0 ? " although the same revision runs elsewhere" : "";
    return `pods ${where} have trouble${elsewhere}: ${what}. What these nodes share is not known, so nothing is changed.`;
  };
  return {
    kind: "person",
    pods,
    finding: {
      cause: own?.cause ?? "C42",
      reason: own?.reason ?? "SeveralNodes",
      message: `${running(here)}; ${message()}`,
      evidence: evidenceOf(pods),
      pods: podNames(pods),
      nodes,
      commands: [
        ...(first?.trouble.cause === "C13" ? [roomCommand(first.pod.node)] : []),
        `kubectl describe pod ${first?.pod.name} -n ${daemonSet.namespace}`,
        `kubectl get nodes ${nodes.slice(0, 5).join(" ")} -o wide`,
        ...(first ? logCommands(first.pod) : []),
      ],
    },
  };
}

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

function isRevisionsOwn({ trouble }: TroubledPod, here: Situation): boolean {
  if (trouble.blame === "template") return true;
  // One new pod and no good one is ambiguous: a sandbox, or what nobody recognises, speaks of the node (FAILURES §3.7).
  if (trouble.blame === "either") return !trouble.ranBefore && trouble.cause !== "C12" && trouble.cause !== "C42";
  // Unschedulable counts against the revision only when it asks for other resources than the proven one.
  return (
    trouble.cause === "C13" &&
    here.proven !== undefined &&
    here.proven.admission.requests !== here.observation.daemonSet.template.admission.requests
  );
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

/** Sorts the troubled pods of the present revision into groups with one finding each. */
export function groups(here: Situation): Group[] {
  const failed = here.bad.filter(({ trouble }) => trouble.cause === "C14");
  const rest = here.bad.filter(({ trouble }) => trouble.cause !== "C14");
  const result: Group[] = failed.length > 0 ? [failedPods(here, failed)] : [];
  const lost = rest.filter(({ trouble }) => trouble.ranBefore);
  const isDegraded = lost.length >= manyOf(here.counters.desired) && atOnce(lost) && quietTemplate(here);
  if (isDegraded) result.push(degraded(here, lost));
  const others = isDegraded ? rest.filter(({ trouble }) => !trouble.ranBefore) : rest;
  if (here.good.length === 0 && !isDegraded) {
    const own = others.filter((member) => isRevisionsOwn(member, here));
    const foreign = others.filter((member) => !own.includes(member));
    if (own.length > 0) result.push(revisionFault(here, own));
    if (foreign.length > 0)
      result.push(
        forPerson(
          here,
          foreign,
          foreign.some(({ trouble }) => trouble.blame === "surroundings") ? "surroundings" : "several",
        ),
      );
    return result;
  }
  for (const members of byReason(others)) {
    const first = members[0];
    if (!first) continue;
    if (first.trouble.blame === "surroundings" || !first.trouble.recreationCanHelp)
      result.push(forPerson(here, members, "surroundings"));
    else if (nodeNames(members).length === 1 && isGoodElsewhere(here, first)) result.push(oneNode(here, first));
    else result.push(forPerson(here, members, "several"));
  }
  return result;
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
