/** Custom resources: defaults, pruning, validation, CEL rules, tables. */
import { expect } from "vitest";
import type { Resource } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import { gadgetDefinition } from "../gadgets.ts";
import type { HttpAnswer, Status } from "../http.ts";

interface Gadget {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

interface Ground {
  resource: Resource<Gadget>;
  path: string;
  send: (spec: Record<string, unknown>, query?: string) => Promise<HttpAnswer<Status>>;
  make: (spec: Record<string, unknown>, name?: string) => Promise<Gadget>;
}

/** A kind of its own, served. */
async function gadgets(bench: Bench): Promise<Ground> {
  const { http, kube, namespace } = bench;
  const group = `${namespace}.example.com`;
  const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const made = await http<Status>({ method: "POST", path: crds, body: gadgetDefinition(group) });
  expect(made.body.message).toBeUndefined();
  const resource: Resource<Gadget> = { group, version: "v1", plural: "gadgets", kind: "Gadget", namespaced: true };
  const path = `/apis/${group}/v1/namespaces/${namespace}/gadgets`;
  await bench.until("the kind is served", async () => {
    const { code } = await http({ method: "POST", path: `${path}?dryRun=All`, body: object({ max: 3 }, "probe") });
    return code === 201;
  });
  function object(spec: Record<string, unknown>, name: string): Gadget {
    return { apiVersion: `${group}/v1`, kind: "Gadget", metadata: { name }, spec };
  }
  return {
    resource,
    path,
    send: (spec, query = "dryRun=All") => http({ method: "POST", path: `${path}?${query}`, body: object(spec, "one") }),
    make: (spec, name = "one") => kube.create(resource, { metadata: { name, namespace }, spec }),
  };
}

/** Specs that are refused, and why. */
const refused: { what: string; spec: Record<string, unknown>; message: RegExp }[] = [
  { what: "a required field that is missing", spec: {}, message: /spec\.max: Required value/ },
  {
    what: "a value of another type",
    spec: { max: "three" },
    message: /spec\.max: Invalid value: "string": spec\.max in body must be of type integer: "string"/,
  },
  {
    what: "a number below its minimum",
    spec: { max: 3, min: -1 },
    message: /spec\.min: Invalid value: -1: spec\.min in body should be greater than or equal to 0/,
  },
  {
    what: "a value outside its enum",
    spec: { max: 3, mode: "odd" },
    message: /spec\.mode: Unsupported value: "odd": supported values: "fixed", "free"/,
  },
  {
    what: "an item that misses its pattern",
    spec: { max: 3, items: ["X1"] },
    message: /spec\.items\[0\]: Invalid value: "X1": spec\.items\[0\] in body should match '\^\[a-z\]\+\$'/,
  },
  {
    what: "a list that is too long",
    spec: { max: 3, items: ["x", "x", "x", "x", "x", "x"] },
    message: /spec\.items: Too many: 6: must have at most 5 items/,
  },
  {
    what: "a rule with a message",
    spec: { max: 3, min: 4 },
    message: /Gadget\.\S+ "one" is invalid: spec: Invalid value: min must not exceed max/,
  },
  {
    what: "a rule with a field path and a reason",
    spec: { max: 3, mode: "fixed" },
    message: /spec\.mode: Forbidden: failed rule: !has\(self\.mode\)/,
  },
  {
    what: "a rule whose message is an expression",
    spec: { max: 3, items: ["y"] },
    message: /spec\.items: Invalid value: items must start with x, not y/,
  },
];

const refusals: Case[] = refused.map(({ what, spec, message }) => ({
  name: `a custom resource is refused for ${what}`,
  async run(bench) {
    const { send } = await gadgets(bench);
    const { code, body } = await send(spec);
    expect(body.message).toMatch(message);
    expect(code).toBe(422);
  },
}));

export const customCases: readonly Case[] = [
  {
    name: "defaults are filled in where the parent is there, unknown fields are pruned",
    async run(bench) {
      const { make } = await gadgets(bench);
      const made = await make({ max: 3, deep: {}, typo: 1, open: { any: { thing: 1 } }, map: { a: 1 }, port: "http" });
      expect(made.spec).toEqual({
        min: 1,
        max: 3,
        deep: { on: true },
        open: { any: { thing: 1 } },
        map: { a: 1 },
        port: "http",
      });
      expect((await make({ max: 3 }, "two")).spec).toEqual({ min: 1, max: 3 });
    },
  },
  {
    name: "unknown fields of a custom resource: refused when strict, told when warning",
    async run(bench) {
      const { send } = await gadgets(bench);
      const strict = await send({ max: 3, typo: 1 }, "dryRun=All&fieldValidation=Strict");
      expect([strict.code, strict.body.message]).toEqual([
        400,
        expect.stringContaining('strict decoding error: unknown field "spec.typo"') as string,
      ]);
      const warn = await send({ max: 3, typo: 1 }, "dryRun=All&fieldValidation=Warn");
      expect([warn.code, warn.warnings]).toEqual([201, ['unknown field "spec.typo"']]);
    },
  },
  ...refusals,
  {
    name: "a rule may use Kubernetes' own functions: quantity()",
    async run(bench) {
      const { send } = await gadgets(bench);
      expect((await send({ max: 3, size: "1Gi" })).code).toBe(201);
      const { code, body } = await send({ max: 3, size: "1Mi" });
      expect([code, body.message]).toEqual([422, expect.stringContaining("size must be at least 1Gi") as string]);
    },
  },
  {
    name: "a transition rule judges updates only",
    async run(bench) {
      const { make, resource } = await gadgets(bench);
      await make({ max: 3, name: "first" });
      const ref = { namespace: bench.namespace, name: "one" };
      const change = (spec: object) => bench.kube.patch(resource, ref, { type: "merge", body: { spec } });
      expect((await change({ max: 4 })).spec).toMatchObject({ max: 4 });
      await expect(change({ name: "second" })).rejects.toMatchObject({
        code: 422,
        message: expect.stringMatching(/spec\.name: Invalid value: .*name cannot be changed/) as string,
      });
    },
  },
  {
    name: "a custom resource's generation follows its spec, its status has a life of its own",
    async run(bench) {
      const { make, resource } = await gadgets(bench);
      await make({ max: 3 });
      const ref = { namespace: bench.namespace, name: "one" };
      const patch = (body: object) => bench.kube.patch(resource, ref, { type: "merge", body });
      expect((await patch({ status: { seen: 1 } })).status).toBeUndefined();
      const noted = await bench.kube.patchStatus(resource, ref, {
        type: "merge",
        body: { status: { seen: 2 }, spec: { max: 9 } },
      });
      expect([noted.spec?.max, noted.status, noted.metadata.generation]).toEqual([3, { seen: 2 }, 1]);
      expect((await patch({ metadata: { labels: { a: "b" } } })).metadata.generation).toBe(1);
      expect((await patch({ spec: { max: 5 } })).metadata.generation).toBe(2);
    },
  },
  {
    name: "kubectl prints the columns of a custom resource, by its short name too, wide ones on demand",
    async run(bench) {
      const { make, resource } = await gadgets(bench);
      await make({ max: 3, mode: "free" });
      const names = `${resource.plural}.${resource.group}`;
      const plain = await bench.kubectl(["get", names]);
      expect(plain.split("\n").map((line) => line.split(/\s+/).slice(0, 3))).toMatchObject([
        ["NAME", "MODE", "AGE"],
        ["one", "free", expect.stringMatching(/^\d+s$/) as string],
        [""],
      ]);
      expect((await bench.kubectl(["get", names, "-o", "wide"])).split("\n")[0]?.split(/\s+/)).toEqual([
        "NAME",
        "MODE",
        "MAX",
        "AGE",
      ]);
    },
  },
  {
    name: "server-side apply of a custom resource keeps what others own",
    async run(bench) {
      const { path, make } = await gadgets(bench);
      await make({ max: 3, mode: "free" });
      const call = { method: "PATCH", path: `${path}/one?fieldManager=a`, contentType: "application/apply-patch+yaml" };
      const body = (spec: object) => ({
        apiVersion: path.split("/").slice(2, 4).join("/"),
        kind: "Gadget",
        metadata: { name: "one" },
        spec,
      });
      const added = await bench.http<Gadget & Status>({ ...call, body: body({ reason: "mine" }) });
      expect(added.body.spec).toEqual({ min: 1, max: 3, mode: "free", reason: "mine" });
      const conflict = await bench.http({ ...call, body: body({ max: 5 }) });
      expect([conflict.code, conflict.body.message]).toEqual([
        409,
        expect.stringMatching(
          /^Apply failed with 1 conflict: conflict with "conformance" using .*: \.spec\.max$/,
        ) as string,
      ]);
    },
  },
  {
    name: "a definition that is deleted takes its objects along",
    async run(bench) {
      const { make, resource, path } = await gadgets(bench);
      await make({ max: 3 });
      await bench.kubectl(["delete", "crd", `gadgets.${resource.group}`, "--wait=false"]);
      await bench.until("the kind is gone", async () => (await bench.http({ path })).code === 404);
    },
  },
];
