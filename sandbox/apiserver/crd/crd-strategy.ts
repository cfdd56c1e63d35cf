/** Rules of CustomResourceDefinitions. They are established at once: nothing else has to agree to their names. */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, ensureMap, isMap, setDefault, timestamp } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, notSupported, required } from "../status.ts";
import { innerSchemas, syntaxFault } from "./rules.ts";
import type { Schema } from "./schema.ts";
import { schemaFaults } from "./schema.ts";

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

/** A version as Go's struct has it, for messages. */
function shownVersion(version: Record<string, unknown>): object {
  return {
    Name: version.name,
    Served: version.served === true,
    Storage: version.storage === true,
    Deprecated: version.deprecated === true,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  };
}

const schemaTypes = ["array", "boolean", "integer", "number", "object", "string"];

function ruleFaults(path: string, schema: Schema): Cause[] {
  return asList(schema["x-kubernetes-validations"]).flatMap((rule, index) => {
    const expression = asString(asMap(rule).rule);
    const at = `${path}.x-kubernetes-validations[${index}].rule`;
    if (expression.trim() === "") return [required(at, "rule is not specified")];
    const fault = syntaxFault(expression);
    return fault === undefined ? [] : [badValue(at, expression, `compilation failed: ERROR: ${fault}`)];
  });
}

/** Faults of a schema itself: types that there are not, defaults that it refuses, rules that cannot be read. */
function definitionFaults(path: string, schema: Schema): Cause[] {
  const { type, default: value } = schema;
  const faults: Cause[] = [];
  if (typeof type === "string" && !schemaTypes.includes(type))
    faults.push(notSupported(`${path}.type`, type, schemaTypes));
  else if (value !== undefined) faults.push(...schemaFaults(`${path}.default`, schema, value));
  faults.push(...ruleFaults(path, schema));
  return [...faults, ...innerSchemas(schema).flatMap(([name, one]) => definitionFaults(`${path}.${name}`, one))];
}

const columnTypes = ["boolean", "date", "integer", "number", "string"];

function columnFaults(path: string, columns: unknown): Cause[] {
  return asList(columns).flatMap((column, index) => {
    const { name, type, jsonPath } = asMap(column);
    const at = `${path}.additionalPrinterColumns[${index}]`;
    return [
      ...(asString(name) === "" ? [required(`${at}.name`)] : []),
      ...(asString(type) === "" ? [required(`${at}.type`, `must be one of ${columnTypes.join(",")}`)] : []),
      ...(asString(type) === "" || columnTypes.includes(asString(type))
        ? []
        : [badValue(`${at}.type`, type, `must be one of ${columnTypes.join(",")}`)]),
      ...(asString(jsonPath) === "" ? [required(`${at}.JSONPath`)] : []),
    ];
  });
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
    const stored = storedVersions(crd);
    if (stored.length !== 1)
      faults.push(
        badValue(
          "spec.versions",
          versions.map(shownVersion),
          "must have exactly one version marked as storage version",
        ),
      );
    if (stored.length === 0)
      faults.push(badValue("status.storedVersions", null, "must have at least one stored version"));
    versions.forEach((version, index) => {
      if (schemaMissing(version))
        faults.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, "schemas are required"));
      // What all versions have in common the real server keeps, and names, once.
      const single = versions.length === 1;
      const schema = asMap(asMap(version.schema).openAPIV3Schema);
      const at = single ? "spec.validation.openAPIV3Schema" : `spec.versions[${index}].schema.openAPIV3Schema`;
      faults.push(...definitionFaults(at, schema));
      faults.push(...columnFaults(single ? "spec" : `spec.versions[${index}]`, version.additionalPrinterColumns));
    });
    return faults;
  },
};
