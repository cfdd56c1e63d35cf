/** Strategic merge patch for built-in kinds (apimachinery util/strategicpatch). */

import { goValue } from "../http/go-json.ts";
import { asList, isMap, sameJson } from "../object.ts";
import { ApiError } from "../status.ts";
import type { Place } from "./field-set.ts";
import { childPlace, rootPlace } from "./field-set.ts";

type Fields = Record<string, unknown>;

const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

/** The library's errors reach the client as they are, and so as nobody's fault. */
function unreadable(message: string): ApiError {
  return new ApiError(500, "", message);
}

/** Without directives, for parts of a patch that are taken over whole. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !(isMap(item) && item.$patch !== undefined)).map(plain);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([key, child]) => !key.startsWith("$") && child !== null);
  return Object.fromEntries(kept.map(([key, child]) => [key, plain(child)]));
}

/** $retainKeys and $deleteFromPrimitiveList: what goes before anything is merged. */
function removeListed(target: Fields, patch: Fields): Fields {
  const retain = patch.$retainKeys;
  const result = Array.isArray(retain)
    ? Object.fromEntries(Object.entries(target).filter(([key]) => retain.includes(key)))
    : { ...target };
  for (const [key, gone] of Object.entries(patch)) {
    if (!key.startsWith(deletePrefix)) continue;
    const field = key.slice(deletePrefix.length);
    const list = result[field];
    if (Array.isArray(list)) result[field] = list.filter((item) => !asList(gone).some((one) => sameJson(one, item)));
  }
  return result;
}

function mergeMap(target: Fields, patch: Fields, place: Place): Fields {
  const directive = patch.$patch;
  if (directive === "replace") return plain(patch) as Fields;
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw unreadable(`unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`);
  const result = removeListed(target, patch);
  for (const [key, value] of Object.entries(patch)) {
    const inner = childPlace(place, key);
    const live = result[key];
    if (key.startsWith(orderPrefix)) reorderUntouched(result, { patch, key, order: value, place });
    if (key.startsWith("$")) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value))
      result[key] = mergeList(asList(live), value, { place: inner, order: patch[`${orderPrefix}${key}`] });
    else if (isMap(value)) result[key] = isMap(live) ? mergeMap(live, value, inner) : plain(value);
    else result[key] = value;
  }
  return result;
}

/** An order directive for a list that the patch does not otherwise touch. */
function reorderUntouched(result: Fields, given: { patch: Fields; key: string; order: unknown; place: Place }): void {
  const field = given.key.slice(orderPrefix.length);
  const list = result[field];
  if (given.patch[field] === undefined && Array.isArray(list)) {
    const key = childPlace(given.place, field).field?.mergeKey;
    result[field] = inOrder(list, { order: asList(given.order), before: list, key });
  }
}

/**
 * Items named in `order` come in its order. The others keep that of the server, `before`, and go in front of a named
 * item only where the server has them there (strategicpatch, mergeSortedSlice).
 */
function inOrder(items: unknown[], { order, before, key }: ListOrder): unknown[] {
  const identity = (item: unknown) => (key !== undefined && isMap(item) ? item[key] : item);
  const index = (list: unknown[], item: unknown) => list.findIndex((one) => sameJson(identity(one), identity(item)));
  const named = items.filter((item) => index(order, item) >= 0).toSorted((a, b) => index(order, a) - index(order, b));
  const rest = items.filter((item) => index(order, item) < 0);
  const result: unknown[] = [];
  while (rest.length > 0 && named.length > 0) {
    const [other, mine] = [index(before, rest[0]), index(before, named[0])];
    const source = other >= 0 && mine >= 0 && other < mine ? rest : named;
    result.push(...source.splice(0, 1));
  }
  return [...result, ...rest, ...named];
}

interface ListOrder {
  order: unknown[];
  before: unknown[];
  key: string | undefined;
}

function mergeItem(list: unknown[], item: Fields, key: string, place: Place): unknown[] {
  const id = item[key];
  if (id === undefined) throw unreadable(`map: ${goValue(item)} does not contain declared merge key: ${key}`);
  const same = (one: unknown) => isMap(one) && sameJson(one[key], id);
  if (item.$patch === "delete") return list.filter((one) => !same(one));
  if (!list.some(same)) return [...list, plain(item)];
  return list.map((one) => (same(one) && isMap(one) ? mergeMap(one, item, place) : one));
}

function mergeList(target: unknown[], patch: unknown[], { place, order }: { place: Place; order: unknown }): unknown[] {
  const { field } = place;
  if (field?.set === true)
    return inOrder([...target, ...patch.filter((item) => !target.some((one) => sameJson(one, item)))], {
      order: asList(order ?? patch),
      before: target,
      key: undefined,
    });
  const key = field?.mergeKey;
  if (key === undefined || patch.some((item) => isMap(item) && item.$patch === "replace")) return asList(plain(patch));
  const inner: Place = { struct: field?.type, field: undefined, path: "inner" };
  const merged = patch.filter(isMap).reduce<unknown[]>((list, item) => mergeItem(list, item, key, inner), target);
  return inOrder(merged, { order: asList(order ?? patch), before: target, key });
}

/**
 * The patched copy of an object of type `struct` (see openapi/kinds.ts).
 * Errors: 500 for unknown directives and for items without their merge key.
 */
export function strategicPatch(target: object, patch: Record<string, unknown>, struct: string | undefined): unknown {
  return mergeMap({ ...target }, patch, rootPlace(struct));
}
