/** Server-side apply: the fields that a manager wants, merged in, and those it no longer wants taken out. */
import type { KubeObject } from "../object.ts";
import { asList, clone, isMap, sameJson } from "../object.ts";
import type { FieldRules, FieldSet } from "./field-set.ts";
import { allOf, childrenOf, fieldName, managedPart, minus, union } from "./field-set.ts";
import type { Author } from "./managed-fields.ts";
import { entryOf, isCustomVersion, isEntryOf } from "./managed-fields.ts";
import { isSet, listKeysOf } from "./merge-keys.ts";

type Fields = Record<string, unknown>;

function itemMatches(item: unknown, wanted: Fields, keys: readonly string[]): boolean {
  return (
    isMap(item) && keys.every((key) => sameJson(item[key], wanted[key] ?? (key === "protocol" ? "TCP" : undefined)))
  );
}

function mergeApplied(field: string, live: unknown, applied: unknown, rules: FieldRules): unknown {
  if (isMap(applied) && isMap(live)) {
    const result: Fields = { ...live };
    for (const [key, value] of Object.entries(applied)) result[key] = mergeApplied(key, live[key], value, rules);
    return result;
  }
  if (!Array.isArray(applied) || !Array.isArray(live)) return applied;
  if (isSet(field)) return [...live, ...applied.filter((item) => !live.some((one) => sameJson(one, item)))];
  const keys = rules.custom && field !== "ownerReferences" ? undefined : listKeysOf(field, applied);
  if (keys === undefined) return applied;
  // The applier's order first, then what others keep in the list.
  const mine = applied.filter(isMap).map((item) => {
    const existing = live.find((one) => itemMatches(one, item, keys));
    return mergeApplied(field, existing, item, rules);
  });
  const others = live.filter((one) => !applied.filter(isMap).some((item) => itemMatches(one, item, keys)));
  return [...mine, ...others];
}

/** `value` without the fields of `gone`. An item or map that is listed with "." goes as a whole. */
function removeFields(field: string, value: unknown, gone: FieldSet, rules: FieldRules): unknown {
  const children = childrenOf(field, value, rules);
  if (children === undefined) return value;
  const result: [string, unknown][] = [];
  for (const [element, child] of children) {
    const removed = gone[element] as FieldSet | undefined;
    if (removed === undefined) result.push([element, child]);
    else if (Object.keys(removed).length > 0 && removed["."] === undefined) {
      const rest = removeFields(fieldName(element, field), child, removed, rules);
      if (!isMap(rest) || Object.keys(rest).length > 0) result.push([element, rest]);
    }
  }
  if (isMap(value)) return Object.fromEntries(result.map(([element, child]) => [element.slice(2), child]));
  return result.map(([element, child]) => (element.startsWith("v:") ? JSON.parse(element.slice(2)) : child));
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

/** The live object after `config` has been applied by `author`. Conflicts of ownership are not raised: the applier wins. */
export function applyConfig(live: KubeObject, config: KubeObject, author: Author): KubeObject {
  const rules = { custom: isCustomVersion(author.apiVersion) };
  const desired = managedPart(config);
  const wanted = allOf("", desired, rules);
  const gone = abandoned(live, author, wanted);
  const { managedFields, ...metadata } = live.metadata;
  const cleaned = removeFields("", { ...live, metadata }, gone, rules) as KubeObject;
  const merged = mergeApplied("", clone(cleaned), desired, rules) as KubeObject;
  const before = asList(managedFields) as NonNullable<typeof managedFields>;
  const own = before.find((entry) => isEntryOf(entry, author, "Apply"));
  const entries = before.filter((entry) => entry !== own);
  const entry = own !== undefined && sameJson(own.fieldsV1, wanted) ? own : entryOf(author, "Apply", wanted);
  merged.metadata = { ...merged.metadata, managedFields: [entry, ...entries] };
  return merged;
}
