/** What the failing nodes have in common and the good ones have not (pure). */
import type { NodeFacts } from "./facts.ts";

interface Attribute {
  /** "are {value}" or "have {what} {value}". */
  what: string;
  of: (node: NodeFacts) => string;
  /** Such values often belong to one node alone: they say something about two failing nodes, not about one. */
  own: boolean;
}

function label(...keys: string[]): (node: NodeFacts) => string {
  return ({ labels }) => keys.map((key) => labels[key]).find((value) => value !== undefined) ?? "";
}

/** In the order in which they are told: what explains most comes first. */
const ATTRIBUTES: readonly Attribute[] = [
  { what: "architecture", of: ({ info }) => info.architecture, own: false },
  { what: "operating system", of: ({ info }) => info.operatingSystem, own: false },
  {
    what: "node pool",
    of: label(
      "cloud.google.com/gke-nodepool",
      "eks.amazonaws.com/nodegroup",
      "alpha.eksctl.io/nodegroup-name",
      "karpenter.sh/nodepool",
      "kubernetes.azure.com/agentpool",
      "doks.digitalocean.com/node-pool",
      "node.cluster.x-k8s.io/pool",
    ),
    own: true,
  },
  {
    what: "instance type",
    of: label("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"),
    own: true,
  },
  { what: "zone", of: label("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"), own: true },
  { what: "kernel", of: ({ info }) => info.kernel, own: false },
  { what: "container runtime", of: ({ info }) => info.runtime, own: false },
  { what: "kubelet", of: ({ info }) => info.kubelet, own: false },
  { what: "operating system image", of: ({ info }) => info.osImage, own: false },
];

export interface Correlation {
  /** "architecture" */
  what: string;
  /** "arm64" */
  value: string;
  /** One sentence with the numbers. */
  sentence: string;
}

/**
 * Attributes that every failing node shares and no good one has: they really separate the two. None where either set is
 * empty. One failing node is told only what is not its own by nature, and only against two good ones or more.
 */
export function correlate(failing: readonly NodeFacts[], good: readonly NodeFacts[]): Correlation[] {
  if (failing.length === 0 || good.length === 0) return [];
  return ATTRIBUTES.flatMap(({ what, of, own }) => {
    const [first, ...rest] = failing;
    const value = first ? of(first) : "";
    if (value === "" || (failing.length === 1 && (own || good.length < 2))) return [];
    if (rest.some((node) => of(node) !== value) || good.some((node) => of(node) === value)) return [];
    // A node that does not say what it is cannot be counted as different.
    if (good.some((node) => of(node) === "")) return [];
    const all = failing.length === 1 ? "the failing node has" : `all ${failing.length} failing nodes have`;
    const none = good.length === 1 ? "the good one has not" : `none of the ${good.length} good ones has`;
    return [{ what, value, sentence: `${all} ${what} ${value}, ${none}` }];
  });
}
