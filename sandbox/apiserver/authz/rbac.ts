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
  /** Through which binding the user has it, in words; absent for system:masters. */
  source?: string;
}

export interface Authorizer {
  allows(attributes: Attributes): boolean;
  /** The rule that allows it, or undefined. */
  allowing(attributes: Attributes): PolicyRule | undefined;
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

/** The rules of a Role or ClusterRole. */
export function rulesOf(role: KubeObject | undefined): PolicyRule[] {
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

/** The subject of the binding that is this user, in words. */
function subjectOf(binding: KubeObject, user: User): string | undefined {
  for (const subject of asList(binding.subjects).map(asMap)) {
    const { kind } = subject;
    const [name, namespace] = [asString(subject.name), asString(subject.namespace)];
    if (kind === "User" && name === user.name) return `User ${JSON.stringify(name)}`;
    if (kind === "Group" && user.groups.includes(name)) return `Group ${JSON.stringify(name)}`;
    const account = serviceAccountOf(user.name);
    if (kind === "ServiceAccount" && account?.name === name && account.namespace === namespace)
      return `ServiceAccount ${JSON.stringify(`${name}/${namespace}`)}`;
  }
  return undefined;
}

function sourceOf(binding: KubeObject, subject: string): string {
  const { name = "", namespace } = binding.metadata;
  const kind = namespace === undefined ? "ClusterRoleBinding" : "RoleBinding";
  const full = namespace === undefined ? name : `${name}/${namespace}`;
  const ref = asMap(binding.roleRef);
  return `${kind} ${JSON.stringify(full)} of ${asString(ref.kind)} ${JSON.stringify(ref.name)} to ${subject}`;
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
    const rules: PolicyRule[] = [];
    const clusterRole = (ref: Record<string, unknown>) =>
      rulesOf(store.get(buckets.clusterRoles, keyOf(undefined, asString(ref.name))));
    const add = (binding: KubeObject): void => {
      const subject = subjectOf(binding, user);
      if (subject === undefined) return;
      const ref = asMap(binding.roleRef);
      const source = sourceOf(binding, subject);
      const own =
        ref.kind === "ClusterRole"
          ? clusterRole(ref)
          : rulesOf(store.get(buckets.roles, keyOf(namespace, asString(ref.name))));
      rules.push(...own.map((rule) => ({ ...rule, source })));
    };
    for (const binding of store.list(buckets.clusterRoleBindings)) add(binding);
    if (namespace === "") return rules;
    for (const binding of store.list(buckets.roleBindings, namespace)) add(binding);
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

  // Whoever is in this group may do everything, whatever becomes of the roles.
  const allowing = (wanted: Attributes): PolicyRule | undefined =>
    (wanted.user.groups.includes("system:masters") ? everything : rules(wanted.user, wanted.namespace)).find((rule) =>
      permits(rule, wanted),
    );
  return { rules, allowing, allows: (wanted) => allowing(wanted) !== undefined };
}

/** The words of a refusal, as kube-apiserver's. */
export function refusal({ user, verb, group, resource, subresource, namespace, path }: Attributes): string {
  if (path !== undefined) return `User "${user.name}" cannot ${verb} path "${path}"`;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const place = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${place}`;
}
