/** JSON patch, RFC 6902, by fast-json-patch. */
import type { Operation } from "fast-json-patch";
import { applyPatch, JsonPatchError } from "fast-json-patch";
import { asMap, asString, clone, isMap } from "../object.ts";
import { ApiError, badRequest } from "../status.ts";

const kinds = new Set(["add", "remove", "replace", "move", "copy", "test"]);

function checkOperation(operation: unknown): asserts operation is Operation {
  const { op, path } = asMap(operation);
  if (!isMap(operation) || !kinds.has(asString(op)) || typeof path !== "string") {
    throw badRequest(`a JSON patch operation needs op and path; found ${JSON.stringify(operation)}`);
  }
}

/**
 * The patched copy. Errors: 400 for what is not a patch; 422 when an operation cannot be carried out, a failed `test`
 * included, in the words of kube-apiserver.
 */
export function jsonPatch(target: object, operations: readonly unknown[]): unknown {
  const list: Operation[] = operations.map((operation) => {
    checkOperation(operation);
    return operation;
  });
  try {
    return applyPatch(clone(target), list, true, true, true).newDocument;
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    const operation = asMap(error.operation);
    const path = asString(operation.path);
    const why =
      error.name === "TEST_OPERATION_FAILED"
        ? `testing value ${path} failed: test failed`
        : `${asString(operation.op)} operation does not apply: doc is missing path: "${path}": missing value`;
    throw new ApiError(422, "Invalid", `the server rejected our request due to an error in our request: ${why}`, {});
  }
}
