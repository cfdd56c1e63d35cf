/** fieldValidation: fields that a kind does not have, and values of the wrong type. */
import { misfits } from "../openapi/schema-check.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { badRequest } from "../status.ts";

/**
 * Warnings for unknown fields; none when `mode` is Ignore. Errors: 400 for unknown fields when it is Strict, and for
 * values of the wrong type always.
 */
export function checkFields(resource: ResourceInfo, body: Record<string, unknown>, mode: string): string[] {
  const { unknown, wrong } = misfits(resource, body);
  const { kind, version } = resource;
  const refuse = (why: string) => badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
  const [first] = wrong;
  if (first !== undefined) throw refuse(first);
  if (mode === "Ignore") return [];
  const words = unknown.map((field) => `unknown field "${field}"`);
  if (mode === "Strict" && words.length > 0) throw refuse(`strict decoding error: ${words.join(", ")}`);
  return words;
}
