/** A small HTTP(S) server that misbehaves on demand; what the tests of this folder talk to. */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

interface RecordedRequest {
  method: string;
  /** Path and query as sent. */
  url: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers one request, or does something worse. */
export type Behaviour = (response: ServerResponse, request: RecordedRequest) => void;

export interface FaultServer {
  url: string;
  port: number;
  /** Everything received, in order. */
  requests: RecordedRequest[];
  /** Connections accepted so far. */
  accepted(): number;
  /** Connections open now. */
  open(): number;
  close(): Promise<void>;
}

/** Each request takes the next behaviour; the last one stays. A function decides by the request. */
export async function startFaultServer(
  behaviours: Behaviour | Behaviour[],
  tls?: { cert: string; key: string; ca?: string; requestCert?: boolean; rejectUnauthorized?: boolean },
): Promise<FaultServer> {
  const script = Array.isArray(behaviours) ? [...behaviours] : [behaviours];
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = tls ? createHttpsServer(tls) : createHttpServer();
  // Idle connections are the client's to close here.
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("request", (message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const url = new URL(message.url ?? "/", "http://server");
      const request: RecordedRequest = {
        method: message.method ?? "",
        url: message.url ?? "",
        path: url.pathname,
        query: url.searchParams,
        headers: message.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      requests.push(request);
      const behaviour = script.length > 1 ? script.shift() : script[0];
      behaviour?.(response, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    requests,
    accepted: () => accepted,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Answers with JSON. */
export function json(body: unknown, code = 200, headers: Record<string, string> = {}): Behaviour {
  return (response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** Answers with a Status, as the API server does for errors. */
export function failure(code: number, reason: string, headers: Record<string, string> = {}): Behaviour {
  return json({ kind: "Status", apiVersion: "v1", code, reason, message: `${reason} for the test` }, code, headers);
}

/** Answers with any text. */
export function text(body: string, code = 200): Behaviour {
  return (response) => {
    response.writeHead(code, { "content-type": "text/plain" }).end(body);
  };
}

/** Drops the connection without a word. */
export const reset: Behaviour = (response) => {
  response.destroy();
};

/** Accepts the request and never answers. */
export const silence: Behaviour = () => {};

/** Promises more bytes than it sends. */
export const truncated: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"metadata":{');
  setImmediate(() => response.destroy());
};

/** Sends these lines as a watch and ends it, or keeps it open. */
export function watchLines(lines: string[], end: "end" | "keep-open" | "reset" = "end"): Behaviour {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    for (const line of lines) response.write(`${line}\n`);
    if (end === "end") response.end();
    if (end === "reset") setImmediate(() => response.destroy());
  };
}
