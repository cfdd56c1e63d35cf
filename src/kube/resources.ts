/** The kinds we read or write, by where they are served. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Job } from "kubernetes-types/batch/v1";
import type { Lease } from "kubernetes-types/coordination/v1";
import type { ConfigMap, Event, Namespace, Node, Pod, Secret, ServiceAccount } from "kubernetes-types/core/v1";
import type { Resource } from "./types.ts";

function core<T>(plural: string, kind: string, namespaced = true): Resource<T> {
  return { group: "", version: "v1", plural, kind, namespaced };
}

export const pods: Resource<Pod> = core("pods", "Pod");
export const nodes: Resource<Node> = core("nodes", "Node", false);
export const namespaces: Resource<Namespace> = core("namespaces", "Namespace", false);
export const events: Resource<Event> = core("events", "Event");
export const configMaps: Resource<ConfigMap> = core("configmaps", "ConfigMap");
export const secrets: Resource<Secret> = core("secrets", "Secret");
export const serviceAccounts: Resource<ServiceAccount> = core("serviceaccounts", "ServiceAccount");
export const daemonSets: Resource<DaemonSet> = {
  group: "apps",
  version: "v1",
  plural: "daemonsets",
  kind: "DaemonSet",
  namespaced: true,
};
export const controllerRevisions: Resource<ControllerRevision> = {
  group: "apps",
  version: "v1",
  plural: "controllerrevisions",
  kind: "ControllerRevision",
  namespaced: true,
};
export const jobs: Resource<Job> = { group: "batch", version: "v1", plural: "jobs", kind: "Job", namespaced: true };
export const leases: Resource<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
};
