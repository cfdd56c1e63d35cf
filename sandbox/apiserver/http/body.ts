/** Reading request bodies: bounded, JSON or YAML, never trusted. */
import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { isMap } from "../object.ts";
import { badRequest, tooLarge } from "../status.ts";

/** The limit of kube-apiserver for a request body. */
export const bodyLimitBytes = 3 * 1024 * 1024;

/** The whole body. Errors: 413 past the limit; what is left of the body is then read and thrown away. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      // Reading on lets the answer reach a client that is still sending.
      if (size > bodyLimitBytes) reject(tooLarge(bodyLimitBytes));
      else chunks.push(chunk);
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
    request.once("close", () => reject(badRequest("the request ended before its body did")));
  });
}

function parseText(text: string, contentType: string): unknown {
  try {
    if (contentType.includes("yaml")) return parse(text, { maxAliasCount: 100 });
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`the object provided is unrecognized (must be of type Object): couldn't get version/kind; ${why}`);
  }
}

/** The body as a map. Errors: 400 for what is not one. */
export function parseMap(text: string, contentType: string): Record<string, unknown> {
  const value = parseText(text, contentType);
  if (!isMap(value)) throw badRequest("the body of the request must be an object");
  return value;
}

/** The body of a JSON patch. Errors: 400 for what is not a list. */
export function parseOperations(text: string): unknown[] {
  const value = parseText(text, "application/json");
  if (!Array.isArray(value)) throw badRequest("a JSON patch must be a list of operations");
  return value;
}
