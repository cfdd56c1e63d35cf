import { describe, expect, it } from "vitest";
import { collectionPath, objectPath, withQuery } from "./paths.ts";
import { configMaps, jobs, nodes } from "./resources.ts";

describe("paths", () => {
  it("follow group, version and scope", () => {
    expect(collectionPath(configMaps, undefined)).toBe("/api/v1/configmaps");
    expect(collectionPath(jobs, "ns")).toBe("/apis/batch/v1/namespaces/ns/jobs");
    expect(collectionPath(nodes, "ignored")).toBe("/api/v1/nodes");
    expect(objectPath(jobs, { namespace: "ns", name: "j" }, "status")).toBe(
      "/apis/batch/v1/namespaces/ns/jobs/j/status",
    );
    expect(objectPath(nodes, { name: "ä ?#" })).toBe("/api/v1/nodes/%C3%A4%20%3F%23");
  });

  it("take a query after one that is there already", () => {
    expect(withQuery("/x", { a: undefined, b: "" })).toBe("/x");
    expect(withQuery("/x?a=1", { b: "&=", c: false, d: 0 })).toBe("/x?a=1&b=%26%3D&c=false&d=0");
  });
});
