/** One HTTP exchange over pooled connections; no retries, no meaning. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Authentication, TlsMaterial } from "./authentication.ts";
import { TransportError } from "./errors.ts";

/** Idle connections are closed before servers and load balancers usually do, so that a write rarely meets a dead one. */
const idleMs = 20_000;
const mostConnections = 64;

export interface Exchange {
  method: string;
  /** Path and query, without the server's prefix. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Watches have a pool of their own: they occupy their connection for minutes. */
  pool: "requests" | "watches";
}

/** How far the request got when it failed. */
export type Failure = "refused" | "reset" | "unknown";

/** A `TransportError` that says whether it is safe to send the request again. */
export class ConnectionError extends TransportError {
  readonly failure: Failure;
  constructor(message: string, failure: Failure, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

export interface Connections {
  /**
   * Resolves at the response's headers. An abort rejects with the signal's reason, and later destroys the response.
   * The signal must belong to this exchange alone: its listener stays.
   */
  open(exchange: Exchange, authentication: Authentication, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** The end of a sentence about a request without an answer: empty when sending it twice does no harm. */
export function doubt(method: string): string {
  return method === "GET" ? "" : "; it may or may not have been carried out";
}

/** Connections to one server. They are pooled per TLS material, so that a rotated certificate takes effect at once. */
export function createConnections(server: string): Connections {
  const url = new URL(server);
  const prefix = url.pathname.replace(/\/+$/, "");
  const secure = url.protocol === "https:";
  const send = secure ? httpsRequest : httpRequest;
  const createAgent = (tls: TlsMaterial, timing: { timeout?: number }): HttpAgent => {
    const options = { keepAlive: true, maxSockets: mostConnections, maxFreeSockets: 8, ...timing };
    return secure ? new HttpsAgent({ ...options, ...tls }) : new HttpAgent(options);
  };
  let pool: { tls: TlsMaterial; requests: HttpAgent; watches: HttpAgent } | undefined;

  function agentFor(exchange: Exchange, authentication: Authentication): HttpAgent {
    if (authentication.agent) return authentication.agent;
    const { tls } = authentication;
    // The former pool's requests in flight finish; its idle connections end by `idleMs`.
    if (pool?.tls !== tls) {
      // A watch may be silent for long while it is in use; watch.ts has its own rule for that.
      pool = { tls, requests: createAgent(tls, { timeout: idleMs }), watches: createAgent(tls, {}) };
    }
    return pool[exchange.pool];
  }

  return {
    open: (exchange, authentication, signal) =>
      exchangeHeaders(
        () =>
          send({
            host: url.hostname.replace(/^\[|\]$/g, ""),
            port: url.port || (secure ? 443 : 80),
            method: exchange.method,
            path: prefix + exchange.path,
            headers: exchange.headers,
            agent: agentFor(exchange, authentication),
          }),
        { exchange, server, signal },
      ),
    close() {
      pool?.requests.destroy();
      pool?.watches.destroy();
      pool = undefined;
    },
  };
}

interface Sending {
  exchange: Exchange;
  server: string;
  signal: AbortSignal;
}

function exchangeHeaders(start: () => ClientRequest, sending: Sending): Promise<IncomingMessage> {
  const { signal } = sending;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const request = start();
    let response: IncomingMessage | undefined;
    const abort = (): void => {
      (response ?? request).destroy(new Error("aborted by the caller"));
    };
    signal.addEventListener("abort", abort, { once: true });
    request.on("response", (message) => {
      response = message;
      resolve(message);
    });
    request.on("error", (error) => {
      reject(signal.aborted ? signal.reason : describeFailure(error, sending));
    });
    request.end(sending.exchange.body);
  });
}

const refused = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const reset = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

function describeFailure(error: Error, sending: Sending): TransportError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const options = { cause: error };
  const { method, path } = sending.exchange;
  const subject = `${method} ${sending.server}${path}`;
  if (refused.has(code)) {
    const words = code === "ECONNREFUSED" ? "connection refused" : code;
    return new ConnectionError(
      `cannot reach the API server ${sending.server}: ${words}. Check that it is running and that this is the right address.`,
      code === "ECONNREFUSED" ? "refused" : "unknown",
      options,
    );
  }
  if (reset.has(code)) {
    return new ConnectionError(`${subject}: connection reset${doubt(method)}`, "reset", options);
  }
  if (/CERT|SIGNATURE|ERR_TLS|ERR_SSL|EPROTO/.test(code)) {
    return new TransportError(
      `no secure connection to ${sending.server}: ${error.message.slice(0, 200)} (${code}). Check the certificate authority and the server name in the credentials.`,
      options,
    );
  }
  return new TransportError(`${subject}: ${error.message.slice(0, 200) || code}${doubt(method)}`, options);
}
