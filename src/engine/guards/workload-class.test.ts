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

/** Paths of the node, for writing unless said otherwise, and the class they make. */
describe("classOf, by path", () => {
  it.each<[string, WorkloadClass]>([
    ["/cni", "path"],
    ["/etc/cni", "path"],
    ["/etc/cni/net.d", "path"],
    ["/etc/cni/net.d/multus.d", "path"],
    ["/opt/cni/bin", "path"],
    ["/opt/cni/bin/flannel", "path"],
    ["/etc/cni/net.data", "none"],
    ["/etc/cni/other", "none"],
    ["/etc/cnis", "none"],
    ["/etc/mycni", "none"],
    ["/var/lib/cni-cache", "none"],
    ["/var/lib/kubelet", "driver"],
    ["/var/lib/kubelet/plugins", "driver"],
    ["/var/lib/kubelet/plugins/x/y", "driver"],
    ["/var/lib/kubelet/pluginsx", "none"],
    ["/var/lib/kubelet/other", "none"],
    ["/var/lib/mykubelet", "none"],
    ["/kubelet/device-plugins", "driver"],
    ["/data/run/xtables.lock", "none"],
    ["/run/xtables.lock", "path"],
    ["/var/run/xtables.lock", "path"],
    ["/run/xtables.lock.old", "none"],
    ["/lib/modules", "driver"],
    ["/lib/modules/6.12", "driver"],
    ["/usr/lib/modules", "driver"],
    ["/lib/modulesx", "none"],
    ["/opt/lib/modules", "none"],
    ["/var/log", "buffer"],
    ["/var/log/pods", "buffer"],
    ["/var/log/pods/x", "buffer"],
    ["/var/log/journal", "buffer"],
    ["/var/log/containers/a", "buffer"],
    ["/var/log/podsx", "none"],
    ["/data/var/log", "none"],
    ["/run/log/journal", "buffer"],
    ["/run/log/journal/x", "none"],
    ["/data/run/log/journal", "none"],
    ["/var/lib/docker/containers", "buffer"],
    ["/var/lib/docker/containers/x", "none"],
    ["/data/var/lib/docker/containers", "none"],
  ])("%s: %s", (path, want) => {
    const structure = structureOf(spec(rw(path), inHost, privileged));
    expect(classOf(structure, { name: "agent", images: [] }).class).toBe(want);
  });

  it.each<[string, WorkloadClass]>([
    ["/var/lib/kubelet", "none"],
    ["/var/lib/kubelet/plugins", "none"],
    ["/run/xtables.lock", "none"],
    ["/opt/cni/bin", "none"],
    ["/lib/modules", "driver"],
    ["/var/log", "buffer"],
  ])("%s, only read: %s", (path, want) => {
    const structure = structureOf(spec(ro(path), inHost, privileged));
    expect(classOf(structure, { name: "agent", images: [] }).class).toBe(want);
  });

  it.each<[string, WorkloadClass]>([
    ["SYS_MODULE", "driver"],
    ["CAP_SYS_MODULE", "driver"],
    ["ALL", "driver"],
    ["NET_ADMIN", "none"],
    ["MY_SYS_MODULE", "none"],
    ["SYS_MODULES", "none"],
  ])("the modules and %s: %s", (capability, want) => {
    const container = { securityContext: { capabilities: { add: ["NET_RAW", capability] } } };
    expect(classOf(structureOf(spec(ro("/lib/modules"), {}, container)), { name: "agent", images: [] }).class).toBe(
      want,
    );
  });

  it("shared mounts come before the network, the kernel's own files after it", () => {
    const shared = (path: string): Mount => ({ path, propagation: "Bidirectional" });
    const cni = rw("/opt/cni/bin");
    const found = (mount: Mount) => classOf(structureOf(spec([...cni, mount])), { name: "agent", images: [] });
    expect(found(shared("/mnt/data"))).toEqual({
      class: "driver",
      evidence: "shares its mounts below /mnt/data with the node (Bidirectional)",
    });
    for (const path of ["/sys", "/sys/fs/bpf"]) expect(found(shared(path)).class).toBe("path");
    for (const path of ["/system", "/data/sys"]) expect(found(shared(path)).class).toBe("driver");
  });
});
