/** Checks bodies against the fields of their kind: wrong types, and fields that the kind does not have. */

import { isMap } from "../object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { apiVersionOf } from "../registry/resource-info.ts";
import type { Field } from "./kinds.ts";
import { jsonFields, structOf } from "./kinds.ts";

export interface Misfits {
  /** Paths such as `spec.foo`. */
  unknown: string[];
  /** Sentences about values of the wrong type; the real server cannot read such a body at all. */
  wrong: string[];
}

const jsonTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  bytes: (value) => typeof value === "string",
  Time: (value) => typeof value === "string",
  MicroTime: (value) => typeof value === "string",
  bool: (value) => typeof value === "boolean",
  int32: Number.isInteger,
  int64: Number.isInteger,
  float64: (value) => typeof value === "number",
  Quantity: (value) => typeof value === "string" || typeof value === "number",
  IntOrString: (value) => typeof value === "string" || Number.isInteger(value),
  RawExtension: () => true,
  FieldsV1: isMap,
};

function kindOfValue(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value !== null && typeof value === "object" ? "object" : typeof value;
}

function wrong(found: Misfits, path: string, value: unknown, wanted: string): void {
  found.wrong.push(`json: cannot unmarshal ${kindOfValue(value)} into Go struct field ${path} of type ${wanted}`);
}

function checkOne(found: Misfits, path: string, type: string, value: unknown): void {
  if (value === null || value === undefined) return;
  const fits = jsonTypes[type];
  if (fits !== undefined) {
    if (!fits(value)) wrong(found, path, value, type);
  } else if (isMap(value)) checkStruct(found, path, type, value);
  else wrong(found, path, value, type);
}

function checkField(found: Misfits, path: string, field: Field, value: unknown): void {
  if (value === null || value === undefined) return;
  if (field.shape === "list") {
    if (!Array.isArray(value)) wrong(found, path, value, `[]${field.type}`);
    else for (const [index, item] of value.entries()) checkOne(found, `${path}[${index}]`, field.type, item);
  } else if (field.shape === "map") {
    if (!isMap(value)) wrong(found, path, value, `map[string]${field.type}`);
    else if (!field.wrapped)
      for (const [key, item] of Object.entries(value)) checkOne(found, `${path}.${key}`, field.type, item);
  } else checkOne(found, path, field.type, value);
}

function checkStruct(found: Misfits, path: string, type: string, value: Record<string, unknown>): void {
  const fields = jsonFields(type);
  if (fields === undefined) return;
  for (const [name, child] of Object.entries(value)) {
    const at = path === "" ? name : `${path}.${name}`;
    const field = fields.get(name);
    if (field !== undefined) checkField(found, at, field, child);
    else if (path !== "" || (name !== "apiVersion" && name !== "kind")) found.unknown.push(at);
  }
}

/** What does not fit. Of custom resources metadata is checked here, the rest by their own schema. */
export function misfits(resource: ResourceInfo, body: Record<string, unknown>): Misfits {
  const found: Misfits = { unknown: [], wrong: [] };
  const struct = structOf(apiVersionOf(resource), resource.kind);
  if (struct !== undefined) checkStruct(found, "", struct, body);
  else {
    if (isMap(body.metadata)) checkStruct(found, "metadata", "meta.v1.ObjectMeta", body.metadata);
    found.unknown.push(...(resource.strategy.unknownFields?.(body) ?? []));
  }
  return found;
}
