/** The findings about groups of troubled pods, in words (pure). */
import type { Finding } from "../../../engine/types.ts";
import { correlate } from "../correlate.ts";
import type { NodeFacts } from "../facts.ts";
import type { Situation, TroubledPod } from "../situation.ts";
import { restartsOfRollback } from "./blame.ts";
import { logCommands } from "./trouble.ts";

/** What the plan may do about a group of troubled pods. */
export interface Group {
  kind: "revision-fault" | "one-node" | "failed-pods" | "degraded" | "person";
  finding: Finding;
  pods: readonly TroubledPod[];
}

/** The pods by name. */
export function podNames(pods: readonly TroubledPod[]): string[] {
  return pods.map(({ pod }) => pod.name);
}

/** Each node once. */
export function nodeNames(pods: readonly TroubledPod[]): string[] {
  return [...new Set(pods.map(({ pod }) => pod.node))];
}

/** What the first five show. */
export function evidenceOf(pods: readonly TroubledPod[]): string[] {
  return pods
    .slice(0, 5)
    .flatMap(({ pod, trouble }) => trouble.evidence.map((line) => `pod ${pod.name} on ${pod.node}: ${line}`));
}

/** "3 of 4 pods run". */
export function running({ counters, good, oldGood }: Situation): string {
  return `${good.length + oldGood.length} of ${counters.desired} pods run`;
}

function undoCommand({ proven, ref, observation: { daemonSet } }: Situation): string | undefined {
  return proven && `kubectl rollout undo ${ref} -n ${daemonSet.namespace} --to-revision=${proven.number}`;
}

function wayBack(here: Situation): string {
  if (!here.proven)
    return "no other revision is proven on at least half of the nodes, so there is nothing safe to roll back to";
  if (here.observation.daemonSet.strategy === "OnDelete")
    return `under OnDelete rolling back to revision ${here.proven.number} restarts nothing, and the failing pods stay until somebody deletes them`;
  const restarts = restartsOfRollback(here);
  const what = restarts === 0 ? "nothing" : restarts === 1 ? "1 available pod" : `${restarts} available pods`;
  return `rolling back to revision ${here.proven.number} would restart ${what}`;
}

/** What separates the failing nodes from those where the same revision runs. */
function separating(here: Situation, pods: readonly TroubledPod[]) {
  const nodes = new Map(here.slots.map(({ node }) => [node.name, node]));
  const named = (names: readonly string[]): NodeFacts[] =>
    [...new Set(names)].map((name) => nodes.get(name)).filter((node) => node !== undefined);
  return correlate(named(nodeNames(pods)), named(here.good.map(({ node }) => node)));
}

/** No pod of the new revision runs anywhere, and what its pods show is the template's doing. */
export function revisionFault(here: Situation, pods: readonly TroubledPod[]): Group {
  const { observation, ref } = here;
  const { daemonSet } = observation;
  const first = pods[0];
  const trouble = first?.trouble;
  const undo = undoCommand(here);
  const what =
    trouble?.ofRevision ?? `the new revision does not start: ${trouble?.sentence ?? "its pods show no reason"}`;
  return {
    kind: "revision-fault",
    pods,
    finding: {
      cause: trouble?.cause ?? "C42",
      reason: trouble?.reason ?? "Unknown",
      message: `${running(here)}; ${what}; ${wayBack(here)}.`,
      evidence: [
        ...evidenceOf(pods),
        ...surgeOnHostNetwork(here, pods),
        `present revision ${here.current?.number ?? "?"}: 0 available, ${pods.length} in trouble; other revisions: ${here.oldGood.length} available`,
      ],
      pods: podNames(pods),
      nodes: nodeNames(pods),
      commands: [
        undo ?? `kubectl edit ${ref} -n ${daemonSet.namespace}`,
        ...(daemonSet.strategy === "OnDelete"
          ? pods
              .slice(0, 3)
              .map(({ pod }) => `kubectl delete pod ${pod.name} -n ${daemonSet.namespace}   # after that: OnDelete`)
          : []),
        `kubectl describe pod ${first?.pod.name} -n ${daemonSet.namespace}`,
      ],
    },
  };
}

/** C25: beside the old pod on the node's own network, the new one cannot have the same ports. */
function surgeOnHostNetwork({ observation, oldGood }: Situation, pods: readonly TroubledPod[]): string[] {
  const { maxSurge, template } = observation.daemonSet;
  const beside = pods.some(({ pod }) => oldGood.some(({ node }) => node === pod.node));
  return template.hostNetwork && beside
    ? [`maxSurge ${maxSurge} with hostNetwork: the old pod still holds its ports where the new one starts`]
    : [];
}

/** True when all that runs of the template was made before a restart of it. */
function runsFromBeforeRestart({ good, observation: { daemonSet, revisions } }: Situation): boolean {
  const same = revisions.filter(
    ({ hash, templateHash }) => hash !== daemonSet.currentHash && templateHash === daemonSet.template.hash,
  );
  return good.length > 0 && good.every(({ revisionHash }) => same.some(({ hash }) => hash === revisionHash));
}

/** The revision runs elsewhere; one node has trouble with it. */
export function oneNode(here: Situation, member: TroubledPod): Group {
  const { pod, trouble } = member;
  const [same, verdict] = runsFromBeforeRestart(here)
    ? [
        "template, from before it was restarted",
        `Something on ${pod.node} is not good, or what the template refers to: a ConfigMap, a Secret or an image tag may have changed before the restart.`,
      ]
    : ["revision", `The revision is good, something on ${pod.node} is not.`];
  const older = here.oldGood.length > 0 ? `, ${here.oldGood.length} with an older revision` : "";
  return {
    kind: "one-node",
    pods: [member],
    finding: {
      cause: "C04",
      reason: "OneNodeOnly",
      message: `${here.good.length} of ${here.counters.desired} pods run with the same ${same}${older}; only ${pod.name} on ${pod.node} does not: ${trouble.sentence}. ${verdict}`,
      evidence: [
        ...evidenceOf([member]),
        `${here.good.length} other ${here.good.length === 1 ? "pod" : "pods"} of the same ${same.split(",", 1)[0]} ${here.good.length === 1 ? "is" : "are"} available`,
        ...separating(here, [member]).map(({ sentence }) => sentence),
      ],
      pods: [pod.name],
      nodes: [pod.node],
      commands: [
        `kubectl describe node ${pod.node}   # repair or replace the node if a fresh pod has the same trouble`,
        ...logCommands(pod, trouble.container),
      ],
      root: `node/${pod.node}`,
    },
  };
}

/** Many pods of a revision that ran well lost readiness while their nodes stayed Ready. */
export function degraded(here: Situation, pods: readonly TroubledPod[]): Group {
  const { daemonSet } = here.observation;
  const nodes = nodeNames(pods);
  return {
    kind: "degraded",
    pods,
    finding: {
      cause: "C41",
      reason: "ProvenRevisionDegraded",
      message: `${pods.length} of ${here.counters.desired} pods ran well and lost readiness on Ready nodes (${nodes.slice(0, 5).join(", ")}); the template did not change. They share a cause: a dead back-end, an expired credential, or a deadlock that a fresh pod does not have.`,
      evidence: [...evidenceOf(pods), ...separating(here, pods).map(({ sentence }) => sentence)],
      pods: podNames(pods),
      nodes,
      commands: [
        `kubectl rollout restart ${here.ref} -n ${daemonSet.namespace}   # only if a fresh pod stays Ready`,
        ...pods.slice(0, 1).flatMap(({ pod, trouble }) => logCommands(pod, trouble.container)),
      ],
    },
  };
}

/** Shows what fills the node that the pod is meant for. */
function roomCommand(node: string): string {
  return `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}   # make room there, or give the DaemonSet a higher priorityClassName`;
}

/** "on n1" or "on 3 nodes (n1, n2, n3)". */
export function placed(nodes: readonly string[]): string {
  return nodes.length === 1 ? `on ${nodes[0]}` : `on ${nodes.length} nodes (${nodes.slice(0, 5).join(", ")})`;
}

/** Nodes on which a pod that is well runs the image that fails here (C03). */
function imageElsewhere({ good, oldGood }: Situation, { pod, trouble }: TroubledPod): string[] {
  const image = pod.containers.find(({ name }) => name === trouble.container)?.image;
  if (image === undefined || image === "") return [];
  return [...good, ...oldGood]
    .filter(({ containers }) => containers.some((each) => each.image === image))
    .map(({ node }) => node);
}

function sharedRoot(pods: readonly TroubledPod[]): Pick<Finding, "root"> {
  const root = pods[0]?.trouble.root;
  return root !== undefined && pods.every(({ trouble }) => trouble.root === root) ? { root } : {};
}

/** Nothing that may be written helps. `why` says so; undefined = revision or nodes, nobody knows. */
export function forPerson(here: Situation, pods: readonly TroubledPod[], why: string | undefined): Group {
  const first = pods[0];
  if (!first) throw new RangeError("a group needs a pod");
  const { trouble } = first;
  const shared = separating(here, pods);
  const platform = why === undefined && pods.length > 1 ? shared.find(({ what }) => PLATFORM.has(what)) : undefined;
  const alone = here.good.length === 0 && pods.length === 1;
  const own = why !== undefined || alone;
  const isOne = nodeNames(pods).length === 1;
  const elsewhere = trouble.cause === "C03" ? imageElsewhere(here, first) : [];
  return {
    kind: "person",
    pods,
    finding: {
      cause: platform ? "C28" : own ? trouble.cause : "C42",
      reason: platform ? "PlatformMismatch" : own ? trouble.reason : isOne ? "OneNodeUnproven" : "SeveralNodes",
      message: `${running(here)}; ${sentenceFor(here, pods, why)}`,
      evidence: [
        ...evidenceOf(pods),
        ...shared.map(({ sentence }) => sentence),
        ...(elsewhere.length > 0
          ? [`pods that are well run the same image on ${elsewhere.slice(0, 5).join(", ")}`]
          : []),
      ],
      pods: podNames(pods),
      nodes: nodeNames(pods),
      commands: commandsFor(here, first, { nodes: nodeNames(pods), isPlatform: platform !== undefined }),
      ...sharedRoot(pods),
    },
  };
}

/** Several nodes flap: those that look good just now are between two endings, too (C06). */
export function flappingFleet(here: Situation, pods: readonly TroubledPod[]): Group {
  const way = wayBack(here);
  return forPerson(here, pods, `On several nodes that is the revision, not the nodes; ${way}.`);
}

/** Reasons of a pod that would have a place if its node had more room. */
const NO_ROOM: ReadonlySet<string> = new Set(["Unschedulable", "HostPortTaken", "Preempted"]);

const PLATFORM: ReadonlySet<string> = new Set(["architecture", "operating system"]);

function sentenceFor(here: Situation, pods: readonly TroubledPod[], why: string | undefined): string {
  const nodes = nodeNames(pods);
  const first = pods[0];
  const what = first?.trouble.sentence;
  if (why !== undefined) {
    // What one pod shows may name its own node: it is not said of the others.
    return pods.length === 1
      ? `pod ${first?.pod.name} ${placed(nodes)} ${what}. ${why}`
      : `${pods.length} pods ${placed(nodes)} have the same trouble, as ${first?.pod.name} shows: ${what}. ${why}`;
  }
  if (here.good.length === 0 && pods.length === 1)
    return `pod ${first?.pod.name} ${placed(nodes)} ${what}. Whether its revision or its node is to blame is not known, so nothing is changed.`;
  const elsewhere = runsFromBeforeRestart(here)
    ? " although the same template, from before it was restarted, runs elsewhere"
    : here.good.length > 0
      ? " although the same revision runs elsewhere"
      : "";
  if (nodes.length === 1)
    return `pod ${first?.pod.name} ${placed(nodes)} has trouble${elsewhere}: ${what}. Too few pods of it run, or not for long enough, to tell its node's fault from the revision's, so nothing is changed.`;
  const shared = separating(here, pods)[0];
  const share = shared
    ? `They have something in common: ${shared.sentence}.`
    : "What these nodes share is not known, so nothing is changed.";
  return `pods ${placed(nodes)} have trouble${elsewhere}: ${what}. ${share}`;
}

function commandsFor(
  here: Situation,
  { pod, trouble }: TroubledPod,
  { nodes, isPlatform }: { nodes: readonly string[]; isPlatform: boolean },
): string[] {
  const { namespace } = here.observation.daemonSet;
  const isPlatformKnown = isPlatform || trouble.cause === "C28";
  return [
    ...(trouble.commands ?? []),
    ...(isPlatformKnown
      ? [
          `kubectl edit ${here.ref} -n ${namespace}   # a nodeSelector for kubernetes.io/arch and kubernetes.io/os, or an image that is built for ${nodes[0]}`,
        ]
      : []),
    ...(NO_ROOM.has(trouble.reason) ? [roomCommand(pod.node)] : []),
    `kubectl describe pod ${pod.name} -n ${namespace}`,
    `kubectl get nodes ${nodes.slice(0, 5).join(" ")} -o wide`,
    ...logCommands(pod, trouble.container),
  ];
}
