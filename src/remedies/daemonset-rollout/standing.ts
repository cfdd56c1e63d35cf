/** How each pod of the DaemonSet stands (pure): the first of the ordered checks that applies. */
import type { Settings } from "../../engine/types.ts";
import { recogniseConfig, recogniseCreating } from "./causes/config.ts";
import { recogniseCrash, recogniseFlapping, recogniseInitWaiting } from "./causes/crash.ts";
import { recogniseImage } from "./causes/image.ts";
import { injected } from "./causes/injected.ts";
import { movedTag } from "./causes/moved-tag.ts";
import { recogniseReadiness } from "./causes/readiness.ts";
import { recogniseFailed, recogniseUnschedulable } from "./causes/scheduling.ts";
import { recogniseSkew } from "./causes/stale.ts";
import type { PodCase, Recognise, Trouble } from "./causes/trouble.ts";
import { startedAt } from "./causes/trouble.ts";
import { recogniseUnknown } from "./causes/unknown.ts";
import type { NodeFacts, Observation, PodFacts } from "./facts.ts";
import { isAvailable } from "./recount.ts";

export type Standing =
  | { kind: "available" }
  /** Ready, but not yet for minReadySeconds; or young and without a recognised trouble. */
  | { kind: "starting"; until: number }
  | { kind: "terminating"; deadline: number; stuck: boolean }
  /** Its node does not answer: nothing the pod shows counts against its revision. */
  | { kind: "node-down" }
  | { kind: "troubled"; trouble: Trouble };

/** Order matters: what is certain at once comes before what needs time to be certain. */
const RECOGNISERS: readonly Recognise[] = [
  recogniseFailed,
  recogniseUnschedulable,
  recogniseImage,
  recogniseCrash,
  recogniseConfig,
  recogniseReadiness,
  recogniseInitWaiting,
  recogniseCreating,
  recogniseUnknown,
];

/** Slowest creation→Ready among the pods that made it, in milliseconds. */
export function slowestStart(pods: readonly PodFacts[]): number {
  const starts = pods
    .filter((pod) => pod.ready && pod.readyChangedAt !== undefined && pod.containers.every((c) => c.restartCount === 0))
    .map((pod) => (pod.readyChangedAt ?? 0) - pod.createdAt)
    .filter((ms) => ms >= 0 && ms < 30 * 60_000);
  return Math.max(0, ...starts);
}

/** The time a pod may take to start before its slowness counts (DESIGN.md, step 3). */
export function startupAllowance(observation: Observation, floorMs: number): number {
  return Math.max(floorMs, observation.daemonSet.template.startupAllowanceMs, 2 * slowestStart(observation.pods));
}

/**
 * When the node of a running pod came back after the pod lost readiness with it. Until the kubelet has spoken again, the
 * pod shows what the node lifecycle controller wrote while the node was away (FAILURES §1.7).
 */
function nodeCameBackAt({ pod, node }: PodCase): number | undefined {
  const { phase, readyChangedAt, containers } = pod;
  if (phase !== "Running" || containers.some(({ waiting }) => waiting !== undefined)) return undefined;
  const back = node?.readyChangedAt;
  return back !== undefined && readyChangedAt !== undefined && readyChangedAt < back ? back : undefined;
}

function standingOf(podCase: PodCase, minReadySeconds: number): Standing {
  const { pod, node, at, settings, allowanceMs } = podCase;
  if (pod.deletionDeadline !== undefined) {
    const stuck = at > pod.deletionDeadline + settings.terminationSlackMs;
    return { kind: "terminating", deadline: pod.deletionDeadline, stuck };
  }
  if (node?.ready !== "True") return { kind: "node-down" };
  if (isAvailable(pod, minReadySeconds, at)) {
    const flapping = recogniseFlapping(podCase);
    return flapping ? { kind: "troubled", trouble: flapping } : { kind: "available" };
  }
  if (pod.ready) {
    const skewed = recogniseSkew(podCase);
    if (skewed) return { kind: "troubled", trouble: skewed };
    return { kind: "starting", until: (pod.readyChangedAt ?? at) + minReadySeconds * 1000 };
  }
  const back = nodeCameBackAt(podCase);
  if (back !== undefined && at - back < allowanceMs) return { kind: "starting", until: back + allowanceMs };
  for (const recognise of RECOGNISERS) {
    const trouble = recognise(podCase);
    // What admission put into the pod, or a tag that moved, is at fault before anything the template says.
    if (trouble)
      return { kind: "troubled", trouble: injected(podCase, trouble) ?? movedTag(podCase, trouble) ?? trouble };
  }
  return { kind: "starting", until: Math.max(startedAt(pod) + allowanceMs, at + 1000) };
}

/** The standing of every pod, by uid. */
export function standings(observation: Observation, settings: Settings): ReadonlyMap<string, Standing> {
  const nodes = new Map<string, NodeFacts>(observation.nodes.map((node) => [node.name, node]));
  const allowanceMs = startupAllowance(observation, settings.selfHealingAgeMs);
  const { daemonSet, events, at } = observation;
  return new Map(
    observation.pods.map((pod) => [
      pod.uid,
      standingOf(
        { pod, node: nodes.get(pod.node), daemonSet, events, at, settings, allowanceMs, observation },
        daemonSet.minReadySeconds,
      ),
    ]),
  );
}
