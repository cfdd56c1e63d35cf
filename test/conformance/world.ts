/** A cluster under conformance: the sandbox or a real control plane, both with the same fake kubelet as nodes. */
import type { Kube } from "../../src/kube/types.ts";

export type WorldName = "sandbox" | "real";

/** What an administrator presents. */
export interface Identity {
  caPem: string;
  certPem: string;
  keyPem: string;
}

export interface World {
  readonly name: WorldName;
  /** gitVersion of the API server. */
  readonly version: string;
  readonly url: string;
  /** The administrator's kubeconfig file. */
  readonly kubeconfig: string;
  readonly identity: Identity;
  /** The administrator; its field manager is `adminManager`. */
  readonly admin: Kube;
  /** Labels of the namespaces that are made here. */
  readonly marks: Readonly<Record<string, string>>;
  /** The same with a bearer token, for users and ServiceAccounts. */
  withToken(token: string): Kube;
  /** Starts nodes of these names and resolves when pods can be scheduled to them. */
  addNodes(names: readonly string[]): Promise<{ stop(): Promise<void> }>;
  /** Forgets the history of all objects, as etcd's compaction does. */
  compact(): Promise<void>;
  /** An existing folder that is removed by `stop`. */
  readonly scratch: string;
  stop(): Promise<void>;
}

/** The field manager of what cases write through our own client. */
export const adminManager = "conformance";
