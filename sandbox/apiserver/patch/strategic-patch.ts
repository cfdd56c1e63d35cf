/** Strategic merge patch for built-in kinds (apimachinery util/strategicpatch). */
import { asList, isMap, sameJson } from "../object.ts";
import { badRequest } from "../status.ts";
import { isSet, mergeKeyOf } from "./merge-keys.ts";

type Fields = Record<string, unknown>;

const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

function isDirective(key: string): boolean {
  return key.startsWith("$");
}

/** Without directives, for parts of a patch that are taken over whole. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !(isMap(item) && item.$patch !== undefined)).map(plain);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, child]) => !isDirective(key) && child !== null)
      .map(([key, child]) => [key, plain(child)]),
  );
}

function mergeMap(target: Fields, patch: Fields): Fields {
  const directive = patch.$patch;
  if (directive === "replace") return plain(patch) as Fields;
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw badRequest(`unknown $patch directive ${JSON.stringify(directive)}`);
  const result: Fields = { ...target };
  const retain = patch.$retainKeys;
  if (Array.isArray(retain)) for (const key of Object.keys(result)) if (!retain.includes(key)) delete result[key];
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletePrefix)) {
      const field = key.slice(deletePrefix.length);
      const gone = asList(value);
      if (Array.isArray(result[field]))
        result[field] = asList(result[field]).filter((item) => !gone.some((one) => sameJson(one, item)));
    }
    if (isDirective(key)) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value))
      result[key] = mergeList(key, asList(result[key]), value, patch[`${orderPrefix}${key}`]);
    else if (isMap(value)) result[key] = isMap(result[key]) ? mergeMap(result[key], value) : plain(value);
    else result[key] = value;
  }
  reorderOnly(result, patch);
  return result;
}

/** An order directive for a list that the patch does not otherwise touch. */
function reorderOnly(result: Fields, patch: Fields): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const field = key.slice(orderPrefix.length);
    const list = result[field];
    if (patch[field] === undefined && Array.isArray(list)) result[field] = inOrder(field, list, order);
  }
}

/** Items named in `order` come in its order; the others keep their place after them. */
function inOrder(field: string, items: unknown[], order: unknown): unknown[] {
  const wanted = asList(order);
  if (wanted.length === 0) return items;
  const key = mergeKeyOf(field, items);
  const identity = (item: unknown) => (key !== undefined && isMap(item) ? item[key] : item);
  const places = wanted.map(identity);
  const place = (item: unknown) => {
    const at = places.findIndex((one) => sameJson(one, identity(item)));
    return at < 0 ? places.length : at;
  };
  return items
    .map((item, index) => ({ item, index }))
    .sort((a, b) => place(a.item) - place(b.item) || a.index - b.index)
    .map(({ item }) => item);
}

function mergeList(field: string, target: unknown[], patch: unknown[], order: unknown): unknown[] {
  if (isSet(field))
    return inOrder(field, [...target, ...patch.filter((item) => !target.some((one) => sameJson(one, item)))], order);
  if (patch.some((item) => isMap(item) && item.$patch === "replace")) return asList(plain(patch));
  const key = mergeKeyOf(field, patch.length > 0 ? [...patch, ...target] : target);
  if (key === undefined) return asList(plain(patch));
  let result = [...target];
  for (const item of patch) {
    if (!isMap(item)) continue;
    const id = item[key];
    if (id === undefined) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const at = result.findIndex((one) => isMap(one) && sameJson(one[key], id));
    const existing = result[at];
    if (item.$patch === "delete") result = result.filter((one) => !(isMap(one) && sameJson(one[key], id)));
    else if (at < 0) result.push(plain(item));
    else result[at] = mergeMap(isMap(existing) ? existing : {}, item);
  }
  return inOrder(field, result, order);
}

/** The patched copy. Errors: 400 for unknown directives and items without their merge key. */
export function strategicPatch(target: object, patch: Fields): unknown {
  return mergeMap({ ...target }, patch);
}
