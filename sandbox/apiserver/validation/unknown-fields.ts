/** fieldValidation: fields that a kind does not have, and values of the wrong type. */
import type { Misfit } from "../openapi/schema-check.ts";
import { decoderWords, misfits } from "../openapi/schema-check.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { badRequest } from "../status.ts";

export interface FieldCheck {
  /** Ignore, Warn or Strict. */
  mode: string;
  /** How a body that does not fit is refused; 400 when absent. */
  refuse?: (why: string) => Error;
  words?: (misfit: Misfit) => string;
}

/**
 * Warnings for unknown fields; none when `mode` is Ignore. Errors: for unknown fields when it is Strict, and for values
 * of the wrong type always.
 */
export function checkFields(resource: ResourceInfo, body: Record<string, unknown>, check: FieldCheck): string[] {
  const { mode } = check;
  const { unknown, wrong } = misfits(resource, body);
  const { kind, version } = resource;
  const refuse =
    check.refuse ??
    ((why: string) => badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`));
  const [first] = wrong;
  if (first !== undefined) throw refuse((check.words ?? decoderWords)(first));
  if (mode === "Ignore") return [];
  const words = unknown.map((field) => `unknown field "${field}"`);
  if (mode === "Strict" && words.length > 0) throw refuse(`strict decoding error: ${words.join(", ")}`);
  return words;
}
