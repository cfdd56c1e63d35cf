/** What a patch may not do, and what becomes of fields that a kind does not have. */
import { expect } from "vitest";
import { configMaps, daemonSets } from "../../../src/kube/resources.ts";
import type { Bench, Case } from "../case.ts";
import { aDaemonSet } from "../objects.ts";
import { agent, makeOne, one } from "../writes.ts";

type PatchType = "json" | "merge" | "strategic";

const types: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

function send(bench: Bench, type: PatchType, body: unknown, query = "") {
  const path = `/api/v1/namespaces/${bench.namespace}/configmaps/one${query}`;
  return bench.http({ method: "PATCH", path, contentType: types[type], body });
}

function sendSet(bench: Bench, body: unknown) {
  const path = `/apis/apps/v1/namespaces/${bench.namespace}/daemonsets/agent`;
  return bench.http({ method: "PATCH", path, contentType: types.strategic, body });
}

export const patchRefusalCases: readonly Case[] = [
  {
    name: "a JSON patch that cannot be carried out is 422, and says no more",
    async run(bench) {
      await makeOne(bench);
      const patches = [
        { op: "test", path: "/data/a", value: "x" },
        { op: "remove", path: "/data/none" },
        { op: "add", path: "/none/x", value: "x" },
        { op: "move", from: "/none", path: "/data/b" },
        { op: "nonsense", path: "/data/a" },
        { path: "/data/a" },
      ];
      for (const operation of patches) {
        const { code, body } = await send(bench, "json", [operation]);
        expect([operation, code, body.reason, body.message]).toEqual([
          operation,
          422,
          "Invalid",
          "the server rejected our request due to an error in our request",
        ]);
      }
      expect((await bench.kube.get(configMaps, one(bench))).data).toEqual({ a: "1" });
    },
  },
  {
    name: "a JSON patch replaces what was not there, copies what is not there as nothing",
    async run(bench) {
      await makeOne(bench);
      await send(bench, "json", [{ op: "replace", path: "/data/b", value: "2" }]);
      await send(bench, "json", [{ op: "copy", from: "/data/none", path: "/data/c" }]);
      expect((await bench.kube.get(configMaps, one(bench))).data).toEqual({ a: "1", b: "2", c: "" });
    },
  },
  {
    name: "patches that cannot be read are 400, each type in its own words",
    async run(bench) {
      await makeOne(bench);
      const told = async (type: PatchType, body: string) => (await send(bench, type, body)).body.message;
      expect(await told("json", '{"a":1}')).toBe(
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
      );
      expect(await told("json", "bad")).toBe(
        "error decoding patch: invalid character 'b' looking for beginning of value",
      );
      expect(await told("merge", "[1]")).toBe(
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
      );
      expect(await told("strategic", "bad")).toBe("invalid character 'b' looking for beginning of value");
    },
  },
  {
    name: "a patch that leaves values of the wrong type is 422 about the patch",
    async run(bench) {
      await makeOne(bench);
      const merged = await send(bench, "merge", { data: { a: 5 } });
      expect([merged.code, merged.body.message]).toEqual([
        422,
        expect.stringMatching(
          /^ "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal number into Go struct field ConfigMap\.data of type string$/,
        ) as string,
      ]);
      const strategic = await send(bench, "strategic", { data: { a: 5 } });
      expect(strategic.body.message).toBe(
        ' "" is invalid: patch: Invalid value: "map[data:map[a:5]]": cannot convert int64 to string',
      );
    },
  },
  {
    name: "a patch keeps the name of its object",
    async run(bench) {
      await makeOne(bench);
      const other = await send(bench, "merge", { metadata: { name: "x" } });
      expect([other.code, other.body.message]).toEqual([
        400,
        "the name of the object (x) does not match the name on the URL (one)",
      ]);
      const none = await send(bench, "merge", { metadata: null });
      expect(none.body.message).toBe(
        "the name of the object (one based on URL) was undeterminable: name must be provided",
      );
    },
  },
  {
    name: "unknown fields in a patch are told, and never stored",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const { code, warnings } = await sendSet(bench, { nope: 1, spec: { typo: 2, minReadySeconds: 3 } });
      expect([code, warnings.toSorted()]).toEqual([200, ['unknown field "nope"', 'unknown field "spec.typo"']]);
      const { spec, nope } = (await bench.kube.get(daemonSets, agent(bench))) as { spec?: object; nope?: unknown };
      expect(nope).toBeUndefined();
      expect(spec).toMatchObject({ minReadySeconds: 3 });
      expect(spec).not.toHaveProperty("typo");
    },
  },
  {
    name: "a strategic patch without its merge key, or with a directive that there is not, is 500",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const containers = (item: object) => ({ spec: { template: { spec: { containers: [item] } } } });
      const keyless = await sendSet(bench, containers({ image: "x" }));
      expect([keyless.code, keyless.body.message]).toEqual([
        500,
        "map: map[image:x] does not contain declared merge key: name",
      ]);
      const unknown = await sendSet(bench, containers({ name: "main", $patch: "nope" }));
      expect(unknown.body.message).toBe("unknown patch type: nope in map: map[$patch:nope name:main]");
    },
  },
  {
    name: "metadata that no object can have: owners, finalizers, labels",
    async run(bench) {
      await makeOne(bench);
      const told = async (metadata: object) => (await send(bench, "merge", { metadata })).body.message;
      expect(await told({ finalizers: ["x"] })).toBe(
        'ConfigMap "one" is invalid: metadata.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
      );
      expect(await told({ ownerReferences: [{ name: "x" }] })).toBe(
        'ConfigMap "one" is invalid: [metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty, metadata.ownerReferences.kind: Invalid value: "": must not be empty, metadata.ownerReferences.uid: Invalid value: "": must not be empty]',
      );
      expect(await told({ labels: { a: "b c" } })).toMatch(
        /^ConfigMap "one" is invalid: metadata.labels: Invalid value: "b c": a valid label must be an empty string/,
      );
    },
  },
];
