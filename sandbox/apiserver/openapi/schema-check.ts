/** Fields of an object that the schema of its kind does not have. */
import type { ResourceInfo } from "../registry/resource-info.ts";

/** Paths such as `spec.foo`; empty when the kind has no schema here. */
export function unknownFields(_resource: ResourceInfo, _body: Record<string, unknown>): string[] {
  return [];
}
