/** The Node object that a sandbox node registers and keeps fresh. Pure. */
import type { Node, NodeCondition, NodeStatus, Taint } from "kubernetes-types/core/v1";

export interface NodeFacts {
  name: string;
  /** Where the kubelet serves container logs. */
  port: number;
  architecture: string;
  guest?: Guest;
}

/**
 * A node on a cluster of somebody else's: marked, and with nothing that the cluster's own machinery goes by. No address
 * (networking would route to it), no label of its system (DaemonSets select by it) or host name (spread constraints
 * count the nodes that have one, tainted or not).
 */
export interface Guest {
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
}

/** What is posted once, at registration. */
export function nodeObject({ name, architecture, guest }: NodeFacts): Node {
  if (guest !== undefined) {
    const metadata = { name, labels: { ...guest.labels } };
    return { apiVersion: "v1", kind: "Node", metadata, spec: { taints: [...guest.taints] } };
  }
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": architecture,
        "kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
      },
    },
    spec: { providerID: `sandbox://${name}` },
  };
}

/** Addresses, capacity and versions: what of the status does not change. */
export function nodeStatus({ name, port, architecture, guest }: NodeFacts): NodeStatus {
  const capacity = { cpu: "4", memory: "8Gi", pods: "110", "ephemeral-storage": "50Gi" };
  const reachable: NodeStatus = {
    addresses: [
      { type: "InternalIP", address: "127.0.0.1" },
      { type: "Hostname", address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  return {
    capacity,
    allocatable: capacity,
    ...(guest === undefined ? reachable : {}),
    nodeInfo: {
      architecture,
      bootID: "",
      containerRuntimeVersion: "containerd://2.0.0",
      kernelVersion: "6.1.0-sandbox",
      kubeProxyVersion: "",
      kubeletVersion: "v1.35.0",
      machineID: name,
      operatingSystem: "linux",
      osImage: "Operarius sandbox",
      systemUUID: name,
    },
  };
}

/** The four conditions of a kubelet that is alive; transition times are kept while the status is. */
export function nodeConditions(have: readonly NodeCondition[], diskPressure: boolean, at: string): NodeCondition[] {
  const wanted: Omit<NodeCondition, "lastHeartbeatTime" | "lastTransitionTime">[] = [
    {
      type: "MemoryPressure",
      status: "False",
      reason: "KubeletHasSufficientMemory",
      message: "kubelet has sufficient memory available",
    },
    diskPressure
      ? { type: "DiskPressure", status: "True", reason: "KubeletHasDiskPressure", message: "kubelet has disk pressure" }
      : {
          type: "DiskPressure",
          status: "False",
          reason: "KubeletHasNoDiskPressure",
          message: "kubelet has no disk pressure",
        },
    {
      type: "PIDPressure",
      status: "False",
      reason: "KubeletHasSufficientPID",
      message: "kubelet has sufficient PID available",
    },
    { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" },
  ];
  return wanted.map((each) => {
    const before = have.find((one) => one.type === each.type);
    const lastTransitionTime = before?.status === each.status ? (before.lastTransitionTime ?? at) : at;
    return { ...each, lastHeartbeatTime: at, lastTransitionTime };
  });
}
