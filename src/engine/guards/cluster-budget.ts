/** Budget of the cluster: what all repairs together may do within an hour, and on one node at a time (DESIGN.md, Budgets). */
import type { ForeignIntent, Intent, Settings } from "../types.ts";
import type { ActPlan, Guard, GuardResult } from "./guard.ts";
import { pass, writesTemplate } from "./guard.ts";

/** Pods that may be deleted in the cluster within an hour. */
export const CLUSTER_DELETIONS = 20;
/** Templates that may be written in the cluster within an hour. */
export const CLUSTER_TEMPLATE_WRITES = 1;

export interface ClusterUse {
  /** Of this target, without those of the plan. */
  intents: readonly Intent[];
  /** Of all other targets of the installation; undefined = these rights do not reach them. */
  others: readonly ForeignIntent[] | undefined;
  settings: Settings;
  at: number;
}

function isDeletion({ kind }: Pick<Intent, "kind">): boolean {
  return kind === "delete-pod";
}

function within(use: ClusterUse): Intent[] {
  const { intents, others = [], settings, at } = use;
  return [...intents, ...others].filter((intent) => at - intent.at < settings.clusterWindowMs);
}

/** How many more pods may be deleted in this hour. */
export function deletionsLeft(use: ClusterUse): number {
  return Math.max(0, CLUSTER_DELETIONS - within(use).filter(isDeletion).length);
}

/** "2026-01-15T12:43:10.000Z": when enough of the oldest writes are older than the window. */
function freesAt(times: readonly number[], excess: number, windowMs: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  return new Date((sorted[excess - 1] ?? 0) + windowMs).toISOString();
}

function exhausted(what: string, times: readonly number[], excess: number, use: ClusterUse): GuardResult {
  return {
    kind: "veto",
    reason: "ClusterBudgetExhausted",
    message: `${what} in this cluster within an hour; the next one may be at ${freesAt(times, excess, use.settings.clusterWindowMs)}. So many repairs at once have a cause that they share: look for it first.`,
  };
}

/** The word of this guard on a plan. Asked before the plan, and again once its own intents are written: see write.ts. */
export function judgeClusterUse(plan: ActPlan, use: ClusterUse): GuardResult {
  const { others, settings, at } = use;
  const used = within(use);
  const nodes = plan.steps.flatMap((step) => (step.kind === "delete-pod" ? [step.node] : []));
  const deletions = used.filter(isDeletion).map((intent) => intent.at);
  const excess = deletions.length + nodes.length - CLUSTER_DELETIONS;
  if (nodes.length > 0 && excess > 0)
    return exhausted(`${deletions.length} of ${CLUSTER_DELETIONS} deletions were made`, deletions, excess, use);
  const templates = used.filter((intent) => !isDeletion(intent)).map((intent) => intent.at);
  if (writesTemplate(plan) && templates.length >= CLUSTER_TEMPLATE_WRITES) {
    const tooMany = templates.length + 1 - CLUSTER_TEMPLATE_WRITES;
    return exhausted(`A template was already written (limit ${CLUSTER_TEMPLATE_WRITES})`, templates, tooMany, use);
  }
  const busy = (others ?? []).find(
    (intent) => isDeletion(intent) && nodes.includes(intent.node) && at - intent.at < settings.minAgeMs,
  );
  if (busy) {
    return {
      kind: "veto",
      reason: "NodeBusy",
      message: `A pod of ${busy.target} on ${busy.node} was deleted ${Math.round((at - busy.at) / 1000)} s ago; one at a time on each node, the next one may be at ${new Date(busy.at + settings.minAgeMs).toISOString()}.`,
    };
  }
  return others === undefined
    ? {
        kind: "not-evaluated",
        scope: "the ledgers of other targets (list leases)",
        message: "What was done to other targets cannot be read with these rights.",
      }
    : pass;
}

export const clusterBudget: Guard = {
  name: "ClusterBudget",
  judge: ({ plan, ...use }) => judgeClusterUse(plan, use),
};
