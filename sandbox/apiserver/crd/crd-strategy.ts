/** Rules of CustomResourceDefinitions. They are established at once: nothing else has to agree to their names. */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, ensureMap, isMap, setDefault, timestamp } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, notSupported, required } from "../status.ts";

function storedVersions(crd: KubeObject): string[] {
  return asList(asMap(crd.spec).versions)
    .map(asMap)
    .filter((one) => one.storage === true)
    .map((one) => asString(one.name));
}

function establish(crd: KubeObject): void {
  const lastTransitionTime = timestamp();
  crd.status = {
    acceptedNames: asMap(crd.spec).names,
    conditions: [
      {
        type: "NamesAccepted",
        status: "True",
        reason: "NoConflicts",
        message: "no conflicts found",
        lastTransitionTime,
      },
      {
        type: "Established",
        status: "True",
        reason: "InitialNamesAccepted",
        message: "the initial names have been accepted",
        lastTransitionTime,
      },
    ],
    storedVersions: storedVersions(crd),
  };
}

function schemaMissing(version: Record<string, unknown>): boolean {
  return !isMap(asMap(version.schema).openAPIV3Schema);
}

export const crdStrategy: Strategy = {
  defaults(crd) {
    const spec = ensureMap(crd, "spec");
    const names = ensureMap(spec, "names");
    const kind = asString(names.kind);
    setDefault(names, "singular", kind.toLowerCase());
    setDefault(names, "listKind", `${kind}List`);
    setDefault(spec, "conversion", { strategy: "None" });
  },
  prepareCreate: establish,
  prepareUpdate: (next) => {
    next.status = {
      ...asMap(next.status),
      acceptedNames: asMap(next.spec).names,
      storedVersions: storedVersions(next),
    };
  },
  validate(crd) {
    const spec = asMap(crd.spec);
    const names = asMap(spec.names);
    const faults: Cause[] = [];
    const expected = `${asString(names.plural)}.${asString(spec.group)}`;
    if (crd.metadata.name !== expected)
      faults.push(badValue("metadata.name", crd.metadata.name ?? "", `must be spec.names.plural+"."+spec.group`));
    if (!["Namespaced", "Cluster"].includes(asString(spec.scope)))
      faults.push(notSupported("spec.scope", spec.scope ?? "", ["Cluster", "Namespaced"]));
    if (asString(names.kind) === "") faults.push(required("spec.names.kind"));
    const versions = asList(spec.versions).map(asMap);
    if (storedVersions(crd).length !== 1)
      faults.push(
        badValue(
          "spec.versions",
          versions.map((one) => one.name),
          "must have exactly one version marked as storage version",
        ),
      );
    versions.forEach((version, index) => {
      if (schemaMissing(version))
        faults.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, "schemas are required"));
    });
    return faults;
  },
};
