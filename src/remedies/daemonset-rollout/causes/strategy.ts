/** C24 OnDelete with outdated pods · C26 misscheduled pods. Neither is a fault that a write of ours should end. */
import type { Finding } from "../../../engine/types.ts";
import { untoleratedTaints } from "../eligibility.ts";
import { isUpdated } from "../recount.ts";
import type { Situation } from "../situation.ts";

/** Under OnDelete a person decides when a pod gets the new template. */
export function onDeleteOutdated(here: Situation): Finding | undefined {
  const { daemonSet } = here.observation;
  if (daemonSet.strategy !== "OnDelete") return undefined;
  const outdated = here.slots
    .filter(({ shouldRun }) => shouldRun)
    .flatMap(({ pods }) => pods)
    .filter((pod) => !isUpdated(pod, daemonSet));
  if (outdated.length === 0) return undefined;
  return {
    cause: "C24",
    reason: "OnDeleteOutdated",
    message: `${outdated.length} of ${here.counters.desired} pods run an older template because the update strategy is OnDelete: each is replaced only when somebody deletes it.`,
    evidence: [`updateStrategy OnDelete, updated ${here.counters.updated} of ${here.counters.desired}`],
    pods: outdated.map(({ name }) => name),
    nodes: outdated.map(({ node }) => node),
    commands: outdated
      .slice(0, 3)
      .map(
        ({ name, node }) =>
          `kubectl delete pod ${name} -n ${daemonSet.namespace}   # on ${node}; wait for its replacement before the next`,
      ),
  };
}

/** Pods on nodes that should not run them any more. Dead nodes are reported by their own cause. */
export function misscheduled(here: Situation): Finding | undefined {
  const { daemonSet } = here.observation;
  const wrong = here.slots.filter(
    ({ node, shouldRun, pods }) => !shouldRun && pods.length > 0 && node.ready === "True",
  );
  if (wrong.length === 0) return undefined;
  const why = wrong.map(({ node }) => {
    const taints = untoleratedTaints(node, daemonSet.template).map(
      ({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`,
    );
    return `${node.name}: ${taints.length > 0 ? `taint ${taints.join(", ")}` : "not selected by the template's node selector or affinity"}`;
  });
  const pods = wrong.flatMap((slot) => slot.pods);
  return {
    cause: "C26",
    reason: "Misscheduled",
    message: `${pods.length} pod${pods.length === 1 ? " runs" : "s run"} on nodes that should not have one (${why.slice(0, 3).join("; ")}). Whether these nodes should be covered is a person's decision.`,
    evidence: why,
    pods: pods.map(({ name }) => name),
    nodes: wrong.map(({ node }) => node.name),
    commands: [
      `kubectl edit ${here.ref} -n ${daemonSet.namespace}   # add a toleration if ${wrong[0]?.node.name} should keep its pod`,
      `kubectl delete pod ${pods[0]?.name} -n ${daemonSet.namespace}   # it will not come back: ${wrong[0]?.node.name} loses this agent`,
    ],
  };
}
