/** Paths that are about no object: health, version, discovery, OpenAPI, keys. */

import { coreVersions, groupList, oneGroup, resourceList, version } from "../discovery/discovery.ts";
import type { Backend } from "../handlers/context.ts";
import { openApiIndex, openApiOf } from "../openapi/document.ts";

export type PlainAnswer = { body: object } | { text: string };

export interface PlainRequest {
  path: string;
  query: URLSearchParams;
  /** host:port of this server. */
  address: string;
}

const health = new Set(["/healthz", "/livez", "/readyz"]);

/** Paths that answer without credentials. */
export function isOpenPath(path: string): boolean {
  return path === "/version" || [...health].some((one) => path === one || path.startsWith(`${one}/`));
}

function discovery(backend: Backend, segments: readonly string[], address: string): object | undefined {
  const [root, first, second] = segments;
  if (root === "api") return first === undefined ? coreVersions(address) : resourceList(backend.registry, "", first);
  if (first === undefined) return groupList(backend.registry);
  return second === undefined ? oneGroup(backend.registry, first) : resourceList(backend.registry, first, second);
}

function bodyOf(backend: Backend, path: string, address: string): object | undefined {
  const segments = path.split("/").filter((segment) => segment !== "");
  if (path === "/version") return version;
  if (path === "/") return { paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"] };
  if (segments[0] === "api" || segments[0] === "apis") return discovery(backend, segments, address);
  if (path === "/openapi/v3") return openApiIndex(backend);
  if (path.startsWith("/openapi/v3/")) return openApiOf(backend, path.slice("/openapi/v3/".length));
  if (path === "/openid/v1/jwks") return backend.tokens.jwks();
  if (path === "/.well-known/openid-configuration") {
    const { issuer } = backend.tokens;
    return {
      issuer,
      jwks_uri: `https://${address}/openid/v1/jwks`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
    };
  }
  return undefined;
}

/** What can fail here: nothing but the server itself. */
const checks = ["ping", "log", "etcd"];

function healthText(path: string, query: URLSearchParams): string {
  if (query.get("verbose") === null) return "ok";
  const name = path.split("/")[1] ?? "";
  return [...checks.map((check) => `[+]${check} ok`), `${name} check passed`, ""].join("\n");
}

/** Whether a path that is not served is below an API that is: then the refusal is a Status. */
export function leadsToApi({ registry }: Backend, path: string): boolean {
  const [root, group] = path.split("/").filter((segment) => segment !== "");
  return root === "api" || (root === "apis" && registry.all().some((one) => one.group === group));
}

/** Undefined for a path that is not served. */
export function plainAnswer(backend: Backend, { path, query, address }: PlainRequest): PlainAnswer | undefined {
  if (isOpenPath(path) && path !== "/version") {
    const check = path.split("/")[2];
    return check === undefined || checks.includes(check) ? { text: healthText(path, query) } : undefined;
  }
  const body = bodyOf(backend, path, address);
  return body === undefined ? undefined : { body };
}
