/** Who manages which field: metadata.managedFields, one entry per manager, operation and subresource. */
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { sameJson, timestamp, without } from "../object.ts";
import { structOf } from "../openapi/kinds.ts";
import type { FieldSet } from "./field-set.ts";
import { compare, minus, union } from "./field-set.ts";

export interface Author {
  manager: string;
  apiVersion: string;
  /** "" for the object itself. */
  subresource: string;
}

export function isEntryOf(
  entry: ManagedFieldsEntry,
  author: Author,
  operation: ManagedFieldsEntry["operation"],
): boolean {
  return (
    entry.manager === author.manager &&
    entry.operation === operation &&
    (entry.subresource ?? "") === author.subresource
  );
}

export function entryOf(
  author: Author,
  operation: ManagedFieldsEntry["operation"],
  fields: FieldSet,
): ManagedFieldsEntry {
  return {
    manager: author.manager,
    operation,
    apiVersion: author.apiVersion,
    time: timestamp(),
    fieldsType: "FieldsV1",
    fieldsV1: fields,
    ...(author.subresource === "" ? {} : { subresource: author.subresource }),
  };
}

/** Appliers first, then by time and name (structured-merge-diff's managers as fieldmanager sorts them). */
export function inOrder(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const key = ({ operation, time = "", manager, apiVersion, subresource = "" }: ManagedFieldsEntry) =>
    [operation, time, manager, apiVersion, subresource].join("\n");
  return entries.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** A write of the object leaves its status alone, and the status that a new one starts with is nobody's. */
function watched(object: KubeObject | undefined, author: Author, hasStatus: boolean): KubeObject | undefined {
  if (object === undefined || author.subresource !== "" || !hasStatus) return object;
  return {
    ...without(object, ["status"]),
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: object.metadata,
  };
}

/**
 * Notes in `next` that its author set every field in which it differs from `old`, and takes those fields from the
 * others. Sending `managedFields: [{}]` clears them, as documented.
 */
export function trackUpdate(
  next: KubeObject,
  old: KubeObject | undefined,
  author: Author & { hasStatus: boolean },
): void {
  const given = next.metadata.managedFields;
  const cleared = given !== undefined && given.length === 1 && given[0]?.manager === undefined;
  // Who sends entries of its own means them: kubectl hands fields over in this way.
  const sent = given !== undefined && given.length > 0 && !cleared && old !== undefined ? given : undefined;
  const before = cleared ? [] : (sent ?? old?.metadata.managedFields ?? []);
  const struct = structOf(next.apiVersion, next.kind);
  const { hasStatus } = author;
  const changed = watched(next, author, hasStatus) ?? next;
  const { set, gone } = compare(changed, watched(old, author, hasStatus), struct);
  const taken = union(set, gone);
  const entries = before.flatMap((entry): ManagedFieldsEntry[] => {
    const mine = isEntryOf(entry, author, "Update");
    const rest = mine ? union(minus(entry.fieldsV1, gone), set) : minus(entry.fieldsV1, taken);
    if (sameJson(rest, entry.fieldsV1) && (!mine || Object.keys(set).length === 0)) return [entry];
    if (Object.keys(rest).length === 0) return [];
    return [mine ? entryOf(author, "Update", rest) : { ...entry, fieldsV1: rest }];
  });
  const known = before.some((entry) => isEntryOf(entry, author, "Update"));
  if (!known && Object.keys(set).length > 0) entries.push(entryOf(author, "Update", set));
  if (entries.length === 0) delete next.metadata.managedFields;
  else next.metadata.managedFields = inOrder(entries);
}
