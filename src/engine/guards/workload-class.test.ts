import type { PodSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { structureOf } from "../structure.ts";
import type { WorkloadClass } from "./workload-class.ts";
import { classOf } from "./workload-class.ts";

interface Mount {
  path: string;
  readOnly?: boolean;
  propagation?: "Bidirectional" | "HostToContainer";
}

/** One container with these paths of the node, and whatever else is said. */
function spec(mounts: readonly Mount[], rest: Partial<PodSpec> = {}, container: object = {}): PodSpec {
  return {
    volumes: mounts.map(({ path }, index) => ({ name: `v${index}`, hostPath: { path } })),
    ...rest,
    containers: [
      {
        name: "main",
        volumeMounts: mounts.map(({ path, readOnly, propagation }, index) => ({
          name: `v${index}`,
          mountPath: `/host${path}`,
          ...(readOnly === undefined ? {} : { readOnly }),
          ...(propagation && { mountPropagation: propagation }),
        })),
        ...container,
      },
    ],
  };
}

const rw = (...paths: string[]): Mount[] => paths.map((path) => ({ path }));
const ro = (...paths: string[]): Mount[] => paths.map((path) => ({ path, readOnly: true }));
const privileged = { securityContext: { privileged: true } };
const inHost = { hostNetwork: true };
const scratch = (sizeLimit: string): PodSpec => ({
  volumes: [{ name: "buffer", emptyDir: { sizeLimit } }],
  containers: [{ name: "main", volumeMounts: [{ name: "buffer", mountPath: "/buffer" }] }],
});
/** Flannel: only the init container writes the CNI directories. */
const flannel: PodSpec = {
  hostNetwork: true,
  volumes: [{ name: "cni", hostPath: { path: "/opt/cni/bin" } }],
  initContainers: [{ name: "install", volumeMounts: [{ name: "cni", mountPath: "/opt/cni/bin" }] }],
  containers: [{ name: "main" }],
};

describe("classOf, by structure", () => {
  it.each<[string, PodSpec, WorkloadClass, string]>([
    ["an ordinary agent", spec([]), "none", "nothing"],
    [
      "node-exporter: the whole node, read only, and a port",
      spec([{ path: "/", readOnly: true, propagation: "HostToContainer" }], inHost, {
        ports: [{ containerPort: 9100, hostPort: 9100 }],
      }),
      "none",
      "nothing",
    ],
    [
      "a monitor that reads pod-resources and the kubelet's folder",
      spec(ro("/var/lib/kubelet/pod-resources", "/var/lib/kubelet")),
      "none",
      "nothing",
    ],
    [
      "a volume that nothing mounts",
      { ...spec([]), volumes: [{ name: "x", hostPath: { path: "/opt/cni/bin" } }] },
      "none",
      "nothing",
    ],
    ["the modules without the right to load any", spec(ro("/lib/modules")), "none", "nothing"],
    ["privileged without modules", spec([], {}, privileged), "none", "nothing"],
    ["reads the CNI configuration only", spec(ro("/etc/cni/net.d")), "none", "nothing"],
    ["its own folder below /var/log", spec(rw("/var/log/agent")), "none", "nothing"],

    ["writes the CNI configuration", spec(rw("/etc/cni/net.d")), "path", "/etc/cni/net.d"],
    ["writes the CNI plugins, with a slash too many", spec(rw("/opt//cni/bin/")), "path", "/opt/cni/bin"],
    ["CNI of k3s", spec(rw("/var/lib/rancher/k3s/agent/etc/cni/net.d")), "path", "k3s"],
    ["an init container installs the CNI", flannel, "path", "/opt/cni/bin"],
    [
      "kube-proxy: lock, modules, privileged",
      spec([...rw("/run/xtables.lock"), ...ro("/lib/modules")], inHost, privileged),
      "path",
      "xtables.lock",
    ],
    ["the lock without the node's network", spec(rw("/run/xtables.lock")), "none", "nothing"],
    [
      "DNS on the node's port by its network",
      spec([], inHost, { ports: [{ containerPort: 53, protocol: "UDP" }] }),
      "path",
      "port 53",
    ],
    ["the same port of the pod's own network", spec([], {}, { ports: [{ containerPort: 53 }] }), "none", "nothing"],
    ["ingress by hostPort", spec([], {}, { ports: [{ containerPort: 8080, hostPort: 80 }] }), "path", "port 80"],
    [
      "Cilium: CNI, modules and the BPF file system",
      spec(
        [...rw("/opt/cni/bin"), { path: "/sys/fs/bpf", propagation: "Bidirectional" }, ...ro("/lib/modules")],
        inHost,
        privileged,
      ),
      "path",
      "/opt/cni/bin",
    ],

    ["Bidirectional", spec([{ path: "/mnt/data", propagation: "Bidirectional" }]), "driver", "Bidirectional"],
    [
      "HostToContainer shares nothing",
      spec([{ path: "/mnt/data", propagation: "HostToContainer" }]),
      "none",
      "nothing",
    ],
    [
      "the BPF file system alone, still Bidirectional",
      spec([{ path: "/sys/fs/bpf", propagation: "Bidirectional" }]),
      "driver",
      "Bidirectional",
    ],
    ["a CSI driver", spec(rw("/var/lib/kubelet/plugins/csi.example.com")), "driver", "plugins/csi.example.com"],
    ["a registrar", spec(rw("/var/lib/kubelet/plugins_registry")), "driver", "plugins_registry"],
    ["a device plugin", spec(rw("/var/lib/kubelet/device-plugins")), "driver", "device-plugins"],
    ["a kubelet elsewhere", spec(rw("/var/lib/k0s/kubelet/device-plugins")), "driver", "k0s"],
    ["the kubelet's whole folder, for writing", spec(rw("/var/lib/kubelet")), "driver", "mounts /var/lib/kubelet of"],
    ["a backup agent that reads the pods' volumes", spec(rw("/var/lib/kubelet/pods")), "none", "nothing"],
    ["modules and privileged", spec(ro("/lib/modules"), {}, privileged), "driver", "kernel modules"],
    [
      "modules and SYS_MODULE",
      spec(ro("/usr/lib/modules"), {}, { securityContext: { capabilities: { add: ["SYS_MODULE"] } } }),
      "driver",
      "kernel modules",
    ],
    [
      "a driver that also serves the network",
      spec(rw("/opt/cni/bin", "/var/lib/kubelet/device-plugins")),
      "driver",
      "device-plugins",
    ],

    ["reads all logs of the node", spec(ro("/var/log")), "buffer", "mounts /var/log of the node"],
    ["reads the pods' logs", spec(ro("/var/log/pods")), "buffer", "/var/log/pods"],
    ["reads the containers' logs", spec(ro("/var/lib/docker/containers")), "buffer", "/var/lib/docker/containers"],
    ["a large emptyDir", scratch("101Mi"), "buffer", "101 Mi"],
    ["an emptyDir at the limit", scratch("100Mi"), "none", "nothing"],
  ])("%s", (_name, podSpec, want, evidence) => {
    const found = classOf(structureOf(podSpec), { name: "agent", images: ["registry.example.com/team/agent:v1"] });
    expect(found).toEqual({ class: want, evidence: expect.stringContaining(evidence) });
  });

  it("an emptyDir without a limit says nothing about a buffer", () => {
    const podSpec = scratch("1Gi");
    const unlimited = { ...podSpec, volumes: [{ name: "buffer", emptyDir: {} }] };
    expect(classOf(structureOf(unlimited), { name: "agent", images: [] }).class).toBe("none");
  });

  it("an ephemeral claim goes with its pod like an emptyDir", () => {
    const claim = { spec: { resources: { requests: { storage: "2Gi" } } } };
    const podSpec = { ...scratch("1Mi"), volumes: [{ name: "buffer", ephemeral: { volumeClaimTemplate: claim } }] };
    expect(classOf(structureOf(podSpec as PodSpec), { name: "agent", images: [] }).class).toBe("buffer");
  });
});

describe("classOf, by name", () => {
  const plain = structureOf(spec([]));
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
    const structure = structureOf(spec([], {}, { ports: [{ containerPort: 8443, hostPort: 8443 }] }));
    expect(classOf(structure, { name: "ingress-nginx", images: [] })).toMatchObject({ class: "path" });
    expect(classOf(structure, { name: "agent", images: [] }).class).toBe("none");
  });

  it("never against the structure", () => {
    const driver = structureOf(spec(rw("/var/lib/kubelet/plugins")));
    expect(classOf(driver, { name: "fluent-bit", images: [] }).class).toBe("driver");
  });

  it("says which name decided", () => {
    expect(classOf(plain, { name: "logging", images: ["x/fluentd:1"] }).evidence).toBe("is named fluentd");
  });
});

describe("structureOf", () => {
  it("is the same for the same spec in another order", () => {
    const one = spec(rw("/b", "/a"));
    expect(structureOf(one).hostPaths.map(({ path }) => path)).toEqual(["/a", "/b"]);
  });

  it("writable as soon as one container may write", () => {
    const podSpec = spec(ro("/data"));
    const mount = { name: "v0", mountPath: "/data" };
    const both = { ...podSpec, initContainers: [{ name: "init", volumeMounts: [mount] }] };
    expect(structureOf(podSpec).hostPaths).toEqual([{ path: "/data", writable: false, bidirectional: false }]);
    expect(structureOf(both).hostPaths).toEqual([{ path: "/data", writable: true, bidirectional: false }]);
  });

  it("of nothing is nothing", () => {
    expect(structureOf(undefined)).toEqual({
      hostPaths: [],
      hostPorts: [],
      hostNetwork: false,
      privileged: false,
      capabilities: [],
      scratchBytes: 0,
    });
  });
});
