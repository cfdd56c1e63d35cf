/** Role-based access control: the rules that a user has, and whether they allow a request (plugin/pkg/auth/authorizer/rbac). */
import type { User } from "../authn/user.ts";
import { serviceAccountOf } from "../authn/user.ts";
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString } from "../object.ts";
import { keyOf } from "../registry/resource-info.ts";
import type { Store } from "../storage/store.ts";

export interface Attributes {
  user: User;
  verb: string;
  /** For resources; empty strings where a part is absent. */
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Set for other paths: then only the path and the verb count. */
  path?: string;
}

export interface PolicyRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  resourceNames: string[];
  nonResourceURLs: string[];
}

export interface Authorizer {
  allows(attributes: Attributes): boolean;
  /** The rules of a user in a namespace ("" for the cluster's only). */
  rules(user: User, namespace: string): PolicyRule[];
}

const buckets = {
  roles: "roles.rbac.authorization.k8s.io",
  roleBindings: "rolebindings.rbac.authorization.k8s.io",
  clusterRoles: "clusterroles.rbac.authorization.k8s.io",
  clusterRoleBindings: "clusterrolebindings.rbac.authorization.k8s.io",
} as const;

function strings(value: unknown): string[] {
  return asList(value).map(asString);
}

function rulesOf(role: KubeObject | undefined): PolicyRule[] {
  return asList(role?.rules).map((rule) => {
    const fields = asMap(rule);
    return {
      verbs: strings(fields.verbs),
      apiGroups: strings(fields.apiGroups),
      resources: strings(fields.resources),
      resourceNames: strings(fields.resourceNames),
      nonResourceURLs: strings(fields.nonResourceURLs),
    };
  });
}

function concerns(binding: KubeObject, user: User): boolean {
  return asList(binding.subjects).some((subject) => {
    const { kind, name, namespace } = asMap(subject);
    if (kind === "User") return name === user.name;
    if (kind === "Group") return user.groups.includes(asString(name));
    const account = serviceAccountOf(user.name);
    return kind === "ServiceAccount" && account?.name === name && account?.namespace === namespace;
  });
}

function has(list: readonly string[], value: string): boolean {
  return list.includes("*") || list.includes(value);
}

function resourceMatches(rule: PolicyRule, resource: string, subresource: string): boolean {
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  return has(rule.resources, full) || (subresource !== "" && rule.resources.includes(`*/${subresource}`));
}

function pathMatches(rule: PolicyRule, path: string): boolean {
  return rule.nonResourceURLs.some(
    (pattern) =>
      pattern === "*" || pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1))),
  );
}

function permits(rule: PolicyRule, wanted: Attributes): boolean {
  if (!has(rule.verbs, wanted.verb)) return false;
  if (wanted.path !== undefined) return pathMatches(rule, wanted.path);
  return (
    has(rule.apiGroups, wanted.group) &&
    resourceMatches(rule, wanted.resource, wanted.subresource) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(wanted.name))
  );
}

const everything: PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"], resourceNames: [], nonResourceURLs: [] },
  { verbs: ["*"], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ["*"] },
];

/** Rules are collected once per user and namespace, until an RBAC object changes. */
export function createAuthorizer(store: Store): Authorizer {
  const known = new Map<string, PolicyRule[]>();
  for (const bucket of Object.values(buckets)) store.subscribe(bucket, store.revision(), () => known.clear());

  function collect(user: User, namespace: string): PolicyRule[] {
    if (user.groups.includes("system:masters")) return everything;
    const rules: PolicyRule[] = [];
    const clusterRole = (ref: Record<string, unknown>) =>
      rulesOf(store.get(buckets.clusterRoles, keyOf(undefined, asString(ref.name))));
    for (const binding of store.list(buckets.clusterRoleBindings)) {
      if (concerns(binding, user)) rules.push(...clusterRole(asMap(binding.roleRef)));
    }
    if (namespace === "") return rules;
    for (const binding of store.list(buckets.roleBindings, namespace)) {
      if (!concerns(binding, user)) continue;
      const ref = asMap(binding.roleRef);
      if (ref.kind === "ClusterRole") rules.push(...clusterRole(ref));
      else rules.push(...rulesOf(store.get(buckets.roles, keyOf(namespace, asString(ref.name)))));
    }
    return rules;
  }

  function rules(user: User, namespace: string): PolicyRule[] {
    const key = JSON.stringify([user.name, user.groups, namespace]);
    let found = known.get(key);
    if (found === undefined) {
      // Users come and go with tests; the memory does not grow with them.
      if (known.size > 500) known.clear();
      found = collect(user, namespace);
      known.set(key, found);
    }
    return found;
  }

  return { rules, allows: (wanted) => rules(wanted.user, wanted.namespace).some((rule) => permits(rule, wanted)) };
}

/** The words of a refusal, as kube-apiserver's. */
export function refusal({ user, verb, group, resource, subresource, namespace, path }: Attributes): string {
  if (path !== undefined) return `User "${user.name}" cannot ${verb} path "${path}"`;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const place = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${place}`;
}
