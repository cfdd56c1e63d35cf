import type { Alert } from "../intake/alert.ts";
import { shortHash } from "./names.ts";

/** What an alert is about. `namespace` is "" for things without one. */
export interface Target {
  cluster: string;
  kind: string;
  namespace: string;
  name: string;
}

export interface TargetOptions {
  /** The cluster of alerts without a `cluster` label. */
  clusterName: string;
  /** `spec.target` of the Operarius: the label that names the target, and its kind. */
  override?: { kind: string; nameFrom: string } | undefined;
}

export type TargetResult = { kind: "target"; target: Target } | { kind: "none"; reason: string; message: string };

/** Labels that name a target, in the order in which they are believed. */
const KIND_BY_LABEL: readonly (readonly [label: string, kind: string])[] = [
  ["daemonset", "DaemonSet"],
  ["deployment", "Deployment"],
  ["statefulset", "StatefulSet"],
  ["cronjob", "CronJob"],
  ["job_name", "Job"],
  ["horizontalpodautoscaler", "HorizontalPodAutoscaler"],
  ["persistentvolumeclaim", "PersistentVolumeClaim"],
  ["node", "Node"],
];
/** Labels that change when an exporter restarts or that do not tell targets apart. */
const VOLATILE = new Set(["instance", "pod", "container", "endpoint", "service", "job", "prometheus", "severity"]);
const EXPORTER_CONTAINERS = new Set(["kube-state-metrics", "kube-rbac-proxy-main"]);

/**
 * The target of an alert, per CONTRACT §3.3: stable over restarts of kube-state-metrics, and never the exporter's own
 * pod. `none` only when the Operarius names a label that the alert does not have.
 */
export function targetOf(alert: Pick<Alert, "labels">, options: TargetOptions): TargetResult {
  const { labels } = alert;
  const cluster = labels.cluster || options.clusterName;
  const namespace = targetNamespace(labels);
  const { override } = options;
  if (override !== undefined) {
    const name = labels[override.nameFrom] ?? "";
    if (name !== "") return found({ cluster, kind: override.kind, namespace, name });
    return {
      kind: "none",
      reason: "TargetLabelMissing",
      message: `the Operarius takes its target from label "${override.nameFrom}", which this alert does not have; correct spec.target.nameFrom or the alert rule`,
    };
  }
  for (const [label, kind] of KIND_BY_LABEL) {
    const name = labels[label] ?? "";
    if (name !== "") return found({ cluster, kind, namespace: kind === "Node" ? "" : namespace, name });
  }
  const pod = labels.exported_pod || (isExporterItself(labels) ? "" : (labels.pod ?? ""));
  if (pod !== "") return found({ cluster, kind: "Pod", namespace, name: pod });
  return found({ cluster, kind: "Alert", namespace, name: stableLabelsHash(labels) });
}

/** The namespace an alert is about: `exported_namespace` where a scrape renamed it, else `namespace`, else "". */
export function targetNamespace(labels: Readonly<Record<string, string>>): string {
  return labels.exported_namespace || (labels.namespace ?? "");
}

function found(target: Target): TargetResult {
  return { kind: "target", target };
}

function isExporterItself(labels: Readonly<Record<string, string>>): boolean {
  return EXPORTER_CONTAINERS.has(labels.container ?? "") || (labels.service ?? "").endsWith("kube-state-metrics");
}

function stableLabelsHash(labels: Readonly<Record<string, string>>): string {
  const stable = Object.entries(labels)
    .filter(([name]) => !VOLATILE.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return shortHash(stable.flat(), 16);
}
