/** Resources that a CustomResourceDefinition adds while the server runs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestServer } from "./testing/serve.ts";
import { serve } from "./testing/serve.ts";

let cluster: TestServer;
const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const path = "/apis/example.com/v1/namespaces/default/widgets";

const spec = {
  type: "object",
  required: ["size"],
  properties: {
    size: { type: "integer", minimum: 1, maximum: 9 },
    color: { type: "string", enum: ["red", "blue"], default: "red" },
    tags: { type: "array", maxItems: 2, items: { type: "string", pattern: "^[a-z]+$" } },
    nested: { type: "object", properties: { on: { type: "boolean", default: true } } },
    port: { "x-kubernetes-int-or-string": true },
  },
};

const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget", shortNames: ["wd"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec, status: { type: "object", properties: { phase: { type: "string" } } } },
          },
        },
        additionalPrinterColumns: [
          { name: "Size", type: "integer", jsonPath: ".spec.size" },
          { name: "Phase", type: "string", jsonPath: ".status.phase" },
          { name: "Tags", type: "string", jsonPath: ".spec.tags[*]", priority: 1 },
        ],
      },
    ],
  },
};

beforeAll(async () => {
  cluster = await serve();
  expect((await cluster.call(path)).code).toBe(404);
  const made = await cluster.call(crdPath, post(crd));
  expect(
    made.json.status.conditions.map((one: { type: string; status: string }) => [one.type, one.status]),
  ).toContainEqual(["Established", "True"]);
});
afterAll(() => cluster.stop());

test("are found by discovery and OpenAPI", async () => {
  expect((await cluster.call("/apis/example.com/v1")).json.resources.map((one: { name: string }) => one.name)).toEqual([
    "widgets",
    "widgets/status",
  ]);
  expect(
    (await cluster.call("/openapi/v3/apis/example.com/v1")).json.components.schemas["com.example.v1.Widget"].properties
      .spec,
  ).toMatchObject({ required: ["size"] });
});

test("get their defaults, and only inside what is there", async () => {
  const made = await cluster.call(path, post({ metadata: { name: "plain" }, spec: { size: 3, nested: {} } }));
  expect(made.json.spec).toEqual({ size: 3, color: "red", nested: { on: true } });
  expect(made.json.metadata.generation).toBe(1);
});

test.each([
  ["a missing field", {}, "spec.size"],
  ["a number too small", { size: 0 }, "spec.size"],
  ["a number too large", { size: 10 }, "spec.size"],
  ["a wrong type", { size: "big" }, "spec.size"],
  ["a value that is not in the list", { size: 1, color: "green" }, "spec.color"],
  ["a pattern that does not match", { size: 1, tags: ["a", "B"] }, "spec.tags[1]"],
  ["too many items", { size: 1, tags: ["a", "b", "c"] }, "spec.tags"],
  ["neither number nor text", { size: 1, port: true }, "spec.port"],
])("are refused for %s", async (_, wrong, field) => {
  const answer = await cluster.call(path, post({ metadata: { name: "wrong" }, spec: wrong }));
  expect(answer.code).toBe(422);
  expect(answer.json.details.causes.map((cause: { field: string }) => cause.field)).toEqual([field]);
});

test("keep spec and status apart and print their columns", async () => {
  await cluster.call(
    path,
    post({ metadata: { name: "printed" }, spec: { size: 2, tags: ["a", "b"] }, status: { phase: "lost" } }),
  );
  const merge = { method: "PATCH", type: "application/merge-patch+json" };
  const status = await cluster.call(`${path}/printed/status`, {
    ...merge,
    body: JSON.stringify({ metadata: { labels: { a: "b" } }, spec: { size: 5 }, status: { phase: "Done" } }),
  });
  expect([
    status.json.spec.size,
    status.json.status.phase,
    status.json.metadata.labels,
    status.json.metadata.generation,
  ]).toEqual([2, "Done", undefined, 1]);
  const main = await cluster.call(`${path}/printed`, {
    ...merge,
    body: JSON.stringify({ spec: { size: 5 }, status: { phase: "Lost" } }),
  });
  expect([main.json.spec.size, main.json.status.phase, main.json.metadata.generation]).toEqual([5, "Done", 2]);
  const table = await cluster.call(`${path}/printed`, {
    headers: { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
  });
  expect(table.json.rows[0].cells).toEqual(["printed", 5, "Done", "a,b"]);
});

test("know no strategic merge patch", async () => {
  const answer = await cluster.call(`${path}/printed`, {
    method: "PATCH",
    type: "application/strategic-merge-patch+json",
    body: "{}",
  });
  expect(answer.code).toBe(415);
});

test("go with their definition", async () => {
  await cluster.call(`${crdPath}/widgets.example.com`, { method: "DELETE" });
  expect((await cluster.call(path)).code).toBe(404);
  await cluster.call(crdPath, post(crd));
  expect((await cluster.call(path)).json.items).toEqual([]);
});
