/** Reading a request body without trusting its sender. */

export type Body =
  | { kind: "text"; text: string; bytes: number }
  | { kind: "too-large"; limit: number }
  /** Too much is being worked on already; the sender should come back. */
  | { kind: "busy" }
  | { kind: "unreadable"; message: string };

/** How many bytes of bodies may be in memory at once, over all requests. */
export interface ByteBudget {
  /** False when they do not fit; then nothing was taken. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/** A budget of `total` bytes that all request bodies in flight share. */
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

export interface BodyLimits {
  /** The most that is read. */
  bytes: number;
  /** When to stop listening to a body that is refused already. Default 32 MiB and two seconds. */
  drainBytes?: number;
  drainMs?: number;
}

/**
 * Reads the body as UTF-8, counting while it arrives: a wrong or missing Content-Length changes nothing. The bytes of a
 * `text` stay taken from the budget until the caller gives them back; those of any other outcome do not.
 */
export async function readBody(request: Request, budget: ByteBudget, limits: BodyLimits): Promise<Body> {
  const limit = limits.bytes;
  if (request.body === null) return { kind: "text", text: "", bytes: 0 };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader: Reader = request.body.getReader();
  const refuse = async (body: Exclude<Body, { kind: "text" }>): Promise<Body> => {
    budget.giveBack(bytes);
    chunks.length = 0;
    await drain(reader, limits);
    return body;
  };
  if (Number(request.headers.get("content-length") ?? 0) > limit) return refuse({ kind: "too-large", limit });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (bytes + next.value.byteLength > limit) return await refuse({ kind: "too-large", limit });
      if (!budget.take(next.value.byteLength)) return await refuse({ kind: "busy" });
      bytes += next.value.byteLength;
      chunks.push(next.value);
    }
  } catch (error) {
    return refuse({ kind: "unreadable", message: error instanceof Error ? error.message : String(error) });
  }
  return { kind: "text", text: new TextDecoder().decode(Buffer.concat(chunks)), bytes };
}

/** Refuses a body unread: lets the sender finish it, within bounds. */
export async function discardBody(request: Request, limits: BodyLimits): Promise<void> {
  if (request.body !== null) await drain(request.body.getReader(), limits);
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Lets a refused sender finish, within bounds, and keeps nothing: an answer that is sent while the sender still writes is
 * lost to it with the connection's reset. Whoever sends more than that is cut off.
 */
async function drain(reader: Reader, limits: BodyLimits): Promise<void> {
  const { drainBytes = 32 * 1024 * 1024, drainMs = 2000 } = limits;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs);
  });
  const rest = async (): Promise<void> => {
    let dropped = 0;
    for (let next = await reader.read(); !next.done && dropped < drainBytes; next = await reader.read()) {
      dropped += next.value.byteLength;
    }
  };
  await Promise.race([rest().catch(() => undefined), late]);
  clearTimeout(timer);
  void reader.cancel().catch(() => undefined);
}
