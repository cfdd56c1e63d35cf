/** What every handler may use. */
import type { Admission } from "../admission/admission.ts";
import type { Authenticator } from "../authn/authenticate.ts";
import type { TokenIssuer } from "../authn/service-account-tokens.ts";
import type { User } from "../authn/user.ts";
import type { Authorizer } from "../authz/rbac.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { KubeObject } from "../object.ts";
import type { Registry } from "../registry/registry.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import type { SnapshotCache } from "../storage/snapshots.ts";
import type { Store } from "../storage/store.ts";

/** The server's parts. */
export interface Backend {
  store: Store;
  registry: Registry;
  admission: Admission;
  authorizer: Authorizer;
  authenticator: Authenticator;
  tokens: TokenIssuer;
  snapshots: SnapshotCache;
}

/** One request to one resource. */
export interface Call {
  backend: Backend;
  info: RequestInfo;
  resource: ResourceInfo;
  query: URLSearchParams;
  user: User;
  userAgent: string;
  /** The body as text; "" when there is none. */
  body: string;
  contentType: string;
  accept: string;
}

export interface Answer {
  code: number;
  body: object;
  /** `body` is a stored object: its JSON may be remembered. */
  stable?: boolean;
  /** Sent as a Warning header, code 299. */
  warnings?: readonly string[];
}

/** The manager of this request's fields: the parameter, else the first word of the user agent. */
export function managerOf(call: Call): string {
  return call.query.get("fieldManager") || (call.userAgent.split("/")[0] ?? "") || "unknown";
}

/** The object in the form of the served version. */
export function served(resource: ResourceInfo, object: KubeObject): KubeObject {
  return resource.convert === undefined ? object : resource.convert.fromStored(object);
}
