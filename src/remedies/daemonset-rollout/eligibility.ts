/**
 * Which nodes should run a pod of the DaemonSet (pure).
 * Source: Kubernetes pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod and
 * pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations.
 */
import type { NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration } from "kubernetes-types/core/v1";
import type { NodeFacts, TemplateFacts } from "./facts.ts";

const AUTOMATIC: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const HOST_NETWORK: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

/** Taints by which people and autoscalers announce that a node is about to go, or is worked on. */
const LEAVING =
  /^(ToBeDeletedByClusterAutoscaler|karpenter\.sh\/disrupt(ed|ion)|node\.cloudprovider\.kubernetes\.io\/shutdown|aws-node-termination-handler\/.*)$/;
const DRAINED = /^node\.kubernetes\.io\/(unschedulable|unreachable|out-of-service)$/;

/** The node was marked for removal by an autoscaler or its cloud. */
export function isLeaving({ taints }: NodeFacts): boolean {
  return taints.some(({ key }) => LEAVING.test(key));
}

/** The node is leaving, cordoned, unreachable or out of service: what becomes of its pods is being decided elsewhere. */
export function isDrained(node: NodeFacts): boolean {
  return isLeaving(node) || node.taints.some(({ key }) => DRAINED.test(key));
}

/** The zone's label, and its name before Kubernetes 1.17. */
const ZONES = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

/** Failure domain of a node; "" = not known. */
export function zoneOf({ labels }: NodeFacts): string {
  return ZONES.map((key) => labels[key]).find((zone) => zone) ?? "";
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === "Exists") return true;
  return Boolean(toleration.key) && (toleration.value ?? "") === (taint.value ?? "");
}

function requirementHolds({ operator, values = [] }: NodeSelectorRequirement, actual: string | undefined): boolean {
  switch (operator) {
    case "In":
      return actual !== undefined && values.includes(actual);
    case "NotIn":
      return actual === undefined || !values.includes(actual);
    case "Exists":
      return actual !== undefined;
    case "DoesNotExist":
      return actual === undefined;
    case "Gt":
      return wholeNumber(actual) > wholeNumber(values[0]);
    case "Lt":
      return wholeNumber(actual) < wholeNumber(values[0]);
    default:
      // An operator that this version does not know: the scheduler's answer to what it cannot parse is "no match".
      return false;
  }
}

/** NaN, which compares as false, for what Go's ParseInt refuses. */
function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
}

function termHolds(term: NodeSelectorTerm, node: NodeFacts): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  // An empty term matches nothing, as in the scheduler.
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((requirement) => requirementHolds(requirement, node.labels[requirement.key])) &&
    fields.every((requirement) => requirementHolds(requirement, node.name))
  );
}

/** Taints of the node that a pod of the template would not tolerate, by effect. PreferNoSchedule never counts. */
export function untoleratedTaints(node: NodeFacts, template: TemplateFacts): Taint[] {
  const tolerations = [...template.tolerations, ...AUTOMATIC, ...(template.hostNetwork ? [HOST_NETWORK] : [])];
  return node.taints.filter(
    (taint) => taint.effect !== "PreferNoSchedule" && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

/** Whether the node should run the pod, and whether one that is there may stay. Node readiness and resources do not count. */
export function eligibility(node: NodeFacts, template: TemplateFacts): { shouldRun: boolean; mayStay: boolean } {
  const selected =
    (template.nodeName === "" || template.nodeName === node.name) &&
    Object.entries(template.nodeSelector).every(([key, value]) => node.labels[key] === value) &&
    (template.affinityTerms === undefined || template.affinityTerms.some((term) => termHolds(term, node)));
  if (!selected) return { shouldRun: false, mayStay: false };
  const untolerated = untoleratedTaints(node, template);
  return {
    shouldRun: untolerated.length === 0,
    mayStay: untolerated.every((taint) => taint.effect !== "NoExecute"),
  };
}
