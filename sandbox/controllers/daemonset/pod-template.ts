/** What the controller makes of a DaemonSet's template for one node (pkg/controller/daemon/util). */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Affinity, Pod, PodSpec, Toleration } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";

export const revisionLabel = "controller-revision-hash";
const generationLabel = "pod-template-generation";
const generationAnnotation = "deprecated.daemonset.template.generation";

/**
 * The template's tolerations plus those every DaemonSet pod gets. not-ready and unreachable are covered for NoExecute
 * only: the NoSchedule taints of a dead node still make it ineligible.
 */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const added: Toleration[] = [
    { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
    { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
    { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
    { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
    { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
    { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
  ];
  if (spec.hostNetwork === true) {
    added.push({ key: "node.kubernetes.io/network-unavailable", operator: "Exists", effect: "NoSchedule" });
  }
  const own = spec.tolerations ?? [];
  const isOwn = (one: Toleration): boolean =>
    own.some((each) => each.key === one.key && each.effect === one.effect && each.operator === one.operator);
  return [...own, ...added.filter((one) => !isOwn(one))];
}

/** The template's affinity, its required node terms replaced by the one that pins the pod to `nodeName`. */
export function pinTo(affinity: Affinity | undefined, nodeName: string): Affinity {
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] }],
      },
    },
  };
}

/** The pod to create for `nodeName` at revision `hash`. */
export function daemonPod(ds: Live<DaemonSet>, nodeName: string, hash: string): Pod {
  const template = ds.spec?.template ?? {};
  const spec = template.spec ?? { containers: [] };
  const generation = ds.metadata.annotations?.[generationAnnotation];
  const labels: Record<string, string> = { ...template.metadata?.labels, [revisionLabel]: hash };
  if (generation !== undefined) labels[generationLabel] = generation;
  const annotations = template.metadata?.annotations;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${ds.metadata.name}-`,
      ...(ds.metadata.namespace !== undefined && { namespace: ds.metadata.namespace }),
      labels,
      ...(annotations !== undefined && { annotations }),
      ownerReferences: [ownerReference(ds)],
    },
    spec: { ...spec, affinity: pinTo(spec.affinity, nodeName), tolerations: daemonTolerations(spec) },
  };
}

/** The reference by which the DaemonSet controls its pods and revisions. */
export function ownerReference(ds: Live<DaemonSet>) {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    name: ds.metadata.name,
    uid: ds.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether a pod counts as running the current revision (IsPodUpdated): by hash or by the legacy generation label. */
export function isUpdated(pod: Pod, ds: Live<DaemonSet>, hash: string): boolean {
  const labels = pod.metadata?.labels ?? {};
  const generation = ds.metadata.annotations?.[generationAnnotation];
  return labels[revisionLabel] === hash || (generation !== undefined && labels[generationLabel] === generation);
}
