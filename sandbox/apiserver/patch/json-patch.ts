/** JSON patch, RFC 6902, with the liberties of the library that Kubernetes uses (gopkg.in/evanphx/json-patch.v4). */
import type { Operation } from "fast-json-patch";
import { applyPatch, getValueByPointer, JsonPatchError } from "fast-json-patch";
import { asString, clone, isMap } from "../object.ts";
import { ApiError } from "../status.ts";

const kinds = new Set(["add", "remove", "replace", "move", "copy", "test"]);

/** The real server says no more, whatever is wrong with the patch. */
function refused(): ApiError {
  return new ApiError(422, "Invalid", "the server rejected our request due to an error in our request");
}

/** The value at a pointer, or undefined where there is none. */
function valueAt(document: object, pointer: string): unknown {
  try {
    return getValueByPointer(document, pointer) as unknown;
  } catch {
    return undefined;
  }
}

/** Its field is set even where it was not there before: the library does not look first. */
function lenient(document: object, operation: Record<string, unknown>): Operation {
  const op = asString(operation.op);
  const path = operation.path;
  if (!kinds.has(op) || typeof path !== "string") throw refused();
  const at = path.startsWith("/") || path === "" ? path : path.slice(path.indexOf("/"));
  const parent = valueAt(document, at.slice(0, at.lastIndexOf("/")));
  const replacesNothing = op === "replace" && isMap(parent) && valueAt(document, at) === undefined;
  const from = asString(operation.from);
  if (op === "move" && at.startsWith(`${from}/`)) throw refused();
  if (
    op === "copy" &&
    isMap(valueAt(document, from.slice(0, from.lastIndexOf("/")))) &&
    valueAt(document, from) === undefined
  )
    return { op: "add", path: at, value: null };
  return { ...operation, op: replacesNothing ? "add" : op, path: at } as Operation;
}

/** The patched copy. Errors: 422 when an operation cannot be carried out, a failed `test` included. */
export function jsonPatch(target: object, operations: readonly Record<string, unknown>[]): unknown {
  let document: object = clone(target);
  for (const operation of operations) {
    try {
      document = applyPatch(document, [lenient(document, operation)], true, true, true).newDocument;
    } catch (error) {
      throw error instanceof JsonPatchError ? refused() : error;
    }
  }
  return document;
}
