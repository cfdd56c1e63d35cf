/** From a CustomResourceDefinition to the resources that it serves. */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, asText, clone } from "../object.ts";
import type { Registry } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import type { Store } from "../storage/store.ts";
import { age } from "../tables/format.ts";
import type { Cell, Column, TablePrinter } from "../tables/printer.ts";
import { ageColumn, nameColumn } from "../tables/printer.ts";
import { valuesAt } from "./json-path.ts";
import { prune } from "./prune.ts";
import { hasRules, ruleFaults } from "./rules.ts";
import type { Schema } from "./schema.ts";
import { applyDefaults, schemaFaults } from "./schema.ts";

const bucketOfCrds = "customresourcedefinitions.apiextensions.k8s.io";

interface PrinterColumn extends Column {
  path: string;
}

function cellOf(column: PrinterColumn, object: KubeObject, now: number): Cell {
  const values = valuesAt(object, column.path);
  if (values.length === 0) return null;
  if (column.type === "date") return age(String(values[0]), now);
  if (column.type === "string" || values.length > 1) return values.map(asText).join(",");
  const [value] = values;
  return typeof value === "number" || typeof value === "boolean" ? value : String(value);
}

function printerOf(version: Record<string, unknown>): TablePrinter {
  const declared = asList(version.additionalPrinterColumns).map((one): PrinterColumn => {
    const { name, type, description, priority, jsonPath, format } = asMap(one);
    return {
      name: asString(name),
      type: asString(type) as Column["type"],
      description: asString(description),
      priority: typeof priority === "number" ? priority : 0,
      path: asString(jsonPath),
      ...(typeof format === "string" ? { format } : {}),
    };
  });
  if (declared.length === 0) {
    return {
      columns: [nameColumn, ageColumn],
      cells: (object, now) => [object.metadata.name ?? "", age(object.metadata.creationTimestamp, now)],
    };
  }
  return {
    columns: [nameColumn, ...declared],
    cells: (object, now) => [object.metadata.name ?? "", ...declared.map((column) => cellOf(column, object, now))],
  };
}

/** metadata has its own rules everywhere. */
function schemaOf(version: Record<string, unknown>): Schema {
  const schema = asMap(asMap(version.schema).openAPIV3Schema);
  const { metadata: _, ...properties } = asMap(schema.properties);
  return { ...schema, properties };
}

/** After such a fault a rule could not rely on the types that it was written for. */
const blocking = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);
const notAsked: Cause = {
  reason: "FieldValueInvalid",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  field: "<nil>",
};

interface Judged {
  next: KubeObject;
  old: KubeObject | undefined;
  found: readonly Cause[];
}

function rulesOf(schema: Schema, { next, old, found }: Judged): Cause[] {
  if (!hasRules(schema)) return [];
  if (found.some(({ reason }) => blocking.has(reason))) return [notAsked];
  return ruleFaults({ path: "", schema, self: next, old });
}

function resourceOf(crd: KubeObject, version: Record<string, unknown>): ResourceInfo {
  const spec = asMap(crd.spec);
  const names = asMap(spec.names);
  const group = asString(spec.group);
  const plural = asString(names.plural);
  const kind = asString(names.kind);
  const schema = schemaOf(version);
  const status = asMap(version.subresources).status !== undefined;
  return {
    group,
    version: asString(version.name),
    plural,
    singular: asString(names.singular) || kind.toLowerCase(),
    kind,
    listKind: asString(names.listKind) || `${kind}List`,
    namespaced: spec.scope === "Namespaced",
    shortNames: asList(names.shortNames).map(asString),
    categories: asList(names.categories).map(asString),
    bucket: `${plural}.${group}`,
    status,
    generation: status ? "all" : "none",
    returnsDeleted: false,
    subresources: [],
    strategy: {
      prune: (object) => void prune(schema, object),
      unknownFields: (body) => prune(schema, clone(body)),
      defaults: (object) => applyDefaults(schema, object),
      validate: (object) => schemaFaults("", schema, object),
      rules: (next, old, found) => rulesOf(schema, { next, old, found }),
    },
    printer: printerOf(version),
    custom: true,
  };
}

/** The resources of one CRD, in all versions that it serves. */
export function resourcesOf(crd: KubeObject): ResourceInfo[] {
  return asList(asMap(crd.spec).versions)
    .map(asMap)
    .filter((version) => version.served === true)
    .map((version) => resourceOf(crd, version));
}

/** The stored schema of a served version, for OpenAPI. */
export function crdOf(store: Store, resource: ResourceInfo): Schema | undefined {
  const crd = store.get(bucketOfCrds, `/${resource.plural}.${resource.group}`);
  const version = asList(asMap(crd?.spec).versions)
    .map(asMap)
    .find((one) => one.name === resource.version);
  return version === undefined ? undefined : asMap(asMap(version.schema).openAPIV3Schema);
}

/** Keeps the registry equal to the stored CRDs, also the ones created later. Objects of a deleted CRD go with it. */
export function followCrds(store: Store, registry: Registry): void {
  store.subscribe(bucketOfCrds, store.revision(), ({ type, object }) => {
    const name = object.metadata.name ?? "";
    registry.setCustom(name, type === "DELETED" ? [] : resourcesOf(object));
    if (type !== "DELETED") return;
    for (const left of store.list(name))
      store.remove(name, `${left.metadata.namespace ?? ""}/${left.metadata.name ?? ""}`);
  });
}
