/** Reading a request body without trusting its sender. */

export type Body =
  | { kind: "text"; text: string }
  | { kind: "too-large"; limit: number }
  | { kind: "unreadable"; message: string };

/** 4 MiB; Alertmanager has no limit of its own. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Reads the body as UTF-8, counting while it arrives: a wrong or missing Content-Length changes nothing. */
export async function readBody(request: Request, limit = MAX_BODY_BYTES): Promise<Body> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return { kind: "too-large", limit };
  if (request.body === null) return { kind: "text", text: "" };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.byteLength;
      if (size > limit) {
        // What is still on its way is dropped by the server with the connection.
        void reader.cancel().catch(() => undefined);
        return { kind: "too-large", limit };
      }
      chunks.push(next.value);
    }
  } catch (error) {
    return { kind: "unreadable", message: error instanceof Error ? error.message : String(error) };
  }
  return { kind: "text", text: new TextDecoder().decode(Buffer.concat(chunks)) };
}
