/** What the engine's guards judge by, drawn from an observation (pure). */
import type { GuardFacts, Settings } from "../../engine/types.ts";
import { isLeaving } from "./eligibility.ts";
import type { Observation } from "./facts.ts";
import { isUpdated, recount } from "./recount.ts";
import { situation } from "./situation.ts";

/** Every node that should run the pod or has one. */
export function guardFacts(observation: Observation, settings: Settings): GuardFacts {
  const { daemonSet } = observation;
  const here = situation(observation, settings);
  const troubled = new Set(here.bad.map(({ pod }) => pod.uid));
  const concerned = here.slots.filter(({ shouldRun, pods }) => shouldRun || pods.length > 0);
  return {
    annotations: daemonSet.annotations,
    labels: daemonSet.labels,
    namespaceAnnotations: observation.namespaceAnnotations,
    controller: daemonSet.controller,
    templateManagers: daemonSet.templateManagers,
    nodes: concerned.map(({ node, pods }) => ({
      name: node.name,
      ready: node.ready === "True",
      createdAt: node.createdAt,
      readyChangedAt: node.readyChangedAt,
      leaving: isLeaving(node),
      podStartedAt: pods.find((pod) => isUpdated(pod, daemonSet))?.createdAt,
    })),
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
