/** From whatever holds a receipt to the receipt: plain JSON, a packed one, or a Receipt resource as kubectl prints it. */
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { digest } from "./digest.ts";
import { unpack } from "./receipt-pack.ts";
import type { Receipt } from "./receipt-schema.ts";
import { RECEIPT_SCHEMA, receiptSchema } from "./receipt-schema.ts";

export type ReadReceipt = { kind: "receipt"; receipt: Receipt } | { kind: "unreadable"; message: string };

/** More than any receipt has: what is not a receipt must not fill the memory. */
const MOST_BYTES = 256 * 1024 * 1024;
/** A packed receipt is a single line in YAML; a document of that size is something else. */
const MOST_YAML = 8 * 1024 * 1024;
const DEEPEST = 100;

/** Never throws: what cannot be read is said in words. */
export function readReceipt(bytes: Uint8Array): ReadReceipt {
  try {
    return readText(textOf(bytes));
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

function unreadable(message: string): ReadReceipt {
  return { kind: "unreadable", message: message.replace(/\s+/g, " ").slice(0, 500) };
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > MOST_BYTES) throw new RangeError(`it has ${bytes.length} bytes; no receipt has that many`);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return Buffer.from(isGzip ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes).toString("utf8");
}

/** kubectl prints YAML or JSON; everything else of ours is JSON. */
function parseText(text: string): unknown {
  const start = text.trimStart();
  if (start === "") throw new SyntaxError("it is empty");
  if (start.startsWith("{") || start.startsWith("[")) return JSON.parse(text);
  if (text.length > MOST_YAML) throw new RangeError("it is no JSON, and too long to be a resource as YAML");
  return parse(text, { prettyErrors: false, logLevel: "error" });
}

function readText(text: string): ReadReceipt {
  const value = parseText(text);
  if (isTooDeep(value)) return unreadable(`it is nested more than ${DEEPEST} levels deep; no receipt is`);
  if (!isObject(value)) return unreadable("it holds no object, so it is no receipt");
  if (value.schema !== undefined) return checked(value);
  if (typeof value.kind === "string" && value.kind.endsWith("List"))
    return unreadable("it is a list of resources; give one of them: kubectl get receipt NAME -n openfero -o json");
  if (value.kind !== "Receipt") return unreadable("it is neither a receipt nor a Receipt resource");
  return readResource(value);
}

function readResource({ spec }: Record<string, unknown>): ReadReceipt {
  if (!isObject(spec) || typeof spec.data !== "string") return unreadable("the Receipt resource has no spec.data");
  const value: unknown = JSON.parse(unpack(spec.data));
  if (isTooDeep(value)) return unreadable(`it is nested more than ${DEEPEST} levels deep; no receipt is`);
  if (!isObject(value)) return unreadable("spec.data of the Receipt resource holds no receipt");
  if (spec.digest !== digest(value))
    return unreadable("spec.digest of the Receipt resource is not the digest of its data; somebody changed it");
  return checked(value);
}

function checked(value: Record<string, unknown>): ReadReceipt {
  if (value.schema !== RECEIPT_SCHEMA)
    return unreadable(
      `its schema is ${JSON.stringify(value.schema).slice(0, 100)}; this program reads ${RECEIPT_SCHEMA} only`,
    );
  const parsed = receiptSchema.safeParse(value);
  // The value itself goes on, not the parser's copy: nothing that a remedy put into it may be lost.
  if (parsed.success) return { kind: "receipt", receipt: value as unknown as Receipt };
  const [issue] = parsed.error.issues;
  return unreadable(
    `it is no receipt of that schema: ${issue?.path.join(".") || "it"}: ${issue?.message ?? "invalid"}`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without recursion: what it guards against would exhaust the stack. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
