/** Reads a watch: one JSON event a line, for minutes, over a connection that may die without a word. */
import type { IncomingMessage } from "node:http";
import { StatusError, TransportError } from "./errors.ts";
import { statusErrorFromObject } from "./status.ts";
import type { Live, WatchEvent } from "./types.ts";

/** Longest event; etcd's own limit for an object is 1.5 MiB. */
const longestLine = 16 * 1024 * 1024;

export interface WatchStream {
  response: IncomingMessage;
  /** "GET https://host/path", for messages. */
  subject: string;
  /** A stream on which no byte arrives for so long is half-open: the other side is gone. */
  idleMs: number;
  signal: AbortSignal | undefined;
}

/**
 * Yields the events until the server ends the stream. Throws `StatusError` for an ERROR event (410 included),
 * `TransportError` for a broken, silent or unreadable stream, the signal's reason after an abort.
 * Destroys the response however the loop ends.
 */
export async function* readWatch<T>(stream: WatchStream): AsyncGenerator<WatchEvent<T>> {
  for await (const line of readLines(stream)) {
    const event = parseEvent<T>(line, stream.subject);
    if (event !== undefined) yield event;
    // Several events may have come at once: none is handed on after an abort.
    if (stream.signal?.aborted) throw stream.signal.reason;
  }
}

async function* readLines(stream: WatchStream): AsyncGenerator<string> {
  const { response, subject } = stream;
  let rest: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of readChunks(stream)) {
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString("utf8");
        rest = [];
        size = 0;
        from = end + 1;
        if (line.trim() !== "") yield line;
      }
      rest.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > longestLine) throw new TransportError(`${subject}: an event is longer than ${longestLine} bytes`);
    }
    const last = Buffer.concat(rest).toString("utf8");
    if (last.trim() !== "") yield last;
  } finally {
    response.destroy();
  }
}

/** The time a consumer takes between two chunks does not count as silence. */
async function* readChunks({ response, subject, idleMs, signal }: WatchStream): AsyncGenerator<Buffer> {
  let silent = false;
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (;;) {
    if (signal?.aborted) throw signal.reason;
    const timer = setTimeout(() => {
      silent = true;
      response.destroy(new Error("silent"));
    }, idleMs);
    try {
      const next = await chunks.next();
      if (signal?.aborted) throw signal.reason;
      if (next.done) return;
      yield next.value;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (silent)
        throw new TransportError(`${subject}: the watch was silent for ${idleMs / 1000} s; the connection is dead`);
      throw new TransportError(`${subject}: the watch broke off`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

function parseEvent<T>(line: string, subject: string): WatchEvent<T> | undefined {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    throw new TransportError(`${subject}: the watch sent something that is not JSON`, { cause: error });
  }
  const { type, object } = event ?? {};
  if (type === "ERROR") {
    throw (
      statusErrorFromObject(object) ?? new StatusError({ code: 500, reason: "", message: `${subject}: watch error` })
    );
  }
  if (!isLive<T>(object)) throw new TransportError(`${subject}: the watch sent an event without an object`);
  if (type === "BOOKMARK") return { type, resourceVersion: object.metadata.resourceVersion };
  if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") return { type, object };
  // A type this client does not know carries nothing it could use.
  return undefined;
}

function isLive<T>(value: unknown): value is Live<T> {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  const { metadata } = value;
  return typeof metadata === "object" && metadata !== null && "resourceVersion" in metadata;
}
