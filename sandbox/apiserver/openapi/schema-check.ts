/** Checks bodies against the fields of their kind: wrong types, and fields that the kind does not have. */

import { goKind } from "../http/go-json.ts";
import { isMap } from "../object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { apiVersionOf } from "../registry/resource-info.ts";
import type { Field } from "./kinds.ts";
import { jsonFields, structOf } from "./kinds.ts";

export interface Misfit {
  /** The Go struct around it, and the way there without keys and indices. */
  at: string;
  value: unknown;
  /** The Go type that it should have. */
  wanted: string;
}

export interface Misfits {
  /** Paths such as `spec.foo`. */
  unknown: string[];
  /** Values of the wrong type; the real server cannot read such a body at all. */
  wrong: Misfit[];
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

/** Where a value stands: the Go struct around it, and the way there as Go tells it, without keys and indices. */
interface Spot {
  path: string;
  struct: string;
  fields: string;
}

function wrong(found: Misfits, { struct, fields }: Spot, value: unknown, wanted: string): void {
  found.wrong.push({ at: `${struct.split(".").at(-1) ?? ""}.${fields}`, value, wanted });
}

/** As encoding/json tells of it. */
export function decoderWords({ at, value, wanted }: Misfit): string {
  return `json: cannot unmarshal ${goKind(value)} into Go struct field ${at} of type ${wanted}`;
}

/** As the converter tells of it that puts a strategic merge patch back into a struct (runtime/converter.go). */
export function converterWords({ value, wanted }: Misfit): string {
  const given = isMap(value)
    ? "map"
    : Array.isArray(value)
      ? "slice"
      : typeof value === "number"
        ? "int64"
        : goKind(value);
  if (wanted.startsWith("[]")) return `cannot restore slice from ${given}`;
  if (wanted.startsWith("map[")) return `cannot restore map from ${given}`;
  if (wanted.includes(".")) return `cannot restore struct from: ${given}`;
  return wanted === "string" ? `cannot convert ${given} to string` : `unrecognized type: ${wanted}`;
}

/** core.v1.Container is v1.Container in Go. */
function goType(type: string): string {
  return type.split(".").slice(-2).join(".");
}

function checkOne(found: Misfits, at: Spot, type: string, value: unknown): void {
  if (value === null || value === undefined) return;
  const fits = jsonTypes[type];
  if (fits !== undefined) {
    if (!fits(value)) wrong(found, at, value, type);
  } else if (isMap(value)) checkStruct(found, at, type, value);
  else wrong(found, at, value, goType(type));
}

function checkField(found: Misfits, at: Spot, field: Field, value: unknown): void {
  if (value === null || value === undefined) return;
  const { path } = at;
  if (field.shape === "list") {
    if (!Array.isArray(value)) wrong(found, at, value, `[]${goType(field.type)}`);
    else
      for (const [index, item] of value.entries())
        checkOne(found, { ...at, path: `${path}[${index}]` }, field.type, item);
  } else if (field.shape === "map") {
    if (!isMap(value)) wrong(found, at, value, `map[string]${goType(field.type)}`);
    else if (!field.wrapped)
      for (const [key, item] of Object.entries(value))
        checkOne(found, { ...at, path: `${path}.${key}` }, field.type, item);
  } else checkOne(found, at, field.type, value);
}

function checkStruct(found: Misfits, at: Spot, struct: string, value: Record<string, unknown>): void {
  const known = jsonFields(struct);
  if (known === undefined) return;
  for (const [name, child] of Object.entries(value)) {
    const path = at.path === "" ? name : `${at.path}.${name}`;
    const fields = at.fields === "" ? name : `${at.fields}.${name}`;
    const field = known.get(name);
    if (field !== undefined) checkField(found, { path, struct, fields }, field, child);
    else if (at.path !== "" || (name !== "apiVersion" && name !== "kind")) found.unknown.push(path);
  }
}

/** What does not fit. Of custom resources metadata is checked here, the rest by their own schema. */
export function misfits(resource: ResourceInfo, body: Record<string, unknown>): Misfits {
  const found: Misfits = { unknown: [], wrong: [] };
  const struct = structOf(apiVersionOf(resource), resource.kind);
  if (struct !== undefined) checkStruct(found, { path: "", struct, fields: "" }, struct, body);
  else {
    const struct = "meta.v1.ObjectMeta";
    if (isMap(body.metadata))
      checkStruct(found, { path: "metadata", struct, fields: "metadata" }, struct, body.metadata);
    found.unknown.push(...(resource.strategy.unknownFields?.(body) ?? []));
  }
  return found;
}
