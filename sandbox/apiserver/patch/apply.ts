/** Server-side apply: the fields that a manager wants, merged in, and those it no longer wants taken out. */
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { clone, isMap, sameJson } from "../object.ts";
import { structOf } from "../openapi/kinds.ts";
import { settleConflicts } from "./conflicts.ts";
import type { FieldSet, Place } from "./field-set.ts";
import { allOf, childPlace, childrenOf, managedPart, minus, rootPlace, union } from "./field-set.ts";
import type { Author } from "./managed-fields.ts";
import { entryOf, inOrder, isEntryOf } from "./managed-fields.ts";

type Fields = Record<string, unknown>;

/** Keys with a default (the protocol of a port) may be left out in what is applied. */
function itemMatches(item: unknown, wanted: Fields, keys: readonly string[]): boolean {
  return (
    isMap(item) && keys.every((key) => sameJson(item[key], wanted[key] ?? (key === "protocol" ? "TCP" : undefined)))
  );
}

function mergeList(live: unknown[], applied: unknown[], place: Place): unknown[] {
  const { field } = place;
  if (field?.set === true) return [...live, ...applied.filter((item) => !live.some((one) => sameJson(one, item)))];
  const keys = field?.mapKeys;
  if (keys === undefined || field?.atomic === true) return applied;
  const inner: Place = { struct: field?.type, field: undefined, path: "inner" };
  const wanted = applied.filter(isMap);
  // The applier's order first, then what others keep in the list.
  const mine = wanted.map((item) =>
    mergeApplied(
      live.find((one) => itemMatches(one, item, keys)),
      item,
      inner,
    ),
  );
  return [...mine, ...live.filter((one) => !wanted.some((item) => itemMatches(one, item, keys)))];
}

function mergeApplied(live: unknown, applied: unknown, place: Place): unknown {
  if (Array.isArray(applied) && Array.isArray(live)) return mergeList(live, applied, place);
  if (!isMap(applied) || !isMap(live) || place.field?.atomic === true) return applied;
  const result: Fields = { ...live };
  for (const [key, value] of Object.entries(applied))
    result[key] = mergeApplied(live[key], value, childPlace(place, key));
  return result;
}

/** `value` without the fields of `gone`. An item or map that is listed with "." goes as a whole. */
function removeFields(value: unknown, gone: FieldSet, place: Place): unknown {
  const children = childrenOf(value, place);
  if (children === undefined) return value;
  const kept: [string, unknown][] = [];
  for (const [element, child] of children) {
    const removed = gone[element];
    if (!isMap(removed)) kept.push([element, child.value]);
    else if (Object.keys(removed).length > 0 && removed["."] === undefined) {
      const rest = removeFields(child.value, removed as FieldSet, child.place);
      if (!isMap(rest) || Object.keys(rest).length > 0) kept.push([element, rest]);
    }
  }
  if (isMap(value)) return Object.fromEntries(kept.map(([element, child]) => [element.slice(2), child]));
  return kept.map(([element, child]) => (element.startsWith("v:") ? (JSON.parse(element.slice(2)) as unknown) : child));
}

/** Fields that `author` applied before and leaves out now, as far as nobody else owns them. */
function abandoned(live: KubeObject, author: Author, wanted: FieldSet): FieldSet {
  const entries = live.metadata.managedFields ?? [];
  const before = entries.find((entry) => isEntryOf(entry, author, "Apply"))?.fieldsV1 ?? {};
  const others = entries
    .filter((entry) => !isEntryOf(entry, author, "Apply"))
    .reduce<FieldSet>((all, entry) => union(all, entry.fieldsV1), {});
  return minus(minus(before, wanted), others);
}

function asObject(value: unknown, like: KubeObject): KubeObject {
  const fields = isMap(value) ? value : {};
  return {
    ...fields,
    apiVersion: like.apiVersion,
    kind: like.kind,
    metadata: isMap(fields.metadata) ? fields.metadata : {},
  };
}

export interface Applier extends Author {
  /** Takes over what others own. */
  force: boolean;
}

/** The entry of somebody who applies `config` and thereby makes the object. */
export function appliedBy(author: Author, config: KubeObject): ManagedFieldsEntry {
  return entryOf(author, "Apply", allOf(managedPart(config), rootPlace(structOf(config.apiVersion, config.kind))));
}

/** The live object after `config` has been applied by `author`. Errors: 409 with the fields that others own. */
export function applyConfig(live: KubeObject, config: KubeObject, author: Applier): KubeObject {
  const root = rootPlace(structOf(live.apiVersion, live.kind));
  const desired = managedPart(config);
  const wanted = allOf(desired, root);
  const { managedFields: owned, ...metadata } = live.metadata;
  const managedFields = settleConflicts({ live, desired, owned: owned ?? [], author });
  const cleaned = removeFields(
    { ...live, metadata },
    abandoned(
      { ...live, metadata: { ...metadata, ...(managedFields.length > 0 ? { managedFields } : {}) } },
      author,
      wanted,
    ),
    root,
  );
  const merged = asObject(mergeApplied(clone(cleaned), desired, root), live);
  const before = managedFields;
  const own = before.find((entry) => isEntryOf(entry, author, "Apply"));
  // Who changes nothing leaves no time (managedFieldsUpdater.Apply).
  const { time: _now, ...timeless } = entryOf(author, "Apply", wanted);
  const changes = !sameJson(merged, { ...live, metadata });
  const entry = changes
    ? entryOf(author, "Apply", wanted)
    : { ...timeless, ...(own?.time === undefined ? {} : { time: own.time }) };
  merged.metadata = {
    ...merged.metadata,
    managedFields: inOrder([entry, ...before.filter((one) => one !== own)]),
  };
  return merged;
}
