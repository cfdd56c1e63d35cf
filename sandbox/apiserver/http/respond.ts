/** Writing answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { stringify } from "yaml";
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

/** How a client wants its answers written. */
export interface Writing {
  yaml: boolean;
  /** On lines of their own, for people: asked for by `pretty`, or because of who asks (endpoints/handlers/negotiation). */
  pretty: boolean;
}

/** Read from the headers and the query. */
export function writingOf(request: IncomingMessage, query: URLSearchParams): Writing {
  const pretty = query.get("pretty");
  const [first = ""] = (request.headers.accept ?? "").split(/[,;]/);
  return {
    yaml: first.trim() === "application/yaml",
    pretty:
      pretty === null
        ? /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers["user-agent"] ?? "")
        : !["false", "0"].includes(pretty),
  };
}

/** Sends `body`; the JSON of a stored object (`stable`) is remembered. */
export function sendBody(
  response: ServerResponse,
  { code, body, stable = false }: { code: number; body: object; stable?: boolean },
  { yaml, pretty }: Writing,
): void {
  if (yaml) {
    sendText(response, code, "application/yaml", stringify(body, { sortMapEntries: true }));
    return;
  }
  if (pretty) sendText(response, code, "application/json", JSON.stringify(body, null, 2));
  // Go's encoder ends a line.
  else sendText(response, code, "application/json", `${stable ? stableJson(body) : JSON.stringify(body)}\n`);
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
