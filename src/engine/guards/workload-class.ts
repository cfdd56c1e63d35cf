/**
 * Which critical class a workload is of (pure; DESIGN.md, Critical class): by what its pods do to the node first, by its
 * names only where the structure says nothing. A class never allows anything, it only takes away.
 */
import type { HostPathFacts, StructureFacts } from "../structure.ts";

/**
 * `path`: the node's network goes through it. `driver`: other pods' mounts or devices hang on it. `buffer`: it holds data
 * that is lost with the pod. `none`: nothing of that kind is known.
 */
export type WorkloadClass = "path" | "driver" | "buffer" | "none";

export interface Classified {
  class: WorkloadClass;
  /** What decided, as a clause: "mounts /opt/cni/bin of the node for writing". */
  evidence: string;
}

/** Names that may decide: the workload's own and those of its images, without registry and tag. */
export interface WorkloadNames {
  name: string;
  images: readonly string[];
}

/** CNI configuration and plugins, at the places of the common distributions (.../cni/net.d, .../cni/bin). */
const CNI = /^\/(?:.+\/)?cni(?:\/(?:net\.d|bin)(?:\/.*)?)?$/;
/** Whoever mounts it to write and works in the node's network changes its packet filter. */
const PACKET_FILTER_LOCK = /^\/(?:var\/)?run\/xtables\.lock$/;
const PLUGINS = /\/kubelet\/(?:plugins|plugins_registry|device-plugins)(?:\/.*)?$/;
const KUBELET = /\/kubelet$/;
const MODULES = /^(?:\/usr)?\/lib\/modules(?:\/.*)?$/;
/** A BPF file system: what is pinned there outlives the pod, and no other pod's mount hangs on it. */
const KERNEL_FILES = /^\/sys(?:\/.*)?$/;
/** Where the logs of all pods and of the node are. */
const LOGS =
  /^\/var\/log(?:\/(?:pods|containers|journal)(?:\/.*)?)?$|^\/var\/lib\/docker\/containers$|^\/run\/log\/journal$/;
const WEB_PORTS: readonly number[] = [80, 443];
const DNS_PORT = 53;
const BUFFER_BYTES = 100 * 2 ** 20;

const NAMES: readonly { class: WorkloadClass; words: RegExp }[] = [
  {
    class: "path",
    words:
      /(?:^|-)(?:kube-proxy|kube-router|node-?local-?dns|coredns|cilium|calico|canal|flannel|weave|antrea|multus|kindnet|aws-node|azure-cni|ovnkube|kube-vip|metallb|svclb)(?:-|$)/,
  },
  { class: "driver", words: /(?:^|-)(?:csi|device-plugin|gpu-driver|nvidia-driver|nvidia-container-toolkit)(?:-|$)/ },
  { class: "buffer", words: /(?:^|-)(?:fluent-?bit|fluentd|filebeat|promtail|logstash|vector|rsyslog)(?:-|$)/ },
];
const INGRESS = /(?:^|-)(?:ingress|traefik|haproxy|envoy|contour|gateway)(?:-|$)/;

/** "quay.io/cilium/operator:v1@sha256:..." is "operator". */
function imageName(image: string): string {
  return (image.split("@")[0]?.split("/").at(-1)?.split(":")[0] ?? "").toLowerCase();
}

function written({ hostPaths }: StructureFacts, place: RegExp): HostPathFacts | undefined {
  return hostPaths.find(({ path, writable }) => writable && place.test(path));
}

function asPlugin(structure: StructureFacts): string | undefined {
  const plugin = written(structure, PLUGINS) ?? written(structure, KUBELET);
  if (plugin) return `mounts ${plugin.path} of the node for writing`;
  const shared = structure.hostPaths.find(({ path, bidirectional }) => bidirectional && !KERNEL_FILES.test(path));
  return shared && `shares its mounts below ${shared.path} with the node (Bidirectional)`;
}

function asPath(structure: StructureFacts, names: readonly string[]): string | undefined {
  const { hostNetwork, hostPorts } = structure;
  const cni = written(structure, CNI);
  if (cni) return `mounts ${cni.path} of the node for writing (CNI)`;
  const lock = hostNetwork ? written(structure, PACKET_FILTER_LOCK) : undefined;
  if (lock) return `works in the node's network and mounts ${lock.path} for writing (packet filter)`;
  if (hostPorts.includes(DNS_PORT)) return `answers on port ${DNS_PORT} of the node (DNS)`;
  const web = WEB_PORTS.find((port) => hostPorts.includes(port));
  if (web !== undefined) return `answers on port ${web} of the node (ingress)`;
  const ingress = names.find((name) => INGRESS.test(name));
  return ingress !== undefined && hostPorts.length > 0
    ? `answers on port ${hostPorts[0]} of the node and is named ${ingress} (ingress)`
    : undefined;
}

function asKernel({ hostPaths, privileged, capabilities }: StructureFacts): string | undefined {
  const modules = hostPaths.find(({ path }) => MODULES.test(path));
  if (modules && (privileged || capabilities.some((name) => /^(CAP_)?(SYS_MODULE|ALL)$/.test(name))))
    return `mounts ${modules.path} of the node and may load kernel modules`;
  const shared = hostPaths.find(({ bidirectional }) => bidirectional);
  return shared && `shares its mounts below ${shared.path} with the node (Bidirectional)`;
}

function asBuffer({ hostPaths, scratchBytes }: StructureFacts): string | undefined {
  const logs = hostPaths.find(({ path }) => LOGS.test(path));
  if (logs) return `mounts ${logs.path} of the node, as log shippers do`;
  return scratchBytes > BUFFER_BYTES
    ? `has a volume of ${Math.round(scratchBytes / 2 ** 20)} Mi that is lost with the pod`
    : undefined;
}

/**
 * The class and what decided. Other pods' mounts come first; then the network, because CNI agents and kube-proxy also load
 * modules and mount the BPF file system; then the kernel; then data. Names decide last.
 */
export function classOf(structure: StructureFacts, { name, images }: WorkloadNames): Classified {
  const names = [name.toLowerCase(), ...images.map(imageName)];
  const judged: readonly [WorkloadClass, string | undefined][] = [
    ["driver", asPlugin(structure)],
    ["path", asPath(structure, names)],
    ["driver", asKernel(structure)],
    ["buffer", asBuffer(structure)],
  ];
  for (const [kind, evidence] of judged) if (evidence !== undefined) return { class: kind, evidence };
  for (const { class: kind, words } of NAMES) {
    const found = names.find((each) => words.test(each));
    if (found !== undefined) return { class: kind, evidence: `is named ${found}` };
  }
  return { class: "none", evidence: "nothing in its structure or its names" };
}
