/** Hashes over values that do not depend on key order, null members or formatting. */
import { createHash } from "node:crypto";

/** JSON with sorted keys and without null or undefined members (API servers differ in writing `creationTimestamp: null`). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** sha256 of the canonical JSON, the first `length` hex digits. */
export function digest(value: unknown, length = 64): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, length);
}
