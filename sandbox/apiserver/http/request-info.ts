/** What a request is about, read from its method and path (apiserver pkg/endpoints/request/requestinfo.go). */

export interface RequestInfo {
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  verb: string;
  path: string;
  isResource: boolean;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Path segments after the subresource. */
  rest: string[];
}

const none = {
  isResource: false,
  group: "",
  version: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  rest: [],
};

function verbOf(method: string, named: boolean, query: URLSearchParams): string {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return named ? "delete" : "deletecollection";
    case "GET":
    case "HEAD": {
      // As the real server: a watch may be narrowed to one object by path or by field selector.
      const watch = query.get("watch");
      if (watch !== null && watch !== "false" && watch !== "0") return "watch";
      return named ? "get" : "list";
    }
    default:
      return method.toLowerCase();
  }
}

/** Decodes one path segment; a malformed escape stays as it is and so names nothing. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function readRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const segments = path
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeSegment);
  const plain: RequestInfo = { ...none, verb: method.toLowerCase(), path };
  const isCore = segments[0] === "api";
  if ((!isCore && segments[0] !== "apis") || segments.length < (isCore ? 3 : 4)) return plain;
  const group = isCore ? "" : (segments[1] ?? "");
  const version = (isCore ? segments[1] : segments[2]) ?? "";
  let parts = segments.slice(isCore ? 2 : 3);
  let namespace = "";
  const ownSubresource = parts[0] === "namespaces" && ["status", "finalize"].includes(parts[2] ?? "");
  if (parts[0] === "namespaces" && parts.length > 2 && !ownSubresource) {
    namespace = parts[1] ?? "";
    parts = parts.slice(2);
  } else if (parts[0] === "namespaces" && parts.length > 1) {
    namespace = parts[1] ?? "";
  }
  const [resource = "", name = "", subresource = "", ...rest] = parts;
  const verb = verbOf(method, name !== "", query);
  return { verb, path, isResource: true, group, version, resource, subresource, namespace, name, rest };
}

/** The name that a right is asked for: a list or watch of one object by field selector is about that object. */
export function nameForRights({ verb, name }: RequestInfo, query: URLSearchParams): string {
  if (name !== "" || !["list", "watch", "deletecollection"].includes(verb)) return name;
  return /(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(query.get("fieldSelector") ?? "")?.[1] ?? "";
}
