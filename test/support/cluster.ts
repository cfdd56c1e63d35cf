/** A cluster that scenarios run on: the sandbox today, a real control plane with simulated nodes by the same interface. */
import type { Toleration } from "kubernetes-types/core/v1";
import { isSupported } from "../../scripts/cluster/release.ts";
import { namespaces } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { AuditEvent } from "./audit.ts";

/** What a scenario may need of a cluster beyond the API. */
export type Capability =
  /** Nodes obey the annotation sandbox.operarius.openfero.io/faults. */
  | "node-faults"
  /** A node may fall silent, and counts as dead within seconds. */
  | "node-death"
  /** Every namespace carries its name as the label kubernetes.io/metadata.name (1.21). */
  | "namespace-names"
  /** The DaemonSet controller can be stopped and started. */
  | "stop-controller"
  /** Its objects may hold for the whole cluster, and every kind may be made. */
  | "whole-cluster"
  /** Admission holds namespaces to their Pod Security level. */
  | "pod-security"
  /** The scheduler makes room for more important pods. */
  | "preemption";

/** Credentials of a ServiceAccount, in both forms in which the program takes them. */
export interface AccountFiles {
  /** system:serviceaccount:NAMESPACE:NAME, as the audit log calls it. */
  user: string;
  kubeconfig: string;
  /** Holds `token` and `ca.crt`, as a kubelet mounts them. */
  directory: string;
}

export interface Cluster {
  readonly name: string;
  readonly url: string;
  /** A person with kubectl and every right: their writes carry kubectl's field manager. */
  readonly person: Kube;
  /** The same person's kubeconfig file. */
  readonly personKubeconfig: string;
  /** Nodes in groups of four, each group for one scenario at a time. They carry `groundLabel` = `groundName(number)`. */
  readonly grounds: readonly (readonly string[])[];
  groundName(ground: number): string;
  /** The account that the program runs as; `account` gives its credentials. */
  readonly healer: { readonly namespace: string; readonly name: string };
  /** The pod of the exporter that sends the alerts. */
  readonly exporter: { readonly namespace: string; readonly name: string };
  /** What pods need to come to the nodes of the grounds. */
  readonly tolerations: readonly Toleration[];
  /** Makes the namespace of one scenario and resolves with its name; the account may do its work there. */
  createNamespace(slug: string): Promise<string>;
  /** Why a capability is missing here. What is not named is there. */
  readonly lacks: Readonly<Partial<Record<Capability, string>>>;
  /** Credentials of a ServiceAccount by TokenRequest. Rejects when it does not exist. */
  account(namespace: string, name: string): Promise<AccountFiles>;
  /** Every request so far; those of the cluster's own components may be missing. */
  audit(): Promise<AuditEvent[]>;
  /** Stops the controller of all DaemonSets; the function it resolves with starts it again. */
  stopDaemonSetController(): Promise<() => Promise<void>>;
  /** An empty folder that `stop` removes. */
  scratch(): string;
  stop(): Promise<void>;
}

/** Marks the nodes of one group. */
export const groundLabel = "operarius.test/ground";

/** The pod that the label `pod` of every alert of kube-state-metrics names. */
export const exporterPod = "kube-prometheus-stack-kube-state-metrics-6f8d9b7c5d-x2v4q";

/** The shipped identity of the Job. */
export const healer = { namespace: "openfero", name: "operarius-daemonset-rollout" };

/** How the audit log calls the shipped identity of the Job. */
export const healerUser = userOf(healer);

/** How the audit log calls an account. */
export function userOf({ namespace, name }: { namespace: string; name: string }): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

type Places = Pick<Cluster, "groundName" | "healer" | "exporter" | "tolerations" | "createNamespace">;

/** Where things are on a cluster that belongs to the tests alone. */
export function usualPlaces(person: Kube): Places {
  return {
    groundName: String,
    healer,
    exporter: { namespace: "monitoring", name: exporterPod },
    tolerations: [],
    async createNamespace(slug) {
      const name = `scenario-${slug}`;
      const metadata = { name, labels: { scenario: slug } };
      await person.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata });
      return name;
    },
  };
}

/** What an old release lacks, where the user has allowed one. */
export function lacksOfRelease(version: string): Cluster["lacks"] {
  if (isSupported(version)) return {};
  return {
    "namespace-names": `namespaces of ${version} do not carry their name as a label, no webhook can be kept to one`,
  };
}
