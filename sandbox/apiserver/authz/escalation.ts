/** Nobody writes a Role with rights that they do not have themselves (pkg/registry/rbac/escalation_check.go). */
import type { User } from "../authn/user.ts";
import type { KubeObject } from "../object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { forbidden } from "../status.ts";
import type { Authorizer, PolicyRule } from "./rbac.ts";
import { rulesOf } from "./rbac.ts";

interface Write {
  backend: { authorizer: Authorizer };
  resource: ResourceInfo;
  namespace: string;
  name: string;
  user: User;
}

const has = (list: readonly string[], value: string): boolean => list.includes("*") || list.includes(value);

/** Whether some one rule of `owned` covers each part of `wanted`. */
function isCovered(wanted: PolicyRule, owned: readonly PolicyRule[]): boolean {
  const paths = wanted.nonResourceURLs.every((path) =>
    wanted.verbs.every((verb) => owned.some((rule) => has(rule.verbs, verb) && has(rule.nonResourceURLs, path))),
  );
  if (!paths) return false;
  const names = wanted.resourceNames.length > 0 ? wanted.resourceNames : [undefined];
  return wanted.verbs.every((verb) =>
    wanted.apiGroups.every((group) =>
      wanted.resources.every((resource) =>
        names.every((name) =>
          owned.some(
            (rule) =>
              has(rule.verbs, verb) &&
              has(rule.apiGroups, group) &&
              has(rule.resources, resource) &&
              (rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name))),
          ),
        ),
      ),
    ),
  );
}

function words({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  const parts = {
    APIGroups: apiGroups,
    Resources: resources,
    ResourceNames: resourceNames,
    NonResourceURLs: nonResourceURLs,
    Verbs: verbs,
  };
  const shown = Object.entries(parts).filter(([, list]) => list.length > 0);
  return `{${shown.map(([name, list]) => `${name}:${JSON.stringify(list)}`).join(", ")}}`;
}

/** Errors: 403 when the object is a Role or ClusterRole that grants more than its author has, without the verb escalate. */
export function checkEscalation({ backend, resource, namespace, name, user }: Write, object: KubeObject): void {
  if (resource.group !== "rbac.authorization.k8s.io" || !/^(Cluster)?Role$/.test(resource.kind)) return;
  const { authorizer } = backend;
  const asked = {
    user,
    verb: "escalate",
    group: resource.group,
    resource: resource.plural,
    subresource: "",
    namespace,
    name,
  };
  if (authorizer.allows(asked)) return;
  const owned = authorizer.rules(user, namespace);
  const missing = rulesOf(object).filter((rule) => !isCovered(rule, owned));
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(" ");
  throw forbidden(
    resource,
    object.metadata.name ?? "",
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(words).join("\n")}`,
  );
}
