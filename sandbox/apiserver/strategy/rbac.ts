/** Rules of RoleBindings and ClusterRoleBindings. */
import { asList, asMap, asString, isMap, sameJson, setDefault } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import { notSupported, required } from "../status.ts";
import { immutable } from "./daemon-set.ts";

const rbacGroup = "rbac.authorization.k8s.io";

/** As the real server's own struct has it, whose fields have no names for JSON. */
function shownRef(ref: unknown): object {
  const { apiGroup, kind, name } = asMap(ref);
  return { APIGroup: apiGroup, Kind: kind, Name: name };
}

export const bindingStrategy: Strategy = {
  defaults(binding) {
    if (isMap(binding.roleRef)) setDefault(binding.roleRef, "apiGroup", rbacGroup);
    for (const subject of asList(binding.subjects).filter(isMap)) {
      if (subject.kind !== "ServiceAccount") setDefault(subject, "apiGroup", rbacGroup);
    }
  },
  validate(binding) {
    const role = asMap(binding.roleRef);
    const faults = asString(role.name) === "" ? [required("roleRef.name")] : [];
    const kinds = binding.kind === "RoleBinding" ? ["Role", "ClusterRole"] : ["ClusterRole"];
    if (!kinds.includes(asString(role.kind))) faults.push(notSupported("roleRef.kind", role.kind ?? "", kinds));
    asList(binding.subjects).forEach((subject, index) => {
      const { kind, name, namespace } = asMap(subject);
      if (asString(name) === "") faults.push(required(`subjects[${index}].name`));
      if (kind === "ServiceAccount" && asString(namespace) === "")
        faults.push(required(`subjects[${index}].namespace`));
    });
    return faults;
  },
  validateUpdate: (next, old) =>
    sameJson(next.roleRef, old.roleRef)
      ? []
      : [
          {
            ...immutable("roleRef", next.roleRef),
            message: `Invalid value: ${JSON.stringify(shownRef(next.roleRef))}: cannot change roleRef`,
          },
        ],
};
