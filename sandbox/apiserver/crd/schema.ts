/** Structural schemas of CustomResourceDefinitions: defaulting and validation. Pruning is in prune.ts, CEL in rules.ts. */
import { asList, asMap, asString, clone, isMap, sameJson } from "../object.ts";
import type { Cause } from "../status.ts";
import { badValue, notSupported, required } from "../status.ts";

export type Schema = Record<string, unknown>;

/** Fills in `default`s, in place, wherever the parent is present. */
export function applyDefaults(schema: Schema, value: unknown): void {
  if (isMap(value)) {
    for (const [name, child] of Object.entries(asMap(schema.properties))) {
      const fields = asMap(child);
      if (value[name] === undefined && fields.default !== undefined) value[name] = clone(fields.default);
      // A null is kept where the schema allows it, and replaced by the default elsewhere.
      else if (value[name] === null && fields.nullable !== true && fields.default !== undefined)
        value[name] = clone(fields.default);
      applyDefaults(fields, value[name]);
    }
    const extra = schema.additionalProperties;
    if (isMap(extra))
      for (const [name, child] of Object.entries(value))
        if (asMap(schema.properties)[name] === undefined) applyDefaults(extra, child);
  } else if (Array.isArray(value) && isMap(schema.items)) {
    for (const item of value) applyDefaults(schema.items, item);
  }
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function hasType(schema: Schema, value: unknown): boolean {
  if (schema["x-kubernetes-int-or-string"] === true) return typeof value === "string" || Number.isInteger(value);
  const wanted = schema.type;
  const actual = typeOf(value);
  return (
    wanted === undefined ||
    wanted === actual ||
    (wanted === "number" && actual === "integer") ||
    (value === null && schema.nullable === true)
  );
}

function typeFault(path: string, schema: Schema, value: unknown): Cause {
  const wanted = asString(schema.type) || "integer or string";
  return {
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: ${JSON.stringify(typeOf(value))}: ${path} in body must be of type ${wanted}: ${JSON.stringify(typeOf(value))}`,
    field: path,
  };
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    // A pattern of Go's regexp that JavaScript cannot read refuses nothing.
    return true;
  }
}

function stringFaults(path: string, schema: Schema, value: string): Cause[] {
  const { minLength, maxLength, pattern, format } = schema;
  const length = Array.from(value).length;
  const faults: Cause[] = [];
  if (typeof minLength === "number" && length < minLength)
    faults.push(badValue(path, value, `${path} in body should be at least ${minLength} chars long`));
  if (typeof maxLength === "number" && length > maxLength)
    faults.push({
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${maxLength} bytes`,
      field: path,
    });
  if (typeof pattern === "string" && !matches(pattern, value))
    faults.push(badValue(path, value, `${path} in body should match '${pattern}'`));
  if (format === "date-time" && Number.isNaN(Date.parse(value))) {
    const fault = badValue(path, value, `${path} in body must be of type date-time: ${JSON.stringify(value)}`);
    faults.push({ ...fault, reason: "FieldValueTypeInvalid" });
  }
  return faults;
}

function numberFaults(path: string, schema: Schema, value: number): Cause[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const faults: Cause[] = [];
  if (typeof minimum === "number" && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    faults.push(
      badValue(
        path,
        value,
        `${path} in body should be greater than ${exclusiveMinimum === true ? "" : "or equal to "}${minimum}`,
      ),
    );
  }
  if (typeof maximum === "number" && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    faults.push(
      badValue(
        path,
        value,
        `${path} in body should be less than ${exclusiveMaximum === true ? "" : "or equal to "}${maximum}`,
      ),
    );
  }
  if (typeof multipleOf === "number" && value % multipleOf !== 0)
    faults.push(badValue(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  return faults;
}

/** Lists that are sets or maps hold each item, or each key, once. */
function duplicateFaults(path: string, schema: Schema, value: unknown[]): Cause[] {
  const type = schema["x-kubernetes-list-type"];
  const keys = asList(schema["x-kubernetes-list-map-keys"]).map(asString);
  if (type !== "set" && type !== "map") return [];
  const identity = (item: unknown) =>
    type === "set" ? item : Object.fromEntries(keys.toSorted().map((key) => [key, asMap(item)[key]]));
  return value.flatMap((item, index) => {
    const own = identity(item);
    if (!value.slice(0, index).some((one) => sameJson(identity(one), own))) return [];
    const message = `Duplicate value: ${JSON.stringify(own)}`;
    return [{ reason: "FieldValueDuplicate", message, field: `${path}[${index}]` }];
  });
}

function arrayFaults(path: string, schema: Schema, value: unknown[]): Cause[] {
  const { minItems, maxItems, items } = schema;
  const faults: Cause[] = [];
  if (typeof minItems === "number" && value.length < minItems)
    faults.push(badValue(path, value.length, `${path} in body should have at least ${minItems} items`));
  if (typeof maxItems === "number" && value.length > maxItems) {
    faults.push({
      reason: "FieldValueTooMany",
      message: `Too many: ${value.length}: must have at most ${maxItems} items`,
      field: path,
    });
  }
  if (isMap(items)) faults.push(...value.flatMap((item, index) => schemaFaults(`${path}[${index}]`, items, item)));
  return [...faults, ...duplicateFaults(path, schema, value)];
}

function objectFaults(path: string, schema: Schema, value: Record<string, unknown>): Cause[] {
  const faults: Cause[] = [];
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  for (const name of asList(schema.required).map(asString))
    if (value[name] === undefined) faults.push(required(at(name)));
  const properties = asMap(schema.properties);
  const extra = schema.additionalProperties;
  for (const [name, child] of Object.entries(value)) {
    const own = properties[name];
    if (isMap(own)) faults.push(...schemaFaults(at(name), own, child));
    else if (isMap(extra)) faults.push(...schemaFaults(at(name), extra, child));
  }
  const { minProperties, maxProperties } = schema;
  const count = Object.keys(value).length;
  if (typeof minProperties === "number" && count < minProperties)
    faults.push(badValue(path, count, `${path} in body should have at least ${minProperties} properties`));
  if (typeof maxProperties === "number" && count > maxProperties) {
    faults.push({
      reason: "FieldValueTooMany",
      message: `Too many: ${count}: must have at most ${maxProperties} items`,
      field: path,
    });
  }
  return faults;
}

function combinedFaults(path: string, schema: Schema, value: unknown): Cause[] {
  const faults = asList(schema.allOf)
    .filter(isMap)
    .flatMap((one) => schemaFaults(path, one, value));
  const passing = (list: unknown) =>
    asList(list)
      .filter(isMap)
      .filter((one) => schemaFaults(path, one, value).length === 0).length;
  if (schema.anyOf !== undefined && passing(schema.anyOf) === 0)
    faults.push(badValue(path, value, `${path} in body must validate at least one schema (anyOf)`));
  if (schema.oneOf !== undefined && passing(schema.oneOf) !== 1)
    faults.push(badValue(path, value, `${path} in body must validate one and only one schema (oneOf)`));
  if (isMap(schema.not) && schemaFaults(path, schema.not, value).length === 0)
    faults.push(badValue(path, value, `${path} in body must not validate the schema (not)`));
  return faults;
}

/** Faults of `value` against `schema`, in the words of kube-openapi's validation. */
export function schemaFaults(path: string, schema: Schema, value: unknown): Cause[] {
  if (value === undefined || (value === null && schema.nullable === true)) return [];
  if (!hasType(schema, value)) return [typeFault(path, schema, value)];
  const faults = combinedFaults(path, schema, value);
  const choices = asList(schema.enum);
  if (choices.length > 0 && !choices.includes(value)) faults.push(notSupported(path, value, choices.map(String)));
  if (typeof value === "string") faults.push(...stringFaults(path, schema, value));
  else if (typeof value === "number") faults.push(...numberFaults(path, schema, value));
  else if (Array.isArray(value)) faults.push(...arrayFaults(path, schema, value));
  else if (isMap(value)) faults.push(...objectFaults(path, schema, value));
  return faults;
}
