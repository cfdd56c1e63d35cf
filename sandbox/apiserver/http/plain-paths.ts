/** Paths that are about no object: health, version, discovery, OpenAPI, keys. */

import { coreVersions, groupList, oneGroup, resourceList, version } from "../discovery/discovery.ts";
import type { Backend } from "../handlers/context.ts";
import { openApiIndex, openApiOf } from "../openapi/document.ts";

export interface PlainAnswer {
  type: "application/json" | "text/plain";
  text: string;
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

/** Undefined for a path that is not served. */
export function plainAnswer(backend: Backend, path: string, address: string): PlainAnswer | undefined {
  if (isOpenPath(path) && path !== "/version") return { type: "text/plain", text: "ok" };
  const body = bodyOf(backend, path, address);
  return body === undefined ? undefined : { type: "application/json", text: JSON.stringify(body) };
}
