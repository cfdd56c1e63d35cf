/** Reading request bodies: bounded, JSON or YAML, never trusted. */
import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { isMap } from "../object.ts";
import { badRequest, tooLarge, unsupportedMediaType } from "../status.ts";
import { goJsonFault, goKind } from "./go-json.ts";

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

/** Errors: 400 with `refuse`'s words around those of Go. */
function parseJson(text: string, refuse: (why: string) => Error): unknown {
  const fault = goJsonFault(text);
  if (fault !== undefined) throw refuse(fault);
  return JSON.parse(text);
}

function parseYaml(text: string, refuse: (why: string) => Error): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw refuse(`yaml: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`);
  }
}

/** The start of a body, for a message; of what is not an object, in hexadecimal (runtime/serializer, summarizeData). */
function summary(text: string): string {
  if (text === "") return "<empty>";
  const shown = 30;
  const bytes = Buffer.from(text);
  const start = bytes.subarray(0, shown).toString(text.startsWith("{") ? "utf8" : "hex");
  return bytes.length > shown ? `${start} ...` : start;
}

const objectTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const typeStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The body as an object of `kind`. Errors: 400 for what is none, 415 for a form that the server does not read. */
export function parseObject(text: string, contentType: string, kind: string): Record<string, unknown> {
  const type = contentType.split(";")[0]?.trim() ?? "";
  if (!objectTypes.includes(type)) throw unsupportedMediaType(objectTypes);
  const refuse = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(text)})`);
  const isJson = type !== "application/yaml";
  const value = isJson
    ? parseJson(text, (why) => refuse(`couldn't get version/kind; json parse error: ${why}`))
    : parseYaml(text, refuse);
  if (isMap(value)) return value;
  throw refuse(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKind(value)} into Go value of type ${typeStruct}`,
  );
}

/** The body of a merge or strategic merge patch. Errors: 400; `prefix` stands before what Go says. */
export function parsePatch(text: string, prefix: string): Record<string, unknown> {
  const refuse = (why: string) => badRequest(`${prefix}${why}`);
  const value = parseJson(text, refuse);
  if (isMap(value)) return value;
  throw refuse(`json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`);
}

/** The body of an apply patch, in YAML or JSON. Errors: 400. */
export function parseApply(text: string): Record<string, unknown> {
  const value = parseYaml(text, (why) => badRequest(`error decoding YAML: ${why}`));
  if (isMap(value)) return value;
  throw badRequest(
    `error decoding YAML: json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`,
  );
}

/** The body of a JSON patch. Errors: 400 for what is not a list of objects. */
export function parseOperations(text: string): Record<string, unknown>[] {
  const refuse = (why: string) => badRequest(`error decoding patch: ${why}`);
  const value = parseJson(text, refuse);
  if (!Array.isArray(value))
    throw refuse(`json: cannot unmarshal ${goKind(value)} into Go value of type []handlers.jsonPatchOp`);
  return value.map((operation: unknown) => {
    if (isMap(operation)) return operation;
    throw refuse(`json: cannot unmarshal ${goKind(operation)} into Go value of type handlers.jsonPatchOp`);
  });
}
