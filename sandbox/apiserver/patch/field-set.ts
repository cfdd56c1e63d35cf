/** Sets of fields in the form of managedFields' FieldsV1 (sigs.k8s.io/structured-merge-diff, fieldpath). */
import type { JsonMap, KubeObject } from "../object.ts";
import { asList, isMap, sameJson } from "../object.ts";
import { isSet, listKeysOf } from "./merge-keys.ts";

/** A path element: `f:name`, `k:{"name":"app"}` or `v:"value"`. "." stands for the item itself. */
export type FieldSet = JsonMap;

/** Custom resources have no merge keys of ours: all their lists are atomic. */
export interface FieldRules {
  custom: boolean;
}

/** Metadata that belongs to the server and that nobody manages. */
const serverMetadata = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
  "managedFields",
]);

function keyElement(item: Record<string, unknown>, keys: readonly string[]): string {
  const chosen: Record<string, unknown> = {};
  for (const key of [...keys].sort()) if (item[key] !== undefined) chosen[key] = item[key];
  return `k:${JSON.stringify(chosen)}`;
}

/** The children of a value by path element, or undefined for a leaf. */
export function childrenOf(field: string, value: unknown, rules: FieldRules): Map<string, unknown> | undefined {
  if (isMap(value)) return new Map(Object.entries(value).map(([name, child]) => [`f:${name}`, child]));
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (isSet(field)) return new Map(value.map((item) => [`v:${JSON.stringify(item)}`, undefined]));
  const keys = rules.custom && field !== "ownerReferences" ? undefined : listKeysOf(field, value);
  if (keys === undefined) return undefined;
  return new Map(
    asList(value)
      .filter(isMap)
      .map((item) => [keyElement(item, keys), item]),
  );
}

/** `f:spec` → `spec`; the elements of lists keep the field of their list. */
export function fieldName(element: string, parent: string): string {
  return element.startsWith("f:") ? element.slice(2) : parent;
}

/** What differs between two values: `set` holds what `next` adds or changes, `gone` what it no longer has. */
function difference(
  field: string,
  next: unknown,
  old: unknown,
  rules: FieldRules,
): { set: FieldSet | undefined; gone: FieldSet | undefined } {
  if (sameJson(next, old)) return { set: undefined, gone: undefined };
  const children = childrenOf(field, next, rules);
  const before = childrenOf(field, old, rules);
  if (children === undefined || (children.size === 0 && before === undefined))
    return {
      set: next === undefined ? undefined : {},
      gone: next === undefined ? allOf(field, old, rules) : undefined,
    };
  const set: FieldSet = {};
  const gone: FieldSet = {};
  for (const [element, child] of children) {
    const name = fieldName(element, field);
    if (before?.has(element) !== true)
      set[element] = element.startsWith("k:") ? { ".": {}, ...allOf(name, child, rules) } : allOf(name, child, rules);
    else if (!element.startsWith("v:")) {
      const inner = difference(name, child, before.get(element), rules);
      if (inner.set !== undefined) set[element] = inner.set;
      if (inner.gone !== undefined) gone[element] = inner.gone;
    }
  }
  for (const [element, child] of before ?? [])
    if (!children.has(element)) gone[element] = allOf(fieldName(element, field), child, rules);
  // A map or keyed list that did not exist before is itself a field that somebody set.
  if (before === undefined && field !== "") set["."] = {};
  return { set: Object.keys(set).length > 0 ? set : undefined, gone: Object.keys(gone).length > 0 ? gone : undefined };
}

/** Every field of a value. */
export function allOf(field: string, value: unknown, rules: FieldRules): FieldSet {
  const children = childrenOf(field, value, rules);
  const all: FieldSet = {};
  for (const [element, child] of children ?? []) {
    all[element] = element.startsWith("k:")
      ? { ".": {}, ...allOf(fieldName(element, field), child, rules) }
      : allOf(fieldName(element, field), child, rules);
  }
  return all;
}

/** The object without what nobody manages. */
export function managedPart(object: KubeObject | undefined): Record<string, unknown> {
  if (object === undefined) return {};
  const { apiVersion: _, kind: __, metadata, ...rest } = object;
  const own = Object.fromEntries(Object.entries(metadata).filter(([name]) => !serverMetadata.has(name)));
  return Object.keys(own).length === 0 ? rest : { metadata: own, ...rest };
}

export function compare(
  next: KubeObject,
  old: KubeObject | undefined,
  rules: FieldRules,
): { set: FieldSet; gone: FieldSet } {
  const { set, gone } = difference("", managedPart(next), managedPart(old), rules);
  return { set: set ?? {}, gone: gone ?? {} };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { ...a };
  for (const [element, child] of Object.entries(b)) {
    const mine = result[element];
    result[element] = isMap(mine) && isMap(child) ? union(mine as FieldSet, child as FieldSet) : child;
  }
  return result;
}

function isLeaf(set: FieldSet): boolean {
  return Object.keys(set).length === 0;
}

/** `a` without the leaves of `b`; containers that become empty go as well. */
export function minus(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const [element, child] of Object.entries(a)) {
    const other = b[element];
    const mine = child as FieldSet;
    if (other === undefined) result[element] = mine;
    else if (!isLeaf(mine) && !isLeaf(other as FieldSet)) {
      const rest = minus(mine, other as FieldSet);
      if (Object.keys(rest).length > 0) result[element] = rest;
    } else if (!isLeaf(mine) && isLeaf(other as FieldSet)) {
      // The other took the whole; nothing below is left to own.
    }
  }
  return result;
}
