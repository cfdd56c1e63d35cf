/** The roles and bindings that every cluster starts with, as far as the sandbox has a use for them. */
import { randomUUID } from "node:crypto";
import type { KubeObject } from "../object.ts";
import { timestamp } from "../object.ts";

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  nonResourceURLs?: string[];
}

const read = ["get", "list", "watch"];
const write = ["create", "delete", "deletecollection", "patch", "update"];
const workloads: [string, string[]][] = [
  [
    "",
    [
      "configmaps",
      "endpoints",
      "events",
      "persistentvolumeclaims",
      "pods",
      "pods/log",
      "pods/status",
      "services",
      "serviceaccounts",
    ],
  ],
  [
    "apps",
    [
      "controllerrevisions",
      "daemonsets",
      "daemonsets/status",
      "deployments",
      "deployments/status",
      "replicasets",
      "replicasets/status",
      "statefulsets",
      "statefulsets/status",
    ],
  ],
  ["batch", ["cronjobs", "cronjobs/status", "jobs", "jobs/status"]],
  ["policy", ["poddisruptionbudgets", "poddisruptionbudgets/status"]],
];
const readable: [string, string[]][] = [
  ...workloads,
  ["", ["limitranges", "namespaces", "namespaces/status", "resourcequotas", "resourcequotas/status"]],
];
const editable: [string, string[]][] = [...workloads, ["", ["pods/eviction", "secrets", "serviceaccounts/token"]]];

function rulesFor(resources: readonly [string, string[]][], verbs: string[]): Rule[] {
  return resources.map(([group, list]) => ({ verbs, apiGroups: [group], resources: list }));
}

const all: Rule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];
const discoveryPaths = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
  "/version/",
];

const issuerPaths = [
  "/.well-known/openid-configuration",
  "/.well-known/openid-configuration/",
  "/openid/v1/jwks",
  "/openid/v1/jwks/",
];
const publicPaths = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/** What a kubelet needs. The real server narrows it further to the kubelet's own node and pods (Node authorizer). */
const node: Rule[] = [
  { verbs: ["create", ...read, "update", "patch", "delete"], apiGroups: [""], resources: ["nodes"] },
  { verbs: ["patch", "update"], apiGroups: [""], resources: ["nodes/status", "pods/status"] },
  { verbs: [...read, "create", "delete"], apiGroups: [""], resources: ["pods"] },
  {
    verbs: read,
    apiGroups: [""],
    resources: ["configmaps", "secrets", "services", "serviceaccounts", "persistentvolumeclaims"],
  },
  { verbs: ["create", "patch", "update"], apiGroups: ["", "events.k8s.io"], resources: ["events"] },
  { verbs: ["create"], apiGroups: [""], resources: ["serviceaccounts/token", "pods/eviction"] },
  { verbs: ["create", "delete", "get", "patch", "update"], apiGroups: ["coordination.k8s.io"], resources: ["leases"] },
  { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"] },
  { verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"] },
];

const scheduler: Rule[] = [
  { verbs: read, apiGroups: [""], resources: ["nodes", "namespaces", "persistentvolumeclaims", "services"] },
  { verbs: [...read, "delete"], apiGroups: [""], resources: ["pods"] },
  { verbs: ["create"], apiGroups: [""], resources: ["pods/binding", "bindings"] },
  { verbs: ["patch", "update"], apiGroups: [""], resources: ["pods/status"] },
  { verbs: ["create", "patch", "update"], apiGroups: ["", "events.k8s.io"], resources: ["events"] },
  { verbs: read, apiGroups: ["apps"], resources: ["replicasets", "statefulsets"] },
  { verbs: read, apiGroups: ["policy"], resources: ["poddisruptionbudgets"] },
  { verbs: read, apiGroups: ["scheduling.k8s.io"], resources: ["priorityclasses"] },
  {
    verbs: ["create", "get", "list", "update", "watch", "patch"],
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
  },
];

/** The identities of the controllers inside the manager. */
const controllers = [
  "daemon-set-controller",
  "disruption-controller",
  "generic-garbage-collector",
  "job-controller",
  "namespace-controller",
  "node-controller",
  "pod-garbage-collector",
  "resourcequota-controller",
  "root-ca-cert-publisher",
  "service-account-controller",
].map((name) => `system:serviceaccount:kube-system:${name}`);

interface Role {
  name: string;
  rules: Rule[];
  /** Groups that have it cluster-wide. */
  groups?: string[];
  users?: string[];
}

const roles: readonly Role[] = [
  { name: "cluster-admin", rules: all, groups: ["system:masters"] },
  {
    name: "admin",
    rules: [
      ...rulesFor(editable, [...read, ...write]),
      ...rulesFor(readable, read),
      { verbs: [...read, ...write], apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"] },
    ],
  },
  { name: "edit", rules: [...rulesFor(editable, [...read, ...write]), ...rulesFor(readable, read)] },
  { name: "view", rules: rulesFor(readable, read) },
  {
    name: "system:discovery",
    rules: [{ verbs: ["get"], nonResourceURLs: discoveryPaths }],
    groups: ["system:authenticated"],
  },
  {
    name: "system:public-info-viewer",
    rules: [{ verbs: ["get"], nonResourceURLs: publicPaths }],
    groups: ["system:authenticated", "system:unauthenticated"],
  },
  {
    name: "system:basic-user",
    rules: [
      {
        verbs: ["create"],
        apiGroups: ["authorization.k8s.io"],
        resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      },
      { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"] },
    ],
    groups: ["system:authenticated"],
  },
  {
    name: "system:service-account-issuer-discovery",
    rules: [{ verbs: ["get"], nonResourceURLs: issuerPaths }],
    groups: ["system:serviceaccounts"],
  },
  {
    name: "system:auth-delegator",
    rules: [
      { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"] },
      { verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"] },
    ],
  },
  { name: "system:node", rules: node, groups: ["system:nodes"] },
  { name: "system:kube-scheduler", rules: scheduler, users: ["system:kube-scheduler"] },
  // The controllers of the real manager each have a role of their own; together they come to nearly everything.
  { name: "system:kube-controller-manager", rules: all, users: ["system:kube-controller-manager", ...controllers] },
];

function meta(name: string): KubeObject["metadata"] {
  return {
    name,
    uid: randomUUID(),
    creationTimestamp: timestamp(),
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  };
}

/** The objects, ready to be stored. */
export function bootstrapPolicy(): { bucket: string; object: KubeObject }[] {
  const apiGroup = "rbac.authorization.k8s.io";
  const apiVersion = `${apiGroup}/v1`;
  return roles.flatMap(({ name, rules, groups = [], users = [] }) => {
    const role = {
      bucket: `clusterroles.${apiGroup}`,
      object: { kind: "ClusterRole", apiVersion, metadata: meta(name), rules },
    };
    const subjects = [
      ...groups.map((one) => ["Group", one] as const),
      ...users.map((one) => ["User", one] as const),
    ].map(([kind, subject]) => ({ kind, apiGroup, name: subject }));
    if (subjects.length === 0) return [role];
    const binding = {
      kind: "ClusterRoleBinding",
      apiVersion,
      metadata: meta(name),
      roleRef: { apiGroup, kind: "ClusterRole", name },
      subjects,
    };
    return [role, { bucket: `clusterrolebindings.${apiGroup}`, object: binding }];
  });
}
