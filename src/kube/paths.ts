/** Where things are served: paths and queries of the Kubernetes API. */
import { StatusError } from "./errors.ts";
import type { Ref, Resource } from "./types.ts";

type Query = Record<string, string | number | boolean | undefined>;

/** "v1" or "apps/v1". */
export function apiVersion(resource: Resource<unknown>): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** All objects of a kind, in one namespace or (absent) everywhere. */
export function collectionPath(resource: Resource<unknown>, namespace: string | undefined): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace, "namespaces")}` : "";
  return `${root}${scope}/${resource.plural}`;
}

/** One object. Throws `StatusError` 400 for a name that no object can have: an empty one would address them all. */
export function objectPath(resource: Resource<unknown>, ref: Ref, subresource?: string): string {
  if (resource.namespaced && ref.namespace === undefined) {
    throw badRequest(`no namespace was given for ${resource.plural} "${ref.name}"`);
  }
  const path = `${collectionPath(resource, ref.namespace)}/${segment(ref.name, resource.plural)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Where a new object is posted to: the collection in the namespace it names. Throws `StatusError` 400 without one. */
export function newObjectPath(resource: Resource<unknown>, object: unknown): string {
  const { metadata } = (object ?? {}) as { metadata?: { namespace?: string; name?: string } };
  if (resource.namespaced && !metadata?.namespace) {
    throw badRequest(`no namespace was given for ${resource.plural} "${metadata?.name ?? ""}"`);
  }
  return collectionPath(resource, metadata?.namespace);
}

/** The path with the defined entries of `query` appended, percent-encoded. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  if (pairs.length === 0) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${pairs.join("&")}`;
}

/** The longest name that any object has; a longer one would only make the path too long for the server. */
const LONGEST_NAME = 253;

/** Whether an object can have this name at all; the rule of k8s.io/apimachinery validation/path. */
export function isObjectName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && name.length <= LONGEST_NAME && !/[/%]/.test(name);
}

/** Other names would change the meaning of the path. */
function segment(name: string, plural: string): string {
  if (!isObjectName(name)) throw badRequest(`"${name.slice(0, 100)}" cannot be a name in ${plural}`);
  return encodeURIComponent(name);
}

function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: "BadRequest", message });
}
