/** One request from its first byte to its audit entry: who, may they, what, done. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AuditLog } from "../audit/audit-log.ts";
import { impersonate } from "../authn/impersonate.ts";
import type { User } from "../authn/user.ts";
import { anonymous } from "../authn/user.ts";
import type { Attributes } from "../authz/rbac.ts";
import { refusal } from "../authz/rbac.ts";
import type { Answer, Backend, Call } from "../handlers/context.ts";
import { answerReview } from "../handlers/reviews.ts";
import { isMap } from "../object.ts";
import { reviews } from "../registry/groups.ts";
import { ApiError, forbidden, methodNotAllowed, NoSuchGroup, noSuchPath, unauthorized } from "../status.ts";
import { readBody } from "./body.ts";
import { isOpenPath, leadsToApi, plainAnswer } from "./plain-paths.ts";
import { decodeProtobuf, protobufType } from "./protobuf.ts";
import type { RequestInfo } from "./request-info.ts";
import { nameForRights, readRequestInfo } from "./request-info.ts";
import { sendBody, sendText, statusOf, writingOf } from "./respond.ts";
import { route } from "./routes.ts";

export interface HandlerParts {
  backend: Backend;
  audit: AuditLog;
  /** host:port, for discovery. */
  address: () => string;
  closing: AbortSignal;
  log: (message: string, fields?: object) => void;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  info: RequestInfo;
  query: URLSearchParams;
  user: User;
  receivedAt: number;
  body: string;
  contentType: string;
}

/** Reads the body; protobuf becomes JSON here, so that nobody after this knows of it. Errors: 400, 413. */
async function receive(exchange: Exchange): Promise<void> {
  const bytes = await readBody(exchange.request);
  const isProtobuf = exchange.contentType.startsWith(protobufType) && bytes.length > 0;
  exchange.body = isProtobuf ? JSON.stringify(decodeProtobuf(bytes)) : bytes.toString("utf8");
  if (isProtobuf) exchange.contentType = "application/json";
}

function authorize(parts: HandlerParts, { info, user, query }: Exchange): void {
  if (!info.isResource) {
    if (isOpenPath(info.path)) return;
    if (user === anonymous) throw unauthorized();
    const wanted: Attributes = {
      user,
      verb: info.verb,
      group: "",
      resource: "",
      subresource: "",
      namespace: "",
      name: "",
      path: info.path,
    };
    if (parts.backend.authorizer.allows(wanted)) return;
    throw new ApiError(403, "Forbidden", `forbidden: ${refusal(wanted)}`, {});
  }
  if (user === anonymous) throw unauthorized();
  const { verb, group, resource, subresource, namespace } = info;
  const name = nameForRights(info, query);
  const wanted: Attributes = { user, verb, group, resource, subresource, namespace, name };
  if (parts.backend.authorizer.allows(wanted)) return;
  throw forbidden({ group, plural: resource }, info.name, refusal(wanted));
}

function answerPlain(parts: HandlerParts, exchange: Exchange): number {
  const { info, request, response } = exchange;
  const path = info.path.replace(/(.)\/$/, "$1");
  const answer = plainAnswer(parts.backend, { path, query: exchange.query, address: parts.address() });
  if (answer === undefined) throw leadsToApi(parts.backend, path) ? noSuchPath() : new NoSuchGroup();
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
  record(parts, exchange, { code: 200 });
  if ("body" in answer) sendBody(response, { code: 200, body: answer.body }, writingOf(request, exchange.query));
  else sendText(response, 200, "text/plain; charset=utf-8", answer.text);
  return 200;
}

async function answerResource(parts: HandlerParts, exchange: Exchange): Promise<void> {
  const { info, request, response, query, user } = exchange;
  const { backend } = parts;
  const base = {
    backend,
    info,
    query,
    user,
    userAgent: request.headers["user-agent"] ?? "",
    body: exchange.body,
    contentType: exchange.contentType,
    accept: request.headers.accept ?? "application/json",
  };
  const review = reviews.find(
    (one) => one.plural === info.resource && one.group === info.group && one.version === info.version,
  );
  let answer: Answer | undefined;
  if (review !== undefined) {
    if (info.verb !== "create") throw methodNotAllowed();
    answer = answerReview({ ...base, review });
  } else {
    const resource = backend.registry.find(info.group, info.version, info.resource);
    if (resource === undefined || (!resource.namespaced && info.namespace !== "" && resource.kind !== "Namespace"))
      throw backend.registry.serves(info.group, info.version) ? noSuchPath() : new NoSuchGroup();
    const call: Call = { ...base, resource };
    answer = await route(call, response, parts.closing);
  }
  if (answer === undefined) {
    record(parts, exchange, { code: 200 });
    return;
  }
  record(parts, exchange, { code: answer.code });
  for (const warning of answer.warnings ?? []) response.appendHeader("Warning", `299 - ${JSON.stringify(warning)}`);
  sendBody(response, answer, writingOf(request, query));
}

/** Bodies that must not end up in a log. */
function isSecret(info: RequestInfo): boolean {
  return info.resource === "secrets" || info.resource === "tokenreviews" || info.subresource === "token";
}

function writtenObject({ info, body }: Exchange): unknown {
  if (body === "" || isSecret(info)) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isMap(value) || Array.isArray(value) ? value : undefined;
  } catch {
    return body.slice(0, 10_000);
  }
}

function record(
  parts: HandlerParts,
  exchange: Exchange,
  responseStatus: { code: number; reason?: string; message?: string },
): void {
  const { request, info, user, receivedAt } = exchange;
  const requestObject = writtenObject(exchange);
  parts.audit.write({
    requestUri: request.url ?? "",
    info,
    user,
    sourceIp: request.socket.remoteAddress ?? "",
    userAgent: request.headers["user-agent"] ?? "",
    receivedAt,
    responseStatus,
    ...(requestObject === undefined ? {} : { requestObject }),
  });
}

function fail(parts: HandlerParts, exchange: Exchange, error: unknown): void {
  const { response } = exchange;
  const status = statusOf(error);
  if (!(error instanceof ApiError)) {
    parts.log("a request ended with an unexpected error", {
      path: exchange.info.path,
      error: error instanceof Error ? error.stack : String(error),
    });
  }
  const { reason = "", message = "" } = status;
  record(parts, exchange, { code: status.code, ...(status.code >= 400 ? { status: "Failure", reason, message } : {}) });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (status.code === 413) response.setHeader("Connection", "close");
  const wait = status.details?.retryAfterSeconds;
  if (wait !== undefined) response.setHeader("Retry-After", String(wait));
  if (error instanceof NoSuchGroup) sendText(response, 404, "text/plain; charset=utf-8", `${message}\n`);
  else sendBody(response, { code: status.code, body: status }, writingOf(exchange.request, exchange.query));
}

/** Answers every request, whatever it is. */
export function createHandler(
  parts: HandlerParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const receivedAt = Date.now();
    const [path = "/", search = ""] = (request.url ?? "/").split("?", 2);
    const query = new URLSearchParams(search);
    const info = readRequestInfo(request.method ?? "GET", path, query);
    const exchange: Exchange = {
      request,
      response,
      info,
      query,
      user: anonymous,
      receivedAt,
      body: "",
      contentType: request.headers["content-type"] ?? "application/json",
    };
    try {
      if (request.method !== "GET" && request.method !== "HEAD") await receive(exchange);
      exchange.user = parts.backend.authenticator.user(request);
      exchange.user = impersonate(exchange.user, request.headers, parts.backend.authorizer);
      authorize(parts, exchange);
      if (info.isResource) await answerResource(parts, exchange);
      else answerPlain(parts, exchange);
    } catch (error) {
      fail(parts, exchange, error);
    }
  };
}
