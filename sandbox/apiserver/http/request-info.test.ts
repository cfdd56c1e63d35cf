import { expect, test } from "vitest";
import { readRequestInfo } from "./request-info.ts";

const none = { group: "", version: "", resource: "", subresource: "", namespace: "", name: "" };
const core = { ...none, isResource: true, version: "v1" };

test.each([
  ["GET", "/api/v1/pods", { ...core, verb: "list", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=1", { ...core, verb: "watch", resource: "pods" }],
  ["GET", "/api/v1/namespaces/a/pods/b", { ...core, verb: "get", resource: "pods", namespace: "a", name: "b" }],
  [
    "GET",
    "/api/v1/namespaces/a/pods/b/log",
    { ...core, verb: "get", resource: "pods", namespace: "a", name: "b", subresource: "log" },
  ],
  ["GET", "/api/v1/namespaces/a", { ...core, verb: "get", resource: "namespaces", namespace: "a", name: "a" }],
  [
    "PUT",
    "/api/v1/namespaces/a/finalize",
    { ...core, verb: "update", resource: "namespaces", namespace: "a", name: "a", subresource: "finalize" },
  ],
  [
    "DELETE",
    "/apis/apps/v1/namespaces/a/daemonsets",
    { ...core, group: "apps", verb: "deletecollection", resource: "daemonsets", namespace: "a" },
  ],
  [
    "PATCH",
    "/apis/apps/v1/namespaces/a/daemonsets/b%2Fc",
    { ...core, group: "apps", verb: "patch", resource: "daemonsets", namespace: "a", name: "b/c" },
  ],
  ["GET", "/apis/apps/v1", { ...none, isResource: false, verb: "get" }],
  ["GET", "/healthz", { ...none, isResource: false, verb: "get" }],
  ["GET", "/api/v1/nodes/%", { ...core, verb: "get", resource: "nodes", name: "%" }],
])("%s %s", (method, url, want) => {
  const [path = "", search = ""] = url.split("?");
  expect(readRequestInfo(method, path, new URLSearchParams(search))).toMatchObject(want);
});
