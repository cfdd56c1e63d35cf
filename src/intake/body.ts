/** Reading a request body without trusting its sender. */

export type Body =
  | { kind: "text"; text: string; bytes: number }
  | { kind: "too-large"; limit: number }
  /** Too much is being worked on already; the sender should come back. */
  | { kind: "busy" }
  | { kind: "unreadable"; message: string };

/** 4 MiB; Alertmanager has no limit of its own. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** How many bytes of bodies may be in memory at once, over all requests. */
export interface ByteBudget {
  /** False when they do not fit; then nothing was taken. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

export function createByteBudget(total: number): ByteBudget {
  let left = total;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    giveBack(bytes) {
      left += bytes;
    },
  };
}

/**
 * Reads the body as UTF-8, counting while it arrives: a wrong or missing Content-Length changes nothing. The bytes of a
 * `text` stay taken from the budget until the caller gives them back; those of any other outcome do not.
 */
export async function readBody(request: Request, budget: ByteBudget, limit = MAX_BODY_BYTES): Promise<Body> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return { kind: "too-large", limit };
  if (request.body === null) return { kind: "text", text: "", bytes: 0 };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const refuse = (body: Exclude<Body, { kind: "text" }>): Body => {
    budget.giveBack(bytes);
    // What is still on its way is dropped by the server with the connection.
    void reader.cancel().catch(() => undefined);
    return body;
  };
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (bytes + next.value.byteLength > limit) return refuse({ kind: "too-large", limit });
      if (!budget.take(next.value.byteLength)) return refuse({ kind: "busy" });
      bytes += next.value.byteLength;
      chunks.push(next.value);
    }
  } catch (error) {
    return refuse({ kind: "unreadable", message: error instanceof Error ? error.message : String(error) });
  }
  return { kind: "text", text: new TextDecoder().decode(Buffer.concat(chunks)), bytes };
}
