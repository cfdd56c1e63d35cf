import { describe, expect, it } from "vitest";
import { structureOf } from "../structure.ts";
import type { WorkloadClass } from "./workload-class.ts";
import { classOf } from "./workload-class.ts";

const onPort = (hostPort: number) =>
  structureOf({ containers: [{ name: "main", ports: [{ containerPort: hostPort, hostPort }] }] });

describe("classOf, by name", () => {
  const plain = structureOf({ containers: [] });
  it.each<[string, string, WorkloadClass]>([
    ["kube-proxy", "", "path"],
    ["kube-proxy-windows", "", "path"],
    ["node-local-dns", "", "path"],
    ["nodelocaldns", "", "path"],
    ["Cilium", "", "path"],
    ["agent", "quay.io/calico/node:v3.28", "none"],
    ["agent", "quay.io/cilium/cilium:v1.16@sha256:0", "path"],
    ["ebs-csi-node", "", "driver"],
    ["nvidia-device-plugin-daemonset", "", "driver"],
    ["fluent-bit", "", "buffer"],
    ["logging", "cr.fluentbit.io/fluent/fluent-bit:3", "buffer"],
    ["vectorizer", "", "none"],
    ["my-ingress-nginx", "", "none"],
  ])("%s %s: %s", (name, image, want) => {
    expect(classOf(plain, { name, images: image ? [image] : [] }).class).toBe(want);
  });

  it("an ingress by its name and any port of the node", () => {
    const structure = onPort(8443);
    expect(classOf(structure, { name: "ingress-nginx", images: [] })).toMatchObject({ class: "path" });
    expect(classOf(structure, { name: "agent", images: [] }).class).toBe("none");
  });

  it.each<[string, WorkloadClass]>([
    ["kube-proxy", "path"],
    ["rke2-canal", "path"],
    ["canal-rke2", "path"],
    ["precanal", "none"],
    ["canals", "none"],
    ["node-local-dns", "path"],
    ["nodelocaldns", "path"],
    ["nodelocal-dns", "path"],
    ["csi", "driver"],
    ["my-csi-node", "driver"],
    ["csinode", "none"],
    ["mycsi", "none"],
    ["vector", "buffer"],
    ["my-vector-agent", "buffer"],
    ["fluentbit", "buffer"],
    ["myvector", "none"],
  ])("whole words only: %s is %s", (name, want) => {
    expect(classOf(plain, { name, images: [] }).class).toBe(want);
  });

  it.each<[string, WorkloadClass]>([
    ["promtail", "buffer"],
    ["grafana/promtail", "buffer"],
    ["registry.example.com:5000/grafana/promtail", "buffer"],
    ["GRAFANA/Promtail:2", "buffer"],
    ["promtail/agent:1", "none"],
    ["agent:promtail", "none"],
    ["agent@promtail", "none"],
    ["", "none"],
  ])("of an image the last part of its name: %j is %s", (image, want) => {
    expect(classOf(plain, { name: "agent", images: ["other:1", image] }).class).toBe(want);
  });

  it("the stricter class decides where names say several", () => {
    expect(classOf(plain, { name: "vector", images: ["csi:1", "cilium:1"] })).toEqual({
      class: "path",
      evidence: "is named cilium",
    });
  });

  it.each([
    ["ingress", "path"],
    ["my-traefik-v3", "path"],
    ["preingress", "none"],
    ["ingresses", "none"],
  ])("an ingress by its whole name: %s is %s", (name, want) => {
    const structure = onPort(8443);
    const found = classOf(structure, { name, images: [] });
    expect(found.class).toBe(want);
    if (want === "path") expect(found.evidence).toBe(`answers on port 8443 of the node and is named ${name} (ingress)`);
  });

  it("never against the structure", () => {
    const driver = structureOf({
      volumes: [{ name: "v", hostPath: { path: "/var/lib/kubelet/plugins" } }],
      containers: [{ name: "main", volumeMounts: [{ name: "v", mountPath: "/plugins" }] }],
    });
    expect(classOf(driver, { name: "fluent-bit", images: [] }).class).toBe("driver");
  });

  it("says which name decided", () => {
    expect(classOf(plain, { name: "logging", images: ["x/fluentd:1"] }).evidence).toBe("is named fluentd");
  });
});
