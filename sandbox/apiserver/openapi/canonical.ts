/**
 * Objects as the Go types of Kubernetes write them: a client's JSON goes into a struct there and comes out of it again,
 * and so loses what the struct does not have, and what its tags leave out when empty.
 */
import type { KubeObject } from "../object.ts";
import { isMap } from "../object.ts";
import type { Field } from "./kinds.ts";
import { jsonFields, structOf } from "./kinds.ts";

type Fields = Record<string, unknown>;

/** `lean` only takes away; `full` also writes the fields that a Go struct writes when they are empty. */
export type Fill = "lean" | "full";

const zeros: Readonly<Record<string, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  float64: 0,
  Quantity: "0",
  IntOrString: 0,
};

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function isLeftOut(field: Field, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (field.pointer || !field.omitEmpty || !isEmpty(value)) return false;
  // omitempty has no power over structs, and an IntOrString is one.
  return field.shape !== "one" || field.omitZero || (jsonFields(field.type) === undefined && field.type in zeros);
}

/** What stands for an absent field, or undefined where nothing does. */
function zeroOf(field: Field): unknown {
  if (field.pointer || field.shape !== "one") return field.omitEmpty ? undefined : null;
  if (field.omitZero) return undefined;
  if (jsonFields(field.type) !== undefined) return structured(field.type, {}, "full");
  if (field.type === "Time" || field.type === "MicroTime") return null;
  return field.omitEmpty ? undefined : zeros[field.type];
}

function item(type: string, value: unknown, fill: Fill): unknown {
  return isMap(value) && jsonFields(type) !== undefined ? structured(type, value, fill) : value;
}

function formed(field: Field, value: unknown, fill: Fill): unknown {
  if (field.shape === "one") return item(field.type, value, fill);
  if (Array.isArray(value)) return value.map((one) => item(field.type, one, fill));
  if (!isMap(value) || field.wrapped) return value;
  const entry = (one: unknown) => (one === null ? (zeros[field.type] ?? null) : item(field.type, one, fill));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, entry(one)]));
}

function structured(type: string, value: Fields, fill: Fill): Fields {
  const result: Fields = {};
  for (const [name, field] of jsonFields(type) ?? []) {
    const given = value[name];
    const own = given === undefined || given === null ? given : formed(field, given, fill);
    if (!isLeftOut(field, own)) result[name] = own;
    else if (fill === "full") {
      const zero = zeroOf(field);
      if (zero !== undefined) result[name] = zero;
    }
  }
  return result;
}

/** Changes `object` in place. Of kinds without a struct (custom resources, CRDs) only the metadata has a form. */
export function canonicalize(object: KubeObject, fill: Fill): void {
  const { apiVersion, kind } = object;
  const struct = structOf(apiVersion, kind);
  const metadata = structured("meta.v1.ObjectMeta", { ...object.metadata }, fill);
  const rest = struct === undefined ? { ...object } : structured(struct, object, fill);
  for (const field of Object.keys(object)) delete object[field];
  Object.assign(object, { kind, apiVersion, metadata }, rest, { kind, apiVersion, metadata });
}

/** What a new Go object of this kind looks like. */
export function emptyObject(apiVersion: string, kind: string): KubeObject {
  const object: KubeObject = { apiVersion, kind, metadata: {} };
  canonicalize(object, "full");
  return object;
}
