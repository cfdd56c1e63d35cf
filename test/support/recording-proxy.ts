/**
 * Stands between the program and an API server whose audit log is out of reach, and keeps the same record of what the
 * program asked for. It sees the whole truth about a token that is given to the program alone.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { request as requestPlain } from "node:http";
import { createServer, request as requestTls } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority } from "../../sandbox/apiserver/authn/authority.ts";
import { readRequestInfo } from "../../sandbox/apiserver/http/request-info.ts";
import type { Credentials } from "../../src/kube/credentials.ts";
import { formatMicroTime } from "../../src/kube/micro-time.ts";
import type { AuditEvent } from "./audit.ts";

export interface RecordingProxy {
  url: string;
  caPem: string;
  /** Tells whose requests those with this token are. */
  knows(token: string, user: string): void;
  /** Every request of a known user that was answered, in the order of arrival. */
  read(): AuditEvent[];
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1 and passes everything on to the server of these credentials; theirs are never used, each request brings its own token. */
export async function startRecordingProxy(credentials: Credentials): Promise<RecordingProxy> {
  const authority = await createAuthority();
  const { certPem: cert, keyPem: key } = await authority.server(["127.0.0.1"]);
  const users = new Map<string, string>();
  const events: AuditEvent[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    const user = users.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "");
    const event = user === undefined ? undefined : eventOf(request, user);
    if (event === undefined) {
      response.writeHead(401).end();
      return;
    }
    events.push(event);
    pass({ credentials, request, response, event }).catch((error: unknown) => {
      request.destroy();
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem: authority.caPem,
    knows: (token, user) => void users.set(token, user),
    read: () => events.filter(({ responseStatus }) => responseStatus !== undefined),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Passage {
  credentials: Credentials;
  request: IncomingMessage;
  response: ServerResponse;
  /** Completed on the way. */
  event: AuditEvent;
}

async function pass({ credentials, request, response, event }: Passage): Promise<void> {
  const body = await read(request);
  if (body.length > 0) event.requestObject = objectOf(body);
  const { tls, agent } = await credentials.authenticate();
  const { ca, servername, rejectUnauthorized } = tls;
  const url = new URL(credentials.server);
  const send = url.protocol === "http:" ? requestPlain : requestTls;
  const { host: _, ...headers } = request.headers;
  const sent = send({
    hostname: url.hostname,
    port: url.port,
    path: `${url.pathname.replace(/\/$/, "")}${request.url ?? "/"}`,
    method: request.method,
    headers,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(agent === undefined ? {} : { agent }),
  });
  sent.on("response", (answer) => {
    // Noted before the program can see the answer and go on.
    event.responseStatus = { code: answer.statusCode ?? 0 };
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sent.on("error", (error) => response.destroy(error));
  // A watch that the program has left must not stay open on the user's server.
  response.on("close", () => sent.destroy());
  sent.end(body);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function objectOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function eventOf({ method = "GET", url = "/", headers }: IncomingMessage, username: string): AuditEvent {
  const { pathname, searchParams } = new URL(url, "https://server");
  const { verb, isResource, group, resource, subresource, namespace, name } = readRequestInfo(
    method,
    pathname,
    searchParams,
  );
  return {
    stage: "ResponseComplete",
    verb,
    requestURI: url,
    user: { username },
    requestReceivedTimestamp: formatMicroTime(new Date()),
    ...(headers["user-agent"] === undefined ? {} : { userAgent: headers["user-agent"] }),
    ...(isResource && {
      objectRef: {
        resource,
        ...(namespace !== "" && { namespace }),
        ...(name !== "" && { name }),
        ...(group !== "" && { apiGroup: group }),
        ...(subresource !== "" && { subresource }),
      },
    }),
  };
}
