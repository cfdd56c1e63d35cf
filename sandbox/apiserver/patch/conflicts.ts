/** Conflicts of server-side apply: fields that others own and that the applier wants to be different. */
import type { KubeObject, ManagedFieldsEntry } from "../object.ts";
import { isMap, sameJson } from "../object.ts";
import { structOf } from "../openapi/kinds.ts";
import { ApiError } from "../status.ts";
import type { FieldSet, Place } from "./field-set.ts";
import { allOf, childrenOf, managedPart, minus, rootPlace } from "./field-set.ts";
import { isEntryOf } from "./managed-fields.ts";

interface Given {
  live: KubeObject;
  /** What is applied, without what nobody manages. */
  desired: Record<string, unknown>;
  owned: readonly ManagedFieldsEntry[];
  author: { manager: string; apiVersion: string; subresource: string; force: boolean };
}

interface Conflict {
  entry: ManagedFieldsEntry;
  path: string[];
}

/** Where `desired` sets a leaf of `set` to something else than it is. */
function differences(desired: unknown, live: unknown, set: FieldSet, place: Place): string[][] {
  const wanted = childrenOf(desired, place);
  if (wanted === undefined) return sameJson(desired, live) ? [] : [[]];
  const present = childrenOf(live, place);
  return [...wanted].flatMap(([element, child]) => {
    const inner = set[element];
    if (!isMap(inner)) return [];
    const found = differences(child.value, present?.get(element)?.value, inner as FieldSet, child.place);
    return found.map((path) => [element, ...path]);
  });
}

/** `f:spec` is .spec, `k:{"name":"a"}` is [name="a"], `v:"a"` is [="a"]. */
function written(path: readonly string[]): string {
  return path
    .map((element) => {
      const text = element.slice(2);
      if (element.startsWith("f:")) return `.${text}`;
      if (element.startsWith("v:")) return `[=${text}]`;
      const keys = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
    })
    .join("");
}

function named({ manager, operation, subresource, apiVersion, time }: ManagedFieldsEntry): string {
  const who = `${JSON.stringify(manager)}${subresource === undefined ? "" : ` with subresource ${JSON.stringify(subresource)}`}`;
  if (operation !== "Update") return who;
  return `${who} using ${apiVersion}${time === undefined ? "" : ` at ${time}`}`;
}

/** In the words of apimachinery's managedfields (conflict.go). */
function refused(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map(({ entry, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${named(entry)}`,
    field: written(path),
  }));
  const [first] = causes;
  if (causes.length === 1 && first !== undefined)
    return new ApiError(409, "Conflict", `Apply failed with 1 conflict: ${first.message}: ${first.field}`, { causes });
  const managers = [...new Set(conflicts.map(({ entry }) => named(entry)))].toSorted();
  const parts = managers.map((manager) => {
    const fields = conflicts.filter(({ entry }) => named(entry) === manager).map(({ path }) => `- ${written(path)}`);
    return `conflicts with ${manager}:\n${fields.join("\n")}`;
  });
  const message = `Apply failed with ${causes.length} conflicts: ${parts.join("\n")}`;
  return new ApiError(409, "Conflict", message, { causes });
}

function setOf(path: readonly string[]): FieldSet {
  const [element, ...rest] = path;
  return element === undefined ? {} : { [element]: setOf(rest) };
}

/** What `kubectl apply` set before: `kubectl apply --server-side` may take that over from it. */
function lastApplied({ live, author }: Given, place: Place): FieldSet | undefined {
  const text = live.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"];
  if (author.manager !== "kubectl" || text === undefined) return undefined;
  try {
    return allOf(managedPart(JSON.parse(text) as KubeObject), place);
  } catch {
    return undefined;
  }
}

/** The entries of managedFields without what the applier takes over. Errors: 409. */
export function settleConflicts(given: Given): ManagedFieldsEntry[] {
  const { live, desired, owned, author } = given;
  const place = rootPlace(structOf(live.apiVersion, live.kind));
  const others = owned.filter((entry) => !isEntryOf(entry, author, "Apply"));
  const present = managedPart(live);
  const conflicts = others.flatMap((entry) =>
    differences(desired, present, entry.fieldsV1 ?? {}, place).map((path) => ({ entry, path })),
  );
  const before = lastApplied(given, place);
  const isOwn = ({ path }: Conflict): boolean =>
    before !== undefined && Object.keys(minus(setOf(path), before)).length === 0;
  if (!author.force && conflicts.some((conflict) => !isOwn(conflict))) throw refused(conflicts);
  return owned.flatMap((entry) => {
    const lost = conflicts.filter((conflict) => conflict.entry === entry);
    if (lost.length === 0) return [entry];
    const fieldsV1 = lost.reduce<FieldSet>((rest, { path }) => minus(rest, setOf(path)), entry.fieldsV1 ?? {});
    return Object.keys(fieldsV1).length === 0 ? [] : [{ ...entry, fieldsV1 }];
  });
}
