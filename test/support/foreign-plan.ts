/** What the scenarios will make on a cluster of the user's, what they need to be allowed, and what cannot be played there. */
import { join } from "node:path";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import { nodeNames, taintOf } from "../../scripts/cluster/foreign/names.ts";
import type { Right } from "../../scripts/cluster/foreign/rights.ts";
import { rightsForNodes, rightsOn } from "../../scripts/cluster/foreign/rights.ts";
import type { Capability } from "./cluster.ts";
import { healer } from "./cluster.ts";
import { operariusFolder } from "./operarius-folder.ts";

/** Groups of four nodes: few, they show in everything that looks at the cluster. */
export const groundCount = 2;
/** Everything that the program may do, as installed for all; here only what reads holds for the whole cluster. */
const rbacFile = join(operariusFolder, "rbac.yaml");

/** What cannot be played there, and why. */
export const foreignLacks: Readonly<Partial<Record<Capability, string>>> = {
  "stop-controller": "the controller manager of a cluster of yours is not ours to stop",
  "node-death":
    "when a node counts as dead is up to your cluster's controller manager, and dead nodes change how it treats the others",
  "whole-cluster": "they need more rights than are asked for, or make objects that hold for your whole cluster",
};

export interface ForeignPlan {
  nodes: string[];
  /** Lines for the user. */
  creates: string[];
  rights: Right[];
}

/** What the scenarios will make in a cluster of the user's, and what they need to be allowed for it. Pure but for reading rbac.yaml. */
export function foreignPlan(namespace: string): ForeignPlan {
  const nodes = nodeNames(namespace, 4 * groundCount);
  const { key } = taintOf(namespace);
  return {
    nodes,
    creates: [
      `namespaces ${namespace} and ${namespace}-<scenario>, with everything in them`,
      `nodes ${nodes[0]} to ${nodes.at(-1)}, simulated by this machine: label and taint ${key}=${namespace}, no address,`,
      "  none of the usual labels; with their leases in kube-node-lease, and what your cluster notes of nodes (events, pod CIDRs)",
      `ClusterRoles and ClusterRoleBinding ${accountName(namespace)}...: the program reads pods, nodes and DaemonSets everywhere, and does its work in these namespaces alone`,
      `ValidatingWebhookConfigurations ${namespace}-s16 and ${namespace}-r04: refuse new pods, each in the namespace of its own name`,
    ],
    rights: [
      ...rightsForNodes(nodes),
      ...rightsOn("", "namespaces", ["get", "list", "create", "patch", "delete"]),
      ...rightsOn("", "pods", ["get", "list", "watch", "create", "patch", "delete"]),
      ...rightsOn("", "configmaps", ["get", "create", "delete"]),
      ...rightsOn("", "serviceaccounts", ["get", "create"]),
      ...rightsOn("", "serviceaccounts/token", ["create"]),
      ...rightsOn("apps", "daemonsets", ["get", "list", "create", "update", "patch", "delete"]),
      ...rightsOn("apps", "controllerrevisions", ["get", "list", "patch"]),
      ...["clusterroles", "clusterrolebindings", "roles", "rolebindings"].flatMap((resource) =>
        rightsOn("rbac.authorization.k8s.io", resource, ["list", "create", "delete"]),
      ),
      ...rightsOn("admissionregistration.k8s.io", "validatingwebhookconfigurations", ["list", "create", "delete"]),
      ...rightsOn("apiextensions.k8s.io", "customresourcedefinitions", ["list"]),
      // Nobody may give away what they do not have.
      ...shippedRules().flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) => resources.flatMap((resource) => rightsOn(group, resource, verbs))),
      ),
    ],
  };
}

export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

/** The rules of every object of that kind in the shipped rbac.yaml. */
export function shipped(kind: string): Rule[] {
  return readManifests(rbacFile)
    .filter((manifest) => manifest.kind === kind)
    .flatMap(({ rules }) => rules as Rule[]);
}

function shippedRules(): Rule[] {
  return [...shipped("ClusterRole"), ...shipped("Role")];
}

/** Name of what the account has in the cluster as a whole. */
export function accountName(namespace: string): string {
  return `${namespace}-${healer.name}`;
}
