/** What every controller is given. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Job } from "kubernetes-types/batch/v1";
import type { Lease } from "kubernetes-types/coordination/v1";
import type { ConfigMap, Namespace, Node, Pod, ResourceQuota, ServiceAccount } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import type { Kube } from "../../src/kube/types.ts";
import type { Informer } from "../machinery/informer.ts";
import type { ControllerTuning } from "./tuning.ts";

/** A type, not an interface, so that its values can be walked over. */
export type Informers = {
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  daemonSets: Informer<DaemonSet>;
  controllerRevisions: Informer<ControllerRevision>;
  jobs: Informer<Job>;
  leases: Informer<Lease>;
  namespaces: Informer<Namespace>;
  serviceAccounts: Informer<ServiceAccount>;
  budgets: Informer<PodDisruptionBudget>;
  quotas: Informer<ResourceQuota>;
  /** kube-root-ca.crt of every namespace. */
  rootCertificates: Informer<ConfigMap>;
};

export interface ControllerContext {
  /** Acts under the controller's own user. */
  kube: Kube;
  informers: Informers;
  tuning: ControllerTuning;
  caPem: string;
  now: () => number;
  log: (line: string) => void;
}

/** A running controller. */
export interface Running {
  /** Resolves when it has ended; nothing of it runs on. */
  stop(): Promise<void>;
}
