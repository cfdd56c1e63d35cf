/** Whether a node can take a pod: the filter plugins in kube-scheduler's order. The first that fails gives the reasons. */
import type { Container, Node, Pod, PodSpec } from "kubernetes-types/core/v1";
import { amount, milliCores } from "../../machinery/quantity.ts";
import { admitsNode } from "../rules/node-affinity.ts";
import { firstUntolerated, tolerates } from "../rules/taints.ts";

/** A node and the pods that are bound to it and have not ended. */
export interface NodeLoad {
  node: Node;
  pods: readonly Pod[];
}

/** Why the node is refused, in kube-scheduler's words; empty when the pod fits. */
export function misfits(pod: Pod, { node, pods }: NodeLoad): string[] {
  const spec = pod.spec ?? { containers: [] };
  const cordon = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
  if (node.spec?.unschedulable === true && !(spec.tolerations ?? []).some((each) => tolerates(each, cordon))) {
    return ["node(s) were unschedulable"];
  }
  const taint = firstUntolerated(node.spec?.taints, spec.tolerations, ["NoSchedule", "NoExecute"]);
  if (taint !== undefined) return [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`];
  if (!admitsNode(spec, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  const taken = new Set(pods.flatMap((each) => hostPorts(each.spec)));
  if (hostPorts(spec).some((port) => taken.has(port))) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  return lacking(spec, node, pods);
}

/** CPU in millicores and memory in bytes that a pod claims: its containers together, or its largest init container. */
function requests(spec: PodSpec | undefined): { cpu: number; memory: number } {
  const claim = (container: Container) => ({
    cpu: milliCores(container.resources?.requests?.cpu ?? container.resources?.limits?.cpu),
    memory: amount(container.resources?.requests?.memory ?? container.resources?.limits?.memory),
  });
  const total = { cpu: 0, memory: 0 };
  for (const each of (spec?.containers ?? []).map(claim)) {
    total.cpu += each.cpu;
    total.memory += each.memory;
  }
  for (const each of (spec?.initContainers ?? []).map(claim)) {
    total.cpu = Math.max(total.cpu, each.cpu);
    total.memory = Math.max(total.memory, each.memory);
  }
  total.cpu += milliCores(spec?.overhead?.cpu);
  total.memory += amount(spec?.overhead?.memory);
  return total;
}

/** Share of the node's CPU and memory that stays free with the pod on it; higher is better. */
export function freeShare(pod: Pod, { node, pods }: NodeLoad): number {
  const cpu = milliCores(node.status?.allocatable?.cpu);
  const memory = amount(node.status?.allocatable?.memory);
  const used = [pod, ...pods].map((each) => requests(each.spec));
  const left = (all: number, key: "cpu" | "memory"): number =>
    all === 0 ? 0 : (all - used.reduce((sum, each) => sum + each[key], 0)) / all;
  return left(cpu, "cpu") + left(memory, "memory") - pods.length / 1000;
}

function lacking(spec: PodSpec, node: Node, pods: readonly Pod[]): string[] {
  const reasons: string[] = [];
  const allocatable = node.status?.allocatable ?? {};
  if (pods.length + 1 > amount(allocatable.pods)) reasons.push("Too many pods");
  const wanted = requests(spec);
  const used = pods.map((each) => requests(each.spec));
  const usedCpu = used.reduce((sum, each) => sum + each.cpu, 0);
  const usedMemory = used.reduce((sum, each) => sum + each.memory, 0);
  if (wanted.cpu > 0 && usedCpu + wanted.cpu > milliCores(allocatable.cpu)) reasons.push("Insufficient cpu");
  if (wanted.memory > 0 && usedMemory + wanted.memory > amount(allocatable.memory)) {
    reasons.push("Insufficient memory");
  }
  return reasons;
}

function hostPorts(spec: PodSpec | undefined): string[] {
  return (spec?.containers ?? []).flatMap((container) =>
    (container.ports ?? []).flatMap((port) => {
      const host = port.hostPort ?? (spec?.hostNetwork === true ? port.containerPort : undefined);
      return host === undefined || host === 0 ? [] : [`${port.protocol ?? "TCP"}/${host}`];
    }),
  );
}
