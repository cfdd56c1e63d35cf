/** Pruning: fields that a structural schema does not name are not kept. */
import { asMap, isMap } from "../object.ts";
import type { Schema } from "./schema.ts";

/** They have rules of their own. */
const ownRules = new Set(["apiVersion", "kind", "metadata"]);

/** Takes the unknown fields out of `value`, in place; returns their paths. */
export function prune(schema: Schema, value: unknown, path = ""): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isMap(items) ? value.flatMap((item, index) => prune(items, item, `${path}[${index}]`)) : [];
  }
  if (!isMap(value)) return [];
  const isRoot = path === "" || schema["x-kubernetes-embedded-resource"] === true;
  return Object.keys(value).flatMap((name) => {
    if (isRoot && ownRules.has(name)) return [];
    const at = path === "" ? name : `${path}.${name}`;
    const known = asMap(schema.properties)[name] ?? schema.additionalProperties;
    if (isMap(known)) return prune(known, value[name], at);
    if (known === true || schema["x-kubernetes-preserve-unknown-fields"] === true) return [];
    delete value[name];
    return [at];
  });
}
