/** The configuration files of a node's programs. Pure. */
import { join } from "node:path";
import { stringify } from "yaml";
import type { NodeLayout } from "./layout.ts";

/** Where a node keeps everything, below its own folder. `/run` is its own anyway. */
export function nodeFiles(directory: string) {
  const at = (...parts: string[]): string => join(directory, ...parts);
  return {
    init: at("init.sh"),
    /** Values that the kubelet wants the kernel to have; see `initScript`. */
    sysctls: at("sysctls"),
    varLog: at("var-log"),
    containerd: { root: at("containerd"), opt: at("opt"), config: at("containerd.toml"), log: at("containerd.log") },
    cni: { config: at("cni"), state: at("cni-state") },
    registries: at("registries"),
    kubelet: {
      root: at("kubelet"),
      plugins: at("volume-plugins"),
      certificates: at("kubelet-pki"),
      config: at("kubelet.yaml"),
      kubeconfig: at("kubelet.kubeconfig"),
      log: at("kubelet.log"),
      resolver: at("resolv.conf"),
    },
    proxy: { config: at("kube-proxy.yaml"), kubeconfig: at("kube-proxy.kubeconfig"), log: at("kube-proxy.log") },
  };
}

export type NodeFiles = ReturnType<typeof nodeFiles>;

/** Inside the node's own mount namespace: /run is a fresh tmpfs there. */
export const containerdSocket = "/run/containerd/containerd.sock";

/** The image that holds a pod's namespaces open. */
export const pauseImage = "operarius-test-pause:1";

/**
 * What the kubelet wants the kernel to have (pkg/kubelet/cm, kernel defaults). It would set these for the whole machine;
 * in the node's mount namespace files with the right values lie over them, and it leaves them alone.
 */
export const kubeletSysctls = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
} as const;

/** Pid 1 of the node: a shell that makes the node's surroundings, says "ready", and collects what its children leave behind. */
export function initScript(files: NodeFiles): string {
  const masks = Object.keys(kubeletSysctls).map(
    (name) => `mount --bind ${quoted(join(files.sysctls, name.replaceAll("/", ".")))} /proc/sys/${name}`,
  );
  return [
    "set -eu",
    "trap 'exit 0' TERM",
    "mount -t tmpfs -o mode=755 tmpfs /run",
    `mount --bind ${quoted(files.varLog)} /var/log`,
    ...masks,
    ...ownVarLib(files),
    "mkdir /run/containerd",
    "ip link set lo up",
    "echo ready",
    "while :; do sleep 3600 & wait $!; done",
    "",
  ].join("\n");
}

/**
 * The library of CNI remembers in /var/lib/cni what it has done, whatever its configuration says: what is written below
 * /var/lib goes with the node. Not where the node itself is kept there.
 */
function ownVarLib({ init }: NodeFiles): string[] {
  if (init.startsWith("/var/lib/")) return [];
  const layers = "lowerdir=/var/lib,upperdir=/run/var-lib,workdir=/run/var-lib-work";
  return ["mkdir /run/var-lib /run/var-lib-work", `mount -t overlay -o ${layers} overlay /var/lib`];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** For containerd 1.6 and later 1.x, and by its own migration for 2.x. `programs` is where runc and the CNI plugins are. */
export function containerdConfig(files: NodeFiles, programs: { runc: string; cniPlugins: string }): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(files.containerd.root)}
state = "/run/containerd"
oom_score = 0

[grpc]
  address = ${text(containerdSocket)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(files.containerd.opt)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(pauseImage)}
  # Where root may not lower the score of a process, no sandbox would start.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = ${text(programs.runc)}
  SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(programs.cniPlugins)}
  conf_dir = ${text(files.cni.config)}

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = ${text(files.registries)}
`;
}

/** Pods on a bridge of their own; nothing is hidden behind another address, every node knows the way to every pod. */
export function cniConfig(node: NodeLayout, files: NodeFiles): string {
  return JSON.stringify({
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: files.cni.state,
          ranges: [[{ subnet: node.podRange, gateway: node.podGateway }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  });
}

/** `ca` is the file of the cluster's authority. */
export function kubeletConfig(node: NodeLayout, files: NodeFiles, ca: string): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: node.address,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca } },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${node.cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    volumePluginDir: files.kubelet.plugins,
    resolvConf: files.kubelet.resolver,
    nodeStatusUpdateFrequency: "4s",
    // The disk is the whole machine's: how full it is, is not this node's business.
    evictionHard: { "memory.available": "1Mi", "nodefs.available": "1Mi", "imagefs.available": "1Mi" },
    imageGCHighThresholdPercent: 100,
  });
}

export function proxyConfig(node: NodeLayout, files: NodeFiles): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: files.proxy.kubeconfig },
    hostnameOverride: node.name,
    mode: "nftables",
    bindAddress: "0.0.0.0",
    // These belong to the whole machine: they stay as they are.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });
}

/** Tells containerd that this registry speaks HTTP. */
export function registryConfig(registry: string): string {
  return `server = "http://${registry}"\n\n[host."http://${registry}"]\n  capabilities = ["pull", "resolve"]\n`;
}
