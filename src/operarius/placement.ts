/** Where a Job's pod may run (pure). */
import type { NodeSelectorTerm, PodSpec } from "kubernetes-types/core/v1";

/**
 * The pod spec with the nodes ruled out by name, on top of whatever placement it already asks for. Terms of a node
 * selector are alternatives, so each of them gets the exclusion.
 */
export function avoidingNodes(podSpec: PodSpec, nodes: readonly string[]): PodSpec {
  if (nodes.length === 0) return podSpec;
  const required = podSpec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // matchFields takes one value per requirement (Kubernetes validation), hence one requirement per node.
  const fields = nodes.map((node) => ({ key: "metadata.name", operator: "NotIn", values: [node] }));
  const terms: NodeSelectorTerm[] = required?.nodeSelectorTerms.length ? required.nodeSelectorTerms : [{}];
  const excluded = terms.map((term) => ({ ...term, matchFields: [...(term.matchFields ?? []), ...fields] }));
  return {
    ...podSpec,
    affinity: {
      ...podSpec.affinity,
      nodeAffinity: {
        ...podSpec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: excluded },
      },
    },
  };
}
