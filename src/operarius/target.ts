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

/** `from` says which label it was taken from. */
type Located = { kind: "target"; target: Target; from: string } | Extract<TargetResult, { kind: "none" }>;

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
  const located = locate(alert, options);
  return located.kind === "target" ? { kind: "target", target: located.target } : located;
}

/** What the target of an alert was taken from, for people: "label daemonset". */
export function targetSource(alert: Pick<Alert, "labels">, options: TargetOptions): string {
  const located = locate(alert, options);
  return located.kind === "target" ? located.from : located.message;
}

function locate(alert: Pick<Alert, "labels">, options: TargetOptions): Located {
  const { labels } = alert;
  const cluster = labels.cluster || options.clusterName;
  const namespace = targetNamespace(labels);
  const { override } = options;
  if (override !== undefined) {
    const name = labels[override.nameFrom] ?? "";
    if (name !== "")
      return found({ cluster, kind: override.kind, namespace, name }, `label ${override.nameFrom} (spec.target)`);
    return {
      kind: "none",
      reason: "TargetLabelMissing",
      message: `the Operarius takes its target from label "${override.nameFrom}", which this alert does not have; correct spec.target.nameFrom or the alert rule`,
    };
  }
  for (const [label, kind] of KIND_BY_LABEL) {
    const name = labels[label] ?? "";
    if (name !== "") {
      return found({ cluster, kind, namespace: kind === "Node" ? "" : namespace, name }, `label ${label}`);
    }
  }
  const pod = labels.exported_pod || (isExporterItself(labels) ? "" : (labels.pod ?? ""));
  const podLabel = labels.exported_pod ? "label exported_pod" : "label pod";
  if (pod !== "") return found({ cluster, kind: "Pod", namespace, name: pod }, podLabel);
  const from = "no label that names one; the alert itself stands for it";
  return found({ cluster, kind: "Alert", namespace, name: stableLabelsHash(labels) }, from);
}

/** The namespace an alert is about: `exported_namespace` where a scrape renamed it, else `namespace`, else "". */
export function targetNamespace(labels: Readonly<Record<string, string>>): string {
  return labels.exported_namespace || (labels.namespace ?? "");
}

function found(target: Target, from: string): Located {
  return { kind: "target", target, from };
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
