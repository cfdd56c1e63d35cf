/** Whose word counts when the path, the query and the body of a request differ. */
import { expect } from "vitest";
import { configMaps, nodes, pods } from "../../../src/kube/resources.ts";
import type { Bench, Case } from "../case.ts";
import type { HttpRequest } from "../http.ts";
import { aConfigMap, idlePod } from "../objects.ts";
import { failure, makeOne, one } from "../writes.ts";

const pathOf = ({ namespace }: Bench, name = "one"): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;

function apply(bench: Bench, body: unknown, name = "one") {
  const path = `${pathOf(bench, name)}?fieldManager=a`;
  return bench.http({ method: "PATCH", path, body, contentType: "application/apply-patch+yaml" });
}

async function codeAndWords({ http }: Bench, call: HttpRequest): Promise<[number, string | undefined]> {
  const { code, body } = await http(call);
  return [code, body.message];
}

const mismatch = "the namespace of the provided object does not match the namespace sent on the request";

export const optionCases: readonly Case[] = [
  {
    name: "a deletion with a body heeds nothing of its query: no dry run",
    async run(bench) {
      await makeOne(bench);
      const query = `${pathOf(bench)}?dryRun=All`;
      expect((await bench.http({ method: "DELETE", path: query })).code).toBe(200);
      expect((await failure(bench.kube.get(configMaps, one(bench)))).code).toBe(200);
      expect((await bench.http({ method: "DELETE", path: query, body: {} })).code).toBe(200);
      expect((await failure(bench.kube.get(configMaps, one(bench)))).code).toBe(404);
    },
  },
  {
    name: "a deletion with a body heeds nothing of its query: no grace period",
    async run(bench) {
      const nodeName = `${bench.namespace}-off`;
      await bench.kube.create(nodes, { metadata: { name: nodeName } });
      await bench.kube.create(pods, idlePod(bench, "one", { nodeName, terminationGracePeriodSeconds: 100 }));
      const path = `/api/v1/namespaces/${bench.namespace}/pods/one?gracePeriodSeconds=0`;
      await bench.http({ method: "DELETE", path, body: { kind: "DeleteOptions", apiVersion: "v1" } });
      expect((await bench.kube.get(pods, one(bench))).metadata.deletionGracePeriodSeconds).toBe(100);
      await bench.http({ method: "DELETE", path });
      expect((await failure(bench.kube.get(pods, one(bench)))).code).toBe(404);
      await bench.kube.delete(nodes, { name: nodeName });
    },
  },
  {
    name: "options of a deletion that cannot be read or go against each other delete nothing",
    async run(bench) {
      await makeOne(bench);
      const call = { method: "DELETE", path: pathOf(bench) };
      expect(await codeAndWords(bench, { ...call, path: `${call.path}?gracePeriodSeconds=abc` })).toEqual([
        400,
        'strconv.ParseInt: parsing "abc": invalid syntax',
      ]);
      const body = { orphanDependents: true, propagationPolicy: "Background" };
      expect(await codeAndWords(bench, { ...call, body })).toEqual([
        422,
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Background": orphanDependents and deletionPropagation cannot be both set',
      ]);
      expect((await failure(bench.kube.get(configMaps, one(bench)))).code).toBe(200);
    },
  },
  {
    name: "nothing is deleted from all namespaces at once",
    async run(bench) {
      // The selectors match nothing: a server that obeys does no harm.
      const query = "?labelSelector=example.com/nobody%3Dthis";
      for (const path of ["/api/v1/configmaps", "/apis/apps/v1/daemonsets", "/api/v1/namespaces"])
        expect([path, (await bench.http({ method: "DELETE", path: `${path}${query}` })).code]).toEqual([path, 405]);
      const { body } = await bench.http<{ resources: { name: string; verbs: string[] }[] }>({ path: "/api/v1" });
      const verbs = (name: string) => body.resources.find((each) => each.name === name)?.verbs;
      expect(verbs("configmaps")).toContain("deletecollection");
      expect(verbs("namespaces")).not.toContain("deletecollection");
    },
  },
  {
    name: "what is applied is of the kind, the name and the namespace of its path",
    async run(bench) {
      const object = aConfigMap(bench, "one");
      const told = async (body: unknown) => {
        const { code, body: answer } = await apply(bench, body);
        return [code, answer.message];
      };
      expect(await told({ ...object, kind: "Secret" })).toEqual([400, "invalid object type: /v1, Kind=Secret"]);
      expect(await told({ ...object, apiVersion: "v2" })).toEqual([400, "invalid object type: /v2, Kind=ConfigMap"]);
      await apply(bench, object);
      expect(await told({ metadata: {} })).toEqual([400, "invalid object type: /, Kind="]);
      expect(await told(aConfigMap(bench, "two"))).toEqual([
        400,
        "the name of the object (two) does not match the name on the URL (one)",
      ]);
      expect(await told(aConfigMap({ ...bench, namespace: "other" }, "one"))).toEqual([400, mismatch]);
    },
  },
  {
    name: "a uid in what is applied is a precondition, a version only where the object exists",
    async run(bench) {
      const object = aConfigMap(bench, "one");
      const fenced = (field: object) => ({ ...object, metadata: { ...object.metadata, ...field } });
      const early = await apply(bench, fenced({ uid: "abc" }));
      expect([early.code, early.body.message]).toEqual([
        409,
        'Operation cannot be fulfilled on configmaps "one": uid mismatch: the provided object specified uid abc, and no existing object was found',
      ]);
      expect((await apply(bench, fenced({ resourceVersion: "5" }))).code).toBe(201);
      expect((await apply(bench, fenced({ resourceVersion: "5" }))).code).toBe(409);
      const other = await apply(bench, fenced({ uid: "abc" }));
      expect([other.code, other.body.message]).toEqual([
        422,
        'ConfigMap "one" is invalid: metadata.uid: Invalid value: "abc": field is immutable',
      ]);
    },
  },
  {
    name: "an eviction is meant for a pod of the path's namespace",
    async run(bench) {
      await bench.kube.create(pods, idlePod(bench, "one"));
      const path = `/api/v1/namespaces/${bench.namespace}/pods/one/eviction`;
      const metadata = { name: "one", namespace: "other" };
      const body = { apiVersion: "policy/v1", kind: "Eviction", metadata };
      expect(await codeAndWords(bench, { method: "POST", path, body })).toEqual([400, mismatch]);
      expect((await failure(bench.kube.get(pods, one(bench)))).code).toBe(200);
    },
  },
  {
    name: "one object at a version: what cannot be read is 500, what is still to come 504",
    async run(bench) {
      await makeOne(bench);
      const told = async (version: string) =>
        (await bench.http({ path: `${pathOf(bench)}?resourceVersion=${version}` })).code;
      expect([await told("0"), await told("1"), await told("abc"), await told("999999999")]).toEqual([
        200, 200, 500, 504,
      ]);
    },
  },
  {
    name: "a JSON patch that moves a field into itself is 422",
    async run(bench) {
      await makeOne(bench);
      const body = [{ op: "move", from: "/data", path: "/data/x" }];
      const call = { method: "PATCH", path: pathOf(bench), body, contentType: "application/json-patch+json" };
      expect((await bench.http(call)).code).toBe(422);
    },
  },
];
