import { describe, expect, it } from "vitest";
import { stuckLabels } from "../../test/support/control-fixture.ts";
import { targetOf, targetSource } from "./target.ts";

const of = (labels: Record<string, string>, options: Partial<Parameters<typeof targetOf>[1]> = {}) =>
  targetOf({ labels }, { clusterName: "here", ...options });
const target = (kind: string, name: string, namespace = "app", cluster = "here") => ({
  kind: "target",
  target: { cluster, kind, namespace, name },
});
const base = { namespace: "app" };

describe("targetOf", () => {
  it.each([
    ["daemonset", "DaemonSet"],
    ["deployment", "Deployment"],
    ["statefulset", "StatefulSet"],
    ["cronjob", "CronJob"],
    ["job_name", "Job"],
    ["horizontalpodautoscaler", "HorizontalPodAutoscaler"],
    ["persistentvolumeclaim", "PersistentVolumeClaim"],
  ])("label %s is a %s", (label, kind) => expect(of({ ...base, [label]: "x" })).toEqual(target(kind, "x")));

  it("a node has no namespace, whatever namespace its exporter runs in", () =>
    expect(of({ ...base, node: "n1" })).toEqual(target("Node", "n1", "")));
  it("the first label in order wins", () =>
    expect(of({ ...base, node: "n1", pod: "p", deployment: "d", daemonset: "ds" })).toEqual(target("DaemonSet", "ds")));
  it("an empty label is none", () =>
    expect(of({ ...base, daemonset: "", deployment: "d" })).toEqual(target("Deployment", "d")));
  it("exported_namespace is the real one", () =>
    expect(of({ ...base, exported_namespace: "kube-system", daemonset: "x" })).toEqual(
      target("DaemonSet", "x", "kube-system"),
    ));
  it("the alert's cluster label wins over the flag", () =>
    expect(of({ ...base, cluster: "there", pod: "p" })).toEqual(target("Pod", "p", "app", "there")));

  it.each([
    [{ container: "kube-state-metrics" }],
    [{ container: "kube-rbac-proxy-main" }],
    [{ service: "kps-kube-state-metrics" }],
  ])("never the exporter's own pod: %o", (labels) => {
    const found = of({ ...base, alertname: "KubeSomething", pod: "ksm-abc", ...labels });
    expect(found).toMatchObject({ target: { kind: "Alert" } });
  });

  it("without a target label, the hash of the labels that do not move", () => {
    const labels = { alertname: "Odd", namespace: "app", team: "x" };
    const moved = {
      instance: "1",
      container: "c",
      endpoint: "e",
      service: "kube-state-metrics",
      job: "j",
      prometheus: "p",
      severity: "s",
      pod: "p",
    };
    expect(of({ ...labels, ...moved })).toEqual(of(labels));
    expect(of({ ...labels, team: "y" })).not.toEqual(of(labels));
  });

  it("a restart of kube-state-metrics changes nothing", () => {
    const restarted = stuckLabels({ pod: "other", instance: "10.9.9.9:8080" });
    expect(of(restarted)).toEqual(of(stuckLabels()));
  });

  it("spec.target overrides; a missing label is said", () => {
    const override = { kind: "Tenant", nameFrom: "tenant" };
    expect(of({ ...base, tenant: "t", daemonset: "x" }, { override })).toEqual(target("Tenant", "t"));
    expect(of({ ...base, daemonset: "x" }, { override })).toMatchObject({ kind: "none", reason: "TargetLabelMissing" });
  });
});

describe("targetSource", () => {
  const override = { kind: "Tenant", nameFrom: "tenant" };
  it.each<[Record<string, string>, Partial<Parameters<typeof targetOf>[1]>, string]>([
    [{ node: "n", pod: "p" }, {}, "label node"],
    [{ pod: "p" }, {}, "label pod"],
    [{ pod: "p", exported_pod: "q" }, {}, "label exported_pod"],
    [{ pod: "p", container: "kube-state-metrics" }, {}, "no label that names one; the alert itself stands for it"],
    [{ tenant: "t" }, { override }, "label tenant (spec.target)"],
  ])("of %j", (labels, options, want) => {
    expect(targetSource({ labels }, { clusterName: "", ...options })).toBe(want);
  });
});
