/** How each component of the control plane is called. Pure. */
import { basename } from "node:path";
import type { Files } from "./files.ts";

/** Where everything listens unless it is told otherwise. */
export const loopback = "127.0.0.1";

export type Component = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler";

/** ClusterIPs, and the first of them: that of the Service `kubernetes`. */
const serviceRange = "10.96.0.0/16";
export const kubernetesServiceAddress = "10.96.0.1";

export interface Settings {
  /** Of the API server: an address of this machine. */
  address: string;
  port: number;
  /** Heartbeat silence after which a node is Unknown. */
  nodeMonitorGraceMs: number;
  /** A release before 1.22, with an etcd before 3.5. */
  isOld: boolean;
}

/**
 * The arguments. The API server listens on the address of the settings, every other component on 127.0.0.1 or on a
 * socket in the cluster's own folder, or not at all.
 */
export function argumentsOf(component: Component, files: Files, settings: Settings): string[] {
  switch (component) {
    case "etcd":
      return etcd(files, settings);
    case "kube-apiserver":
      return apiServer(files, settings);
    case "kube-controller-manager":
      return controllerManager(files, settings);
    case "kube-scheduler":
      return [
        `--kubeconfig=${files.kubeconfigs.scheduler}`,
        "--leader-elect=false",
        "--secure-port=0",
        ...withoutPlainPort(settings),
      ];
  }
}

/** The secure port is closed already, and this one would listen on every address. */
function withoutPlainPort({ isOld }: Settings): string[] {
  return isOld ? ["--port=0"] : [];
}

function etcd({ etcdDirectory, etcdSocket }: Files, { isOld }: Settings): string[] {
  return [
    `--data-dir=${etcdDirectory}`,
    // The old one wants HOST:PORT and makes a file of that name where it runs, which is the cluster's folder.
    `--listen-client-urls=unix://${isOld ? basename(etcdSocket) : etcdSocket}`,
    ...(isOld ? ["--logger=zap"] : []),
    // It must have an address and must not be the default one; nobody asks etcd where else it could be reached.
    "--advertise-client-urls=http://127.0.0.111:0",
    // No other member will ever call; the system picks the port.
    "--listen-peer-urls=http://127.0.0.1:0",
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiServer(files: Files, { address, port }: Settings): string[] {
  return [
    `--etcd-servers=unix://${files.etcdSocket}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    // The Service "kubernetes" has no endpoint on loopback: such an address is not allowed there, and fake nodes need none.
    ...(address === loopback ? ["--endpoint-reconciler-type=none"] : []),
    `--secure-port=${port}`,
    `--tls-cert-file=${files.serving.cert}`,
    `--tls-private-key-file=${files.serving.key}`,
    `--client-ca-file=${files.ca}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    `--service-cluster-ip-range=${serviceRange}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${files.serviceAccount.publicKey}`,
    `--service-account-signing-key-file=${files.serviceAccount.privateKey}`,
    // The nodes' endpoints are on this machine, and their names mean nothing to it.
    "--kubelet-preferred-address-types=InternalIP",
    `--kubelet-client-certificate=${files.kubeletClient.cert}`,
    `--kubelet-client-key=${files.kubeletClient.key}`,
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    // A request is in the log before it is answered: who reads the log afterwards misses nothing.
    "--audit-log-mode=blocking-strict",
    "--profiling=false",
  ];
}

function controllerManager(files: Files, settings: Settings): string[] {
  const { nodeMonitorGraceMs } = settings;
  return [
    `--kubeconfig=${files.kubeconfigs.controllerManager}`,
    "--leader-elect=false",
    "--secure-port=0",
    // Each controller acts as its own ServiceAccount, as in most clusters: the audit log tells them apart.
    "--use-service-account-credentials=true",
    `--service-account-private-key-file=${files.serviceAccount.privateKey}`,
    `--root-ca-file=${files.ca}`,
    `--node-monitor-grace-period=${nodeMonitorGraceMs}ms`,
    "--node-monitor-period=1s",
    ...withoutPlainPort(settings),
    "--profiling=false",
  ];
}
