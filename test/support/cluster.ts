/** A cluster that scenarios run on: the sandbox today, a real control plane with simulated nodes by the same interface. */
import type { Kube } from "../../src/kube/types.ts";
import type { AuditEvent } from "./audit.ts";

/** What a scenario may need of a cluster beyond the API. */
export type Capability =
  /** Nodes obey the annotation sandbox.operarius.openfero.io/faults. */
  | "node-faults"
  /** The DaemonSet controller can be stopped and started. */
  | "stop-controller"
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
  /** Nodes in groups of four, each group for one scenario at a time. They carry `groundLabel` = the group's number. */
  readonly grounds: readonly (readonly string[])[];
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

/** The shipped identity of the Job. */
export const healer = { namespace: "openfero", name: "operarius-daemonset-rollout" };

/** How the audit log calls the shipped identity of the Job. */
export const healerUser = `system:serviceaccount:${healer.namespace}:${healer.name}`;
