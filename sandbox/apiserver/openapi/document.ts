/** /openapi/v3: which documents there are, and the document of one group version. */
import { createHash } from "node:crypto";
import { crdOf } from "../crd/custom-resources.ts";
import type { Backend } from "../handlers/context.ts";
import { asMap } from "../object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { apiVersionOf } from "../registry/resource-info.ts";
import type { Field } from "./kinds.ts";
import { jsonFields, structNames, structOf } from "./kinds.ts";

function pathOf(resource: { group: string; version: string }): string {
  return `${resource.group === "" ? "api" : "apis"}/${apiVersionOf(resource)}`;
}

/** The answer to GET /openapi/v3. The hash in each URL lets clients keep what they have. */
export function openApiIndex(backend: Backend): object {
  const paths: Record<string, object> = {};
  for (const path of new Set(backend.registry.all().map(pathOf))) {
    const text = JSON.stringify(openApiOf(backend, path));
    const hash = createHash("sha256").update(text).digest("hex").toUpperCase();
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

/** `core.v1.Pod` → `io.k8s.api.core.v1.Pod`, the names that clients know. */
function schemaName(struct: string): string {
  return struct.startsWith("meta.") ? `io.k8s.apimachinery.pkg.apis.${struct}` : `io.k8s.api.${struct}`;
}

const scalars: Readonly<Record<string, object>> = {
  string: { type: "string" },
  bytes: { type: "string", format: "byte" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  float64: { type: "number", format: "double" },
  Time: { type: "string", format: "date-time" },
  MicroTime: { type: "string", format: "date-time" },
  Quantity: { type: "string" },
  IntOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  RawExtension: { type: "object" },
  FieldsV1: { type: "object" },
};

function typeSchema(type: string): object {
  return scalars[type] ?? { allOf: [{ $ref: `#/components/schemas/${schemaName(type)}` }] };
}

function listExtensions(field: Field): object {
  return {
    ...(field.atomic ? { "x-kubernetes-list-type": "atomic" } : {}),
    ...(field.set ? { "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge" } : {}),
    ...(field.mapKeys === undefined
      ? {}
      : { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": field.mapKeys }),
    ...(field.mergeKey === undefined
      ? {}
      : { "x-kubernetes-patch-merge-key": field.mergeKey, "x-kubernetes-patch-strategy": "merge" }),
  };
}

function fieldSchema(field: Field): object {
  const item = field.wrapped ? { type: "array", items: typeSchema(field.type) } : typeSchema(field.type);
  if (field.shape === "list") return { type: "array", items: item, ...listExtensions(field) };
  return field.shape === "map" ? { type: "object", additionalProperties: item } : item;
}

function structSchema(struct: string, kind: object | undefined): object {
  const own = kind === undefined ? {} : { apiVersion: { type: "string" }, kind: { type: "string" } };
  const fields = [...(jsonFields(struct) ?? [])].map(([name, field]) => [name, fieldSchema(field)]);
  const properties = { ...own, ...Object.fromEntries(fields) };
  return { type: "object", properties, ...(kind === undefined ? {} : { "x-kubernetes-group-version-kind": [kind] }) };
}

/** What a struct refers to, directly or not. */
function reach(struct: string, found: Set<string>): void {
  if (found.has(struct)) return;
  found.add(struct);
  for (const field of jsonFields(struct)?.values() ?? [])
    if (scalars[field.type] === undefined) reach(field.type, found);
}

function customSchema(backend: Backend, resource: ResourceInfo): object {
  const { group, version, kind } = resource;
  const schema = crdOf(backend.store, resource) ?? { type: "object" };
  const metadata = { allOf: [{ $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" }] };
  const type = { type: "string" };
  return {
    ...schema,
    properties: { ...asMap(schema["properties" as keyof typeof schema]), apiVersion: type, kind: type, metadata },
    "x-kubernetes-group-version-kind": [{ group, version, kind }],
  };
}

function schemasOf(backend: Backend, resources: readonly ResourceInfo[]): Record<string, object> {
  const schemas: Record<string, object> = {};
  const reached = new Set<string>(["meta.v1.ObjectMeta"]);
  reach("meta.v1.ObjectMeta", reached);
  const kinds = new Map<string, object>();
  for (const resource of resources) {
    const { group, version, kind } = resource;
    const struct = structOf(apiVersionOf(resource), kind);
    if (struct === undefined) schemas[customName(resource)] = customSchema(backend, resource);
    else {
      kinds.set(struct, { group, version, kind });
      reach(struct, reached);
    }
  }
  for (const struct of structNames())
    if (reached.has(struct)) schemas[schemaName(struct)] = structSchema(struct, kinds.get(struct));
  for (const struct of ["meta.v1.ManagedFieldsEntry", "meta.v1.OwnerReference"])
    schemas[schemaName(struct)] ??= structSchema(struct, undefined);
  return schemas;
}

function customName({ group, version, kind }: ResourceInfo): string {
  return `${group.split(".").toReversed().join(".")}.${version}.${kind}`;
}

function parameters(): object[] {
  const query = (name: string) => ({ name, in: "query", schema: { type: "string", uniqueItems: true } });
  return ["dryRun", "fieldManager", "fieldValidation"].map(query);
}

function operations(resource: ResourceInfo): [string, object][] {
  const { group, version, kind, plural, namespaced } = resource;
  const struct = structOf(apiVersionOf(resource), kind);
  const name = struct === undefined ? customName(resource) : schemaName(struct);
  const json = { content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } } };
  const types = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    ...(resource.custom ? [] : ["application/strategic-merge-patch+json"]),
  ];
  const patchBody = { content: Object.fromEntries(types.map((type) => [type, { schema: { type: "object" } }])) };
  const gvk = { "x-kubernetes-group-version-kind": { group, version, kind } };
  const write = (action: string, requestBody: object) => ({
    parameters: parameters(),
    requestBody,
    responses: { "200": { description: "OK", ...json } },
    "x-kubernetes-action": action,
    ...gvk,
  });
  const read = { responses: { "200": { description: "OK", ...json } }, "x-kubernetes-action": "get", ...gvk };
  const base = `/${pathOf(resource)}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}`;
  return [
    [base, { post: write("post", json) }],
    [`${base}/{name}`, { get: read, put: write("put", json), patch: write("patch", patchBody) }],
  ];
}

/** One document, or undefined when nothing is served under that path. */
export function openApiOf(backend: Backend, path: string): object | undefined {
  const resources = backend.registry.all().filter((one) => pathOf(one) === path);
  if (resources.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.35.0+operarius-sandbox" },
    paths: Object.fromEntries(resources.flatMap(operations)),
    components: { schemas: schemasOf(backend, resources) },
  };
}
