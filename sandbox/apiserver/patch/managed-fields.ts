/** Who manages which field: metadata.managedFields, one entry per manager, operation and subresource. */
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { sameJson, timestamp } from "../object.ts";
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

/** True for API versions whose objects come from a CRD; their lists are atomic here. */
export function isCustomVersion(apiVersion: string): boolean {
  const group = apiVersion.split("/")[0] ?? "";
  return apiVersion.includes("/") && group.includes(".") && !group.endsWith(".k8s.io");
}

/**
 * Notes in `next` that its author set every field in which it differs from `old`, and takes those fields from the
 * others. Sending `managedFields: [{}]` clears them, as documented.
 */
export function trackUpdate(next: KubeObject, old: KubeObject | undefined, author: Author): void {
  const given = next.metadata.managedFields;
  const cleared = given !== undefined && given.length === 1 && given[0]?.manager === undefined;
  const before = cleared ? [] : (old?.metadata.managedFields ?? []);
  const { set, gone } = compare(next, old, { custom: isCustomVersion(author.apiVersion) });
  const taken = union(set, gone);
  const entries: ManagedFieldsEntry[] = [];
  let mine: FieldSet = set;
  for (const entry of before) {
    if (isEntryOf(entry, author, "Update")) {
      mine = union(minus(entry.fieldsV1, gone), set);
      if (sameJson(mine, entry.fieldsV1) && Object.keys(set).length === 0) entries.push(entry);
      continue;
    }
    // What an applier owns stays its own when another sets it to something else by update; the real server moves it.
    const rest = minus(entry.fieldsV1, taken);
    if (Object.keys(rest).length > 0)
      entries.push(sameJson(rest, entry.fieldsV1) ? entry : { ...entry, fieldsV1: rest });
  }
  const kept = entries.some((entry) => isEntryOf(entry, author, "Update"));
  if (!kept && Object.keys(mine).length > 0) entries.push(entryOf(author, "Update", mine));
  if (entries.length === 0) delete next.metadata.managedFields;
  else next.metadata.managedFields = entries;
}
