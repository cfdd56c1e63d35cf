/** Sets of fields in the form of managedFields' FieldsV1 (sigs.k8s.io/structured-merge-diff, fieldpath). */
import type { JsonMap, KubeObject } from "../object.ts";
import { asList, isMap, sameJson, without } from "../object.ts";
import { emptyObject } from "../openapi/canonical.ts";
import type { Field } from "../openapi/kinds.ts";
import { fieldOf } from "../openapi/kinds.ts";

/** Keys are path elements: `f:name`, `k:{"name":"app"}` or `v:"value"`; "." stands for the item itself. */
export type FieldSet = JsonMap;

/**
 * What is known of the value at a place: the field that holds it, or the root of an object of a kind. Custom resources
 * have no types here: below their metadata maps are open and lists are atomic.
 */
export type Place = { struct: string | undefined; field: Field | undefined; path: "root" | "inner" };

/** The whole object. */
export function rootPlace(struct: string | undefined): Place {
  return { struct, field: undefined, path: "root" };
}

/** Metadata that belongs to the server and that nobody manages. */
const serverMetadata = [
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
];

function keyElement(item: Record<string, unknown>, keys: readonly string[]): string {
  const chosen: Record<string, unknown> = {};
  for (const key of keys.toSorted()) if (item[key] !== undefined) chosen[key] = item[key];
  return `k:${JSON.stringify(chosen)}`;
}

/** The place of a named child. */
export function childPlace(place: Place, name: string): Place {
  const { field } = place;
  // Inside `labels` and its like the names are keys, not fields of a struct.
  if (field?.shape === "map") return { struct: undefined, field: undefined, path: "inner" };
  const child = fieldOf(place.struct, name, place.path);
  return { struct: child?.type, field: child, path: "inner" };
}

function itemPlace(place: Place): Place {
  return { struct: place.field?.type, field: undefined, path: "inner" };
}

export type Children = Map<string, { value: unknown; place: Place }>;

/** The children of a value by path element, or undefined for a leaf. */
export function childrenOf(value: unknown, place: Place): Children | undefined {
  const { field } = place;
  if (field?.atomic === true) return undefined;
  if (isMap(value)) {
    return new Map(
      Object.entries(value).map(([name, child]) => [`f:${name}`, { value: child, place: childPlace(place, name) }]),
    );
  }
  if (!Array.isArray(value) || value.length === 0 || field === undefined) return undefined;
  if (field.set)
    return new Map(value.map((item) => [`v:${JSON.stringify(item)}`, { value: undefined, place: itemPlace(place) }]));
  const keys = field.mapKeys;
  if (keys === undefined) return undefined;
  return new Map(
    asList(value)
      .filter(isMap)
      .map((item) => [keyElement(item, keys), { value: item, place: itemPlace(place) }]),
  );
}

/** Every field of a value as an applier lists it: items of keyed lists are fields of their own beside what is in them. */
export function allOf(value: unknown, place: Place): FieldSet {
  const all: FieldSet = {};
  for (const [element, child] of childrenOf(value, place) ?? []) {
    const dot: FieldSet = element.startsWith("k:") ? { ".": {} } : {};
    all[element] = compacted({ ...dot, ...allOf(child.value, child.place) });
  }
  return all;
}

/** Every field of a value that was not there before: each container is a field of its own as well (typed/compare.go). */
function addedOf(value: unknown, place: Place): FieldSet {
  const all: FieldSet = {};
  for (const [element, child] of childrenOf(value, place) ?? [])
    all[element] = compacted({ ".": {}, ...addedOf(child.value, child.place) });
  return all;
}

interface Difference {
  /** What `next` adds or changes. */
  set: FieldSet | undefined;
  /** What it no longer has. */
  gone: FieldSet | undefined;
}

function filled(set: FieldSet): FieldSet | undefined {
  return Object.keys(set).length > 0 ? set : undefined;
}

function difference(next: unknown, old: unknown, place: Place): Difference {
  if (sameJson(next, old)) return { set: undefined, gone: undefined };
  const children = childrenOf(next, place);
  const before = childrenOf(old, place);
  // A leaf on either side: the whole value was set.
  if (children === undefined || before === undefined)
    return { set: addedOf(next, place), gone: filled(addedOf(old, place)) };
  const set: FieldSet = {};
  const gone: FieldSet = {};
  for (const [element, child] of children) {
    const previous = before.get(element);
    if (previous === undefined) set[element] = compacted({ ".": {}, ...addedOf(child.value, child.place) });
    else {
      const inner = difference(child.value, previous.value, child.place);
      if (inner.set !== undefined) set[element] = inner.set;
      if (inner.gone !== undefined) gone[element] = inner.gone;
    }
  }
  for (const [element, child] of before) {
    if (!children.has(element)) gone[element] = compacted({ ".": {}, ...addedOf(child.value, child.place) });
  }
  return { set: filled(set), gone: filled(gone) };
}

/** The object without what nobody manages. */
export function managedPart(object: KubeObject): Record<string, unknown> {
  const rest = without(object, ["apiVersion", "kind", "metadata"]);
  const own = without(object.metadata, serverMetadata);
  return Object.keys(own).length === 0 ? rest : { metadata: own, ...rest };
}

/** What a write of `next` over `old` sets and takes away. */
export function compare(
  next: KubeObject,
  old: KubeObject | undefined,
  struct: string | undefined,
): { set: FieldSet; gone: FieldSet } {
  const before = old ?? emptyObject(next.apiVersion, next.kind);
  // Every object has a metadata, also one without anything in it that somebody manages.
  const whole = (object: KubeObject) => ({ metadata: {}, ...managedPart(object) });
  const { set, gone } = difference(whole(next), whole(before), rootPlace(struct));
  return { set: set ?? {}, gone: gone ?? {} };
}

function subset(set: FieldSet, element: string): FieldSet | undefined {
  const child = set[element];
  return isMap(child) ? (child as FieldSet) : undefined;
}

/** A member without children is written {}; beside children it is ".". */
function expanded(set: FieldSet): FieldSet {
  return Object.keys(set).length === 0 ? { ".": {} } : set;
}

function compacted(set: FieldSet): FieldSet {
  return Object.keys(set).length === 1 && set["."] !== undefined ? {} : set;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { ...a };
  for (const element of Object.keys(b)) {
    const [mine, other] = [subset(a, element), subset(b, element) ?? {}];
    result[element] = mine === undefined || element === "." ? other : compacted(union(expanded(mine), expanded(other)));
  }
  return result;
}

/** `a` without the members of `b`; containers that become empty go as well. */
export function minus(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const element of Object.keys(a)) {
    const mine = subset(a, element) ?? {};
    const other = subset(b, element);
    if (other === undefined) result[element] = mine;
    else if (element !== ".") {
      const rest = filled(minus(expanded(mine), expanded(other)));
      if (rest !== undefined) result[element] = compacted(rest);
    }
  }
  return result;
}
