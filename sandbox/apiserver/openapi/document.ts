/** /openapi/v3: which documents there are, and the document of one group version. */
import { createHash } from "node:crypto";
import type { Backend } from "../handlers/context.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { apiVersionOf } from "../registry/resource-info.ts";

function pathOf(resource: { group: string; version: string }): string {
  return `${resource.group === "" ? "api" : "apis"}/${apiVersionOf(resource)}`;
}

/** The answer to GET /openapi/v3. The hash in each URL lets clients keep what they have. */
export function openApiIndex(backend: Backend): object {
  const paths: Record<string, object> = {};
  for (const path of new Set(backend.registry.all().map(pathOf))) {
    const hash = createHash("sha256")
      .update(JSON.stringify(openApiOf(backend, path)))
      .digest("hex")
      .toUpperCase();
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

function operations(resource: ResourceInfo): [string, object] {
  const { group, version, kind, plural, namespaced } = resource;
  const gvk = { group, version, kind };
  const query = (name: string) => ({ name, in: "query", schema: { type: "string", uniqueItems: true } });
  const parameters = ["dryRun", "fieldManager", "fieldValidation"].map(query);
  const body = {
    content: {
      "application/apply-patch+yaml": { schema: {} },
      "application/json-patch+json": { schema: {} },
      "application/merge-patch+json": { schema: {} },
    },
  };
  const write = { parameters, "x-kubernetes-group-version-kind": gvk, responses: { "200": { description: "OK" } } };
  const path = `/${pathOf(resource)}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`;
  return [path, { put: write, patch: { ...write, requestBody: body }, "x-kubernetes-group-version-kind": gvk }];
}

/** One document, or undefined when nothing is served under that path. */
export function openApiOf(backend: Backend, path: string): object | undefined {
  const resources = backend.registry.all().filter((one) => pathOf(one) === path);
  if (resources.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.33.0+operarius-sandbox" },
    paths: Object.fromEntries(resources.map(operations)),
    components: { schemas: {} },
  };
}
