/** Writing answers. */
import type { ServerResponse } from "node:http";
import type { StatusBody } from "../status.ts";
import { ApiError } from "../status.ts";

/** Bytes of a JSON body, remembered per object: stored objects never change. */
const encoded = new WeakMap<object, string>();

/** JSON text of a stored (hence immutable) object. */
export function stableJson(object: object): string {
  let text = encoded.get(object);
  if (text === undefined) {
    text = JSON.stringify(object);
    encoded.set(object, text);
  }
  return text;
}

export function sendText(response: ServerResponse, code: number, type: string, text: string): void {
  response.writeHead(code, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-cache, private",
  });
  response.end(text);
}

/** The Status that an error is answered with: its own, or a 500 for what nobody expected. */
export function statusOf(error: unknown): StatusBody & { code: number } {
  const known =
    error instanceof ApiError ? error : new ApiError(500, "InternalError", `Internal error occurred: ${String(error)}`);
  return { ...known.status, code: known.code };
}
