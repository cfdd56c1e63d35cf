/** What the engine's guards judge by, drawn from an observation (pure). */
import type { GuardFacts, Settings } from "../../engine/types.ts";
import { isLeaving, zoneOf } from "./eligibility.ts";
import type { Observation, PodFacts } from "./facts.ts";
import { isUpdated, recount } from "./recount.ts";
import { situation } from "./situation.ts";

/** When a pod began to work on its node: as its first containers ran, else as it was created. */
function startOf({ createdAt, containers }: PodFacts): number {
  const firstRuns = containers.filter(({ restartCount }) => restartCount === 0).map((c) => c.runningSince ?? 0);
  return Math.max(createdAt, ...firstRuns);
}

/** Since when a pod has not worked: as it lost readiness, else as it was created. */
function troubleBegan({ createdAt, readyChangedAt }: PodFacts): number {
  return Math.max(createdAt, readyChangedAt ?? 0);
}

/** Every node that should run the pod or has one. */
export function guardFacts(observation: Observation, settings: Settings): GuardFacts {
  const { daemonSet } = observation;
  const here = situation(observation, settings);
  const troubled = new Set(here.bad.map(({ pod }) => pod.uid));
  const concerned = here.slots.filter(({ shouldRun, pods }) => shouldRun || pods.length > 0);
  return {
    namespace: daemonSet.namespace,
    name: daemonSet.name,
    annotations: daemonSet.annotations,
    labels: daemonSet.labels,
    namespaceAnnotations: observation.namespaceAnnotations,
    controller: daemonSet.controller,
    templateManagers: daemonSet.templateManagers,
    structure: daemonSet.template.structure,
    images: Object.values(daemonSet.template.images),
    updateStrategy: daemonSet.strategy,
    desired: here.counters.desired,
    failedPods: observation.pods.filter(({ phase }) => phase === "Failed").map(({ uid }) => uid),
    nodes: concerned.map(({ node, pods }) => {
      const current = pods.find((pod) => isUpdated(pod, daemonSet));
      const bad = pods.filter(({ uid }) => troubled.has(uid)).map(troubleBegan);
      return {
        name: node.name,
        ready: node.ready === "True",
        createdAt: node.createdAt,
        readyChangedAt: node.readyChangedAt,
        leaving: isLeaving(node),
        podStartedAt: current && startOf(current),
        zone: zoneOf(node),
        troubledSince: bad.length > 0 ? Math.min(...bad) : undefined,
      };
    }),
    troubledNodes: concerned
      .filter(({ node, pods }) => node.ready !== "True" || pods.some(({ uid }) => troubled.has(uid)))
      .map(({ node }) => node.name),
  };
}

/** At least half of the desired pods are available. */
export function mostlyWorks(observation: Observation): boolean {
  const counters = recount(observation);
  return 2 * counters.available >= counters.desired;
}
