/** fieldValidation: fields that the schema of a kind does not know. */

import { unknownFields } from "../openapi/schema-check.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { badRequest } from "../status.ts";

/** Warnings for unknown fields. Errors: 400 when `mode` is Strict; Ignore looks at nothing. */
export function checkFields(resource: ResourceInfo, body: Record<string, unknown>, mode: string): string[] {
  if (mode !== "Strict" && mode !== "Warn") return [];
  const unknown = unknownFields(resource, body).map((field) => `unknown field "${field}"`);
  if (mode === "Strict" && unknown.length > 0) {
    const { kind, version } = resource;
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${unknown.join(", ")}`,
    );
  }
  return unknown;
}
