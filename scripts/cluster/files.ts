/** What is on disk before a control plane starts: certificates, kubeconfigs, keys, the audit policy. */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Authority, Issued } from "../../sandbox/apiserver/authn/authority.ts";
import { kubernetesServiceAddress, loopback } from "./components.ts";
import { ClusterProblem, wordsOf } from "./problem.ts";

export interface Files {
  etcdDirectory: string;
  etcdSocket: string;
  ca: string;
  serving: { cert: string; key: string };
  /** By which the API server proves itself to kubelets. */
  kubeletClient: { cert: string; key: string };
  serviceAccount: { privateKey: string; publicKey: string };
  auditPolicy: string;
  auditLog: string;
  /** For log files of the components. */
  logs: string;
  /** For the fake kubelet. */
  pods: string;
  kubeconfigs: { admin: string; controllerManager: string; scheduler: string };
}

/** What the system allows for the path of a socket, less a little (Linux 107, others fewer). */
const longestSocketPath = 100;

/** `isOld`: for a release before 1.22. Errors: `ClusterProblem` when the folder's path is too long for a socket in it. */
export function filesIn(directory: string, { isOld = false }: { isOld?: boolean } = {}): Files {
  const at = (...parts: string[]): string => join(directory, ...parts);
  const etcdSocket = at(isOld ? "etcd.sock:0" : "etcd.sock");
  if (Buffer.byteLength(etcdSocket) > longestSocketPath) {
    throw new ClusterProblem(
      `the path ${directory} is too long for the socket of etcd. Choose a shorter one with --directory.`,
    );
  }
  return {
    etcdDirectory: at("etcd"),
    etcdSocket,
    ca: at("pki", "ca.crt"),
    serving: { cert: at("pki", "apiserver.crt"), key: at("pki", "apiserver.key") },
    kubeletClient: { cert: at("pki", "kubelet-client.crt"), key: at("pki", "kubelet-client.key") },
    serviceAccount: { privateKey: at("pki", "sa.key"), publicKey: at("pki", "sa.pub") },
    auditPolicy: at("audit-policy.json"),
    auditLog: at("audit.log"),
    logs: at("logs"),
    pods: at("pods"),
    kubeconfigs: {
      admin: at("kubeconfig"),
      controllerManager: at("pki", "controller-manager.kubeconfig"),
      scheduler: at("pki", "scheduler.kubeconfig"),
    },
  };
}

/** Where the client of this node keeps its credentials. */
export function nodeKubeconfig(directory: string, node: string): string {
  return join(directory, "pki", `${node}.kubeconfig`);
}

/**
 * Everything at Metadata, writes with both bodies. Secrets and tokens never with bodies; heartbeats and the controllers'
 * own bookkeeping not either, they would be most of the log.
 */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "Metadata",
      resources: [
        { group: "", resources: ["secrets", "serviceaccounts/token", "nodes/status", "events"] },
        { group: "events.k8s.io", resources: ["events"] },
        { group: "authentication.k8s.io", resources: ["tokenreviews"] },
      ],
    },
    { level: "Metadata", namespaces: ["kube-node-lease"], resources: [{ group: "coordination.k8s.io" }] },
    { level: "RequestResponse", verbs: ["create", "update", "patch", "delete", "deletecollection"] },
    { level: "Metadata" },
  ],
};

const groupsOf = {
  admin: ["kubernetes-admin", ["system:masters"]],
  controllerManager: ["system:kube-controller-manager", []],
  scheduler: ["system:kube-scheduler", []],
} as const satisfies Record<keyof Files["kubeconfigs"], readonly [string, readonly string[]]>;

/** Writes everything, readable by the owner alone. The authority's own key stays in memory. */
export async function writeFiles(files: Files, authority: Authority, url: string): Promise<void> {
  const { hostname } = new URL(url);
  for (const each of [join(files.ca, ".."), files.etcdDirectory, files.logs, files.pods]) {
    mkdirSync(each, { recursive: true, mode: 0o700 });
  }
  write(files.ca, authority.caPem);
  const names = ["localhost", "kubernetes.default.svc", "kubernetes.default"];
  const serving = await authority.server([...new Set([hostname, loopback, kubernetesServiceAddress]), ...names]);
  write(files.serving.cert, serving.certPem);
  write(files.serving.key, serving.keyPem);
  // As kubeadm does it: kubelets ask the API server what its own client may do, and it may do everything.
  const kubeletClient = await authority.client("kube-apiserver-kubelet-client", ["system:masters"]);
  write(files.kubeletClient.cert, kubeletClient.certPem);
  write(files.kubeletClient.key, kubeletClient.keyPem);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  write(files.serviceAccount.privateKey, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  write(files.serviceAccount.publicKey, publicKey.export({ type: "spki", format: "pem" }).toString());
  write(files.auditPolicy, JSON.stringify(auditPolicy, undefined, 2));
  for (const who of ["admin", "controllerManager", "scheduler"] as const) {
    const [user, groups] = groupsOf[who];
    const issued = await authority.client(user, groups);
    write(files.kubeconfigs[who], kubeconfigOf({ url, caPem: authority.caPem, user, issued }));
  }
}

/** A file of the cluster: nobody else may read it. Errors: `ClusterProblem`. */
export function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw new ClusterProblem(
      `${file} cannot be written: ${wordsOf(error)}. Free some space, or choose another folder with --directory.`,
    );
  }
}

/** JSON is YAML; everything is inside, no file beside it is needed. */
export function kubeconfigOf(input: { url: string; caPem: string; user: string; issued: Issued }): string {
  const { url, caPem, user, issued } = input;
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const name = "operarius-cluster";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: url, "certificate-authority-data": base64(caPem) } }],
    users: [
      {
        name: user,
        user: { "client-certificate-data": base64(issued.certPem), "client-key-data": base64(issued.keyPem) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user, namespace: "default" } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
