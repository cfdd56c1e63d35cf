/**
 * x-kubernetes-validations: rules in CEL. The library has no Kubernetes extensions (quantity, url, ip, find, regex
 * helpers): a rule that it cannot read or run refuses nothing here.
 */
import { Environment } from "@marcbachmann/cel-js";
import { asList, asMap, asString, isMap } from "../object.ts";
import type { Cause } from "../status.ts";
import type { Schema } from "./schema.ts";

interface Judged {
  path: string;
  schema: Schema;
  self: unknown;
  /** What was stored; undefined for what is new. */
  old: unknown;
}

/** Integers of JSON are CEL's int only where the schema says so. */
function toCel(schema: Schema, value: unknown): unknown {
  if (typeof value === "number") {
    const isInt = schema.type === "integer" || schema["x-kubernetes-int-or-string"] === true;
    return isInt && Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => toCel(asMap(schema.items), item));
  if (!isMap(value)) return value;
  const properties = asMap(schema.properties);
  const extra = asMap(schema.additionalProperties);
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      const own = properties[name];
      return [name, toCel(isMap(own) ? own : extra, child)];
    }),
  );
}

/** The schemas right below one. */
export function innerSchemas(schema: Schema): [string, Schema][] {
  const { items, additionalProperties: extra } = schema;
  return [
    ...Object.entries(asMap(schema.properties)).map(([name, one]): [string, Schema] => [
      `properties[${name}]`,
      asMap(one),
    ]),
    ...(isMap(items) ? [["items", items] satisfies [string, Schema]] : []),
    ...(isMap(extra) ? [["additionalProperties", extra] satisfies [string, Schema]] : []),
  ];
}

/** Whether a schema has rules anywhere. */
export function hasRules(schema: Schema): boolean {
  return schema["x-kubernetes-validations"] !== undefined || innerSchemas(schema).some(([, one]) => hasRules(one));
}

/** Why an expression cannot be read, or undefined. */
export function syntaxFault(expression: string): string | undefined {
  try {
    new Environment({ unlistedVariablesAreDyn: true }).parse(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What the expression gives; undefined when the library cannot say. */
function evaluate(expression: string, given: Record<string, unknown>): unknown {
  try {
    return new Environment({ unlistedVariablesAreDyn: true }).evaluate(expression, given);
  } catch {
    return undefined;
  }
}

const prefixes: Readonly<Record<string, string>> = {
  FieldValueInvalid: "Invalid value: ",
  FieldValueForbidden: "Forbidden: ",
  FieldValueRequired: "Required value: ",
  FieldValueDuplicate: "Duplicate value: ",
};

function ruleFault(rule: Record<string, unknown>, { path, schema, self, old }: Judged): Cause | undefined {
  const expression = asString(rule.rule);
  // A transition rule says nothing of what has no past.
  if (/\boldSelf\b/.test(expression) && old === undefined) return undefined;
  const given = { self: toCel(schema, self), oldSelf: toCel(schema, old) };
  if (evaluate(expression, given) !== false) return undefined;
  const own = rule.messageExpression === undefined ? undefined : evaluate(asString(rule.messageExpression), given);
  const message = typeof own === "string" ? own : asString(rule.message) || `failed rule: ${expression.trim()}`;
  const reason = asString(rule.reason) || "FieldValueInvalid";
  const shown = reason === "FieldValueInvalid" && typeof self !== "object" ? `${JSON.stringify(self)}: ` : "";
  const field = `${path}${asString(rule.fieldPath)}`.replace(/^\./, "") || "<nil>";
  return { reason, message: `${prefixes[reason] ?? "Invalid value: "}${shown}${message}`, field };
}

function childrenOf({ path, schema, self, old }: Judged): Judged[] {
  if (Array.isArray(self)) {
    const { items } = schema;
    if (!isMap(items)) return [];
    // Which old item an item was is only known of keyed lists; transition rules inside others are not asked.
    return self.map((item, index) => ({ path: `${path}[${index}]`, schema: items, self: item, old: undefined }));
  }
  if (!isMap(self)) return [];
  return Object.entries(self).flatMap(([name, child]) => {
    const known = asMap(schema.properties)[name] ?? schema.additionalProperties;
    if (!isMap(known)) return [];
    return [{ path: path === "" ? name : `${path}.${name}`, schema: known, self: child, old: asMap(old)[name] }];
  });
}

/** Faults against the rules of a schema, its children's included. */
export function ruleFaults(judged: Judged): Cause[] {
  const own = asList(judged.schema["x-kubernetes-validations"])
    .map(asMap)
    .flatMap((rule) => ruleFault(rule, judged) ?? []);
  return [...own, ...childrenOf(judged).flatMap(ruleFaults)];
}
