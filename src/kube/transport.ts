/** Requests to the API server: authentication, deadline, retries, errors. What is asked for is client.ts's business. */
import type { IncomingMessage } from "node:http";
import type { Authentication, Credentials } from "./authentication.ts";
import type { Connections, Exchange } from "./connection.ts";
import { ConnectionError, createConnections, doubt } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { pause, startDeadline, untilAborted } from "./deadline.ts";
import { StatusError, TransportError } from "./errors.ts";
import { statusErrorOf } from "./status.ts";

const longestError = 1024 * 1024;
const mostRetries = 2;

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  path: string;
  body?: object;
  /** Of the body; application/json when absent. */
  contentType?: string;
  accept?: string;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  contentType: string;
  text: string;
}

export interface Transport {
  /** The whole answer. Rejects with `StatusError`, `TransportError` or the reason of the aborted signal. */
  send(call: Call): Promise<Answer>;
  /** The open answer; the time limit ends with its headers, the signal stays in force. Never retried, except after a 401. */
  stream(call: Call): Promise<IncomingMessage>;
  close(): void;
}

export interface TransportOptions {
  userAgent: string;
  /** Milliseconds for one request with its retries. */
  timeoutMs: number;
  /** Bytes of one answer; above it the request fails with `TransportError`. */
  longestAnswer: number;
}

/** A transport with its own pool of connections to the server of `credentials`. */
export function createTransport(credentials: Credentials, options: TransportOptions): Transport {
  const session: Session = { credentials, connections: createConnections(credentials.server), options };
  return {
    async send(call) {
      const deadline = deadlineOf(session, call);
      try {
        for (let retries = 0; ; retries += 1) {
          try {
            return await sendOnce(session, call, deadline.signal);
          } catch (error) {
            const waitMs = retryDelay(call, error, retries);
            // Waiting longer than there is time left would only hide the real error behind a time-out.
            if (waitMs === undefined || waitMs >= deadline.left()) throw error;
            await pause(waitMs, deadline.signal);
          }
        }
      } finally {
        deadline.release();
      }
    },
    async stream(call) {
      const deadline = deadlineOf(session, call);
      try {
        const response = await openChecked(session, call, { pool: "watches", signal: deadline.signal });
        deadline.unlimit();
        response.once("close", () => deadline.release());
        return response;
      } catch (error) {
        deadline.release();
        throw error;
      }
    },
    close: () => session.connections.close(),
  };
}

interface Session {
  credentials: Credentials;
  connections: Connections;
  options: TransportOptions;
}

interface Way {
  pool: Exchange["pool"];
  signal: AbortSignal;
}

function subjectOf({ credentials }: Session, call: Call): string {
  return `${call.method} ${credentials.server}${call.path}`;
}

function deadlineOf(session: Session, call: Call): Deadline {
  const ms = call.timeoutMs ?? session.options.timeoutMs;
  const expired = (): Error =>
    new TransportError(`${subjectOf(session, call)}: no answer within ${ms / 1000} s${doubt(call.method)}`);
  return startDeadline(ms, expired, call.signal);
}

async function sendOnce(session: Session, call: Call, signal: AbortSignal): Promise<Answer> {
  const response = await openChecked(session, call, { pool: "requests", signal });
  const text = await readText(response, {
    subject: subjectOf(session, call),
    doubt: doubt(call.method),
    limit: session.options.longestAnswer,
    signal,
  });
  return { contentType: response.headers["content-type"] ?? "", text };
}

/** Resolves with a 2xx response only. A token may have been rotated under us: one 401 is tried again, afresh. */
async function openChecked(session: Session, call: Call, way: Way): Promise<IncomingMessage> {
  let { response, authentication } = await open(session, call, way);
  if (response.statusCode === 401) {
    response.resume();
    session.credentials.forget(authentication);
    ({ response } = await open(session, call, way));
  }
  const code = response.statusCode ?? 0;
  if (code >= 200 && code < 300) return response;
  const subject = subjectOf(session, call);
  // The status alone says enough when its body breaks off.
  const reading = { subject, doubt: "", limit: longestError, signal: way.signal };
  const body = await readText(response, reading).catch(() => "");
  throw statusErrorOf(subject, { statusCode: code, headers: response.headers, body });
}

async function open(
  session: Session,
  call: Call,
  way: Way,
): Promise<{ response: IncomingMessage; authentication: Authentication }> {
  const authentication = await authenticate(session.credentials, way.signal);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers: Record<string, string> = {
    ...authentication.headers,
    accept: call.accept ?? "application/json",
    "user-agent": session.options.userAgent,
  };
  if (body !== undefined) {
    headers["content-type"] = call.contentType ?? "application/json";
    headers["content-length"] = String(Buffer.byteLength(body));
  }
  const exchange: Exchange = { method: call.method, path: call.path, headers, pool: way.pool };
  if (body !== undefined) exchange.body = body;
  return { authentication, response: await session.connections.open(exchange, authentication, way.signal) };
}

/** A plugin may wait for a person; the request's own time limit and signal hold all the same. */
async function authenticate(credentials: Credentials, signal: AbortSignal): Promise<Authentication> {
  try {
    return await untilAborted(credentials.authenticate(), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new TransportError(error instanceof Error ? error.message : "cannot authenticate", { cause: error });
  }
}

/** Milliseconds to wait before sending again, or undefined when that would help nobody or could act twice. */
function retryDelay(call: Call, error: unknown, retries: number): number | undefined {
  if (retries >= mostRetries) return undefined;
  const read = call.method === "GET";
  const backOff = 100 * 2 ** retries * (1 + Math.random());
  if (error instanceof ConnectionError) {
    const safe = error.failure === "refused" || (read && error.failure === "reset");
    return safe ? backOff : undefined;
  }
  if (!(error instanceof StatusError)) return undefined;
  if (error.code === 429 || error.code === 503) {
    // With Retry-After the server says that it turned the request away before looking at it.
    if (error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1000 + backOff / 4;
    return read ? backOff : undefined;
  }
  return read && (error.code === 502 || error.code === 504) ? backOff : undefined;
}

interface Reading {
  subject: string;
  doubt: string;
  /** Bytes. */
  limit: number;
  signal: AbortSignal;
}

async function readText(response: IncomingMessage, { subject, doubt, limit, signal }: Reading): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ConnectionError(`${subject}: the answer broke off after ${size} bytes${doubt}`, "reset", {
      cause: error,
    });
  }
  if (size > limit) throw new TransportError(`${subject}: the answer is longer than ${limit} bytes`);
  return Buffer.concat(chunks).toString("utf8");
}
