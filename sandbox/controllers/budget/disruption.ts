/** What a PodDisruptionBudget allows (pkg/controller/disruption). Pure. */
import type { Pod } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "kubernetes-types/policy/v1";
import { isEmptySelector, matchesSelector } from "../rules/labels.ts";
import { isPodReady, isTerminal, isTerminating } from "../rules/pods.ts";

/** A number of pods, or a percentage of `total` rounded up. */
function resolved(value: number | string, total: number): number {
  if (typeof value === "number") return value;
  const share = Number.parseInt(value, 10);
  return Number.isNaN(share) ? 0 : Math.ceil((share * total) / 100);
}

/**
 * The status that the budget should have; `at` stands in a condition that changes. Percentages and maxUnavailable are of
 * the pods that there are: the real controller takes the scale of their owner, which a DaemonSet does not have.
 */
export function disruptionStatus(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  at: string,
): PodDisruptionBudgetStatus {
  const { selector, minAvailable, maxUnavailable } = budget.spec ?? {};
  const mine = pods.filter(
    (pod) => !isTerminal(pod) && (isEmptySelector(selector) || matchesSelector(selector, pod.metadata?.labels)),
  );
  const expectedPods = mine.length;
  const currentHealthy = mine.filter((pod) => isPodReady(pod) && !isTerminating(pod)).length;
  const desiredHealthy =
    maxUnavailable === undefined
      ? resolved(minAvailable ?? 1, expectedPods)
      : Math.max(0, expectedPods - resolved(maxUnavailable, expectedPods));
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const status = disruptionsAllowed > 0 ? "True" : "False";
  const before = budget.status?.conditions?.find(({ type }) => type === "DisruptionAllowed");
  const condition = {
    type: "DisruptionAllowed",
    status,
    reason: disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : at,
    observedGeneration: budget.metadata?.generation ?? 0,
  };
  return {
    conditions: [condition],
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods,
    observedGeneration: budget.metadata?.generation ?? 0,
  };
}
