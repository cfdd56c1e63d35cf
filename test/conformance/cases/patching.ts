/** Every patch type, and what moves the generation. */

import { expect } from "vitest";
import { configMaps, daemonSets } from "../../../src/kube/resources.ts";
import type { JsonPatchOperation, Patch } from "../../../src/kube/types.ts";
import type { Case } from "../case.ts";
import { aConfigMap, aDaemonSet } from "../objects.ts";
import { agent, failure, makeOne, modified, one } from "../writes.ts";

/** Patches of a DaemonSet and whether its generation moves. */
const generations: { what: string; patch: Patch; moves: boolean }[] = [
  {
    what: "the template",
    moves: true,
    patch: { type: "merge", body: { spec: { template: { metadata: { annotations: { a: "b" } } } } } },
  },
  { what: "the update strategy", moves: true, patch: { type: "merge", body: { spec: { minReadySeconds: 5 } } } },
  { what: "a label", moves: false, patch: { type: "merge", body: { metadata: { labels: { a: "b" } } } } },
  { what: "an annotation", moves: false, patch: { type: "merge", body: { metadata: { annotations: { a: "b" } } } } },
  {
    what: "the status, through the object itself",
    moves: false,
    patch: { type: "merge", body: { status: { numberReady: 7 } } },
  },
  { what: "nothing", moves: false, patch: { type: "merge", body: {} } },
  {
    what: "a field to the value it has",
    moves: false,
    patch: { type: "json", operations: [{ op: "replace", path: "/spec/revisionHistoryLimit", value: 10 }] },
  },
];

const generationCases: Case[] = generations.map(({ what, patch, moves }) => ({
  name: `generation ${moves ? "rises" : "stays"} with a write of ${what}`,
  async run(bench) {
    const before = await bench.kube.create(daemonSets, aDaemonSet(bench));
    expect(before.metadata.generation).toBe(1);
    const after = await bench.kube.patch(daemonSets, agent(bench), patch);
    expect(after.metadata.generation).toBe(moves ? 2 : 1);
  },
}));

const jsonCases: { what: string; operations: JsonPatchOperation[]; code: number; message?: RegExp }[] = [
  {
    what: "whose test fails is 422 Invalid",
    operations: [
      { op: "test", path: "/metadata/uid", value: "somebody-else" },
      { op: "add", path: "/data/b", value: "2" },
    ],
    code: 422,
    message: /the server rejected our request due to an error in our request/,
  },
  {
    what: "that removes what is not there is 422 Invalid",
    operations: [{ op: "remove", path: "/data/none" }],
    code: 422,
    message: /the server rejected our request due to an error in our request/,
  },
  {
    what: "whose test holds is done",
    operations: [
      { op: "test", path: "/data/a", value: "1" },
      { op: "replace", path: "/data/a", value: "2" },
    ],
    code: 200,
  },
  {
    what: "that carries a stale resourceVersion is 409",
    operations: [
      { op: "replace", path: "/metadata/resourceVersion", value: "1" },
      { op: "replace", path: "/data/a", value: "2" },
    ],
    code: 409,
    message: /the object has been modified/,
  },
];

const jsonPatchCases: Case[] = jsonCases.map(({ what, operations, code, message = /succeeded/ }) => ({
  name: `a JSON patch ${what}`,
  async run(bench) {
    await makeOne(bench);
    const failed = await failure(bench.kube.patch(configMaps, one(bench), { type: "json", operations }));
    expect(failed.code).toBe(code);
    expect(failed.message).toMatch(message);
  },
}));

const otherPatches: Case[] = [
  {
    name: "merge, strategic and apply patches with a stale resourceVersion are 409",
    async run(bench) {
      const { metadata } = await makeOne(bench);
      await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { data: { a: "2" } } });
      const { resourceVersion } = metadata;
      const body = { metadata: { resourceVersion }, data: { a: "3" } };
      for (const type of ["merge", "strategic"] as const)
        expect(await failure(bench.kube.patch(configMaps, one(bench), { type, body }))).toMatchObject({
          code: 409,
          message: modified('configmaps "one"'),
        });
      const apply = {
        type: "apply",
        fieldManager: "x",
        force: true,
        body: { ...body, metadata: { name: "one", resourceVersion } },
      } as const;
      expect((await failure(bench.kube.patch(configMaps, one(bench), apply))).code).toBe(409);
    },
  },
  {
    name: "a merge patch with another uid is 422: the uid is immutable",
    async run(bench) {
      await makeOne(bench);
      const body = { metadata: { uid: "b5b3b6a8-0000-4000-8000-000000000000" }, data: { a: "3" } };
      const failed = await failure(bench.kube.patch(configMaps, one(bench), { type: "merge", body }));
      expect(failed.code).toBe(422);
      expect(failed.message).toMatch(
        /metadata.uid: Invalid value: "b5b3b6a8-0000-4000-8000-000000000000": field is immutable$/,
      );
    },
  },
  {
    name: "a patch of a type that nobody knows is 415, a strategic one of a custom resource too",
    async run(bench) {
      await makeOne(bench);
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps/one`;
      const call = { method: "PATCH", path, body: {}, contentType: "text/plain" };
      expect((await bench.http(call)).code).toBe(415);
      const custom = `/apis/openfero.io/v1alpha1/namespaces/${bench.namespace}/operariuses/none`;
      const strategic = "application/strategic-merge-patch+json";
      const { code, body } = await bench.http({ ...call, path: custom, contentType: strategic });
      expect([code, body.reason]).toEqual([415, "UnsupportedMediaType"]);
    },
  },
  {
    name: "a strategic patch merges containers by name, and knows $patch delete and replace",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const patch = async (spec: object) => {
        const body = { spec: { template: { spec } } };
        const { spec: after } = await bench.kube.patch(daemonSets, agent(bench), { type: "strategic", body });
        return after?.template.spec;
      };
      const names = (spec: { containers: { name: string; image?: string }[] } | undefined) =>
        spec?.containers.map(({ name, image }) => `${name}=${image}`);
      expect(names(await patch({ containers: [{ name: "side", image: "app:ok-9" }] }))).toEqual([
        "side=app:ok-9",
        "main=app:ok-1",
      ]);
      expect(names(await patch({ containers: [{ name: "main", image: "app:ok-2" }] }))).toEqual([
        "side=app:ok-9",
        "main=app:ok-2",
      ]);
      expect(names(await patch({ containers: [{ name: "side", $patch: "delete" }] }))).toEqual(["main=app:ok-2"]);
      const replaced = { $patch: "replace", containers: [{ name: "new", image: "app:ok-1" }] };
      const after = await patch(replaced);
      expect(names(after)).toEqual(["new=app:ok-1"]);
      expect(after?.nodeSelector).toBeUndefined();
    },
  },
  {
    name: "a strategic patch of a set adds to it, the new before the old",
    async run(bench) {
      const object = aConfigMap(bench, "one");
      const held = { ...object, metadata: { ...object.metadata, finalizers: ["example.com/1"] } };
      await bench.kube.create(configMaps, held);
      const body = { metadata: { finalizers: ["example.com/2"] } };
      const after = await bench.kube.patch(configMaps, one(bench), { type: "strategic", body });
      expect(after.metadata.finalizers).toEqual(["example.com/2", "example.com/1"]);
      await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { metadata: { finalizers: null } } });
    },
  },
  {
    name: "null in a merge patch removes, and a list is replaced as a whole",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const container = { name: "other", image: "app:ok-2" };
      const body = { spec: { template: { spec: { containers: [container], nodeSelector: null } } } };
      const { spec } = await bench.kube.patch(daemonSets, agent(bench), { type: "merge", body });
      expect(spec?.template.spec?.containers.map(({ name }) => name)).toEqual(["other"]);
      expect(spec?.template.spec?.nodeSelector).toBeUndefined();
    },
  },
];

export const patchingCases: readonly Case[] = [...otherPatches, ...jsonPatchCases, ...generationCases];
