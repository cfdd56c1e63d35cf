/** nodeSelector and required node affinity, after component-helpers/scheduling/corev1/nodeaffinity. */
import type { Node, NodeSelectorTerm, PodSpec } from "kubernetes-types/core/v1";
import { matchesExpression } from "./labels.ts";

/** True when the pod's nodeSelector and required node affinity (labels and metadata.name fields) admit the node. */
export function admitsNode(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  if (!selected) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** The node names to which the pod is pinned by metadata.name match fields, or undefined when any node may do. */
export function pinnedNodes(spec: PodSpec): string[] | undefined {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return undefined;
  const names: string[] = [];
  for (const term of terms) {
    const byName = (term.matchFields ?? []).filter((rule) => rule.key === "metadata.name" && rule.operator === "In");
    if (byName.length === 0) return undefined;
    for (const rule of byName) names.push(...(rule.values ?? []));
  }
  return names;
}

function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  // An empty term matches nothing, unlike an empty selector.
  if (expressions.length === 0 && fields.length === 0) return false;
  const labels = node.metadata?.labels ?? {};
  const byField: Record<string, string> = { "metadata.name": node.metadata?.name ?? "" };
  return (
    expressions.every((rule) => matchesExpression(rule, labels)) &&
    fields.every((rule) => matchesExpression(rule, byField))
  );
}
