/** Creation and updates: what they answer and when they are refused. */

import type { ConfigMap } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { configMaps } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import type { Case } from "../case.ts";
import { aConfigMap } from "../objects.ts";
import { failure, makeOne, modified, one } from "../writes.ts";

export const writingCases: readonly Case[] = [
  {
    name: "creating what exists is 409 AlreadyExists",
    async run(bench) {
      await makeOne(bench);
      expect(await failure(makeOne(bench))).toMatchObject({
        code: 409,
        reason: "AlreadyExists",
        message: 'configmaps "one" already exists',
      });
    },
  },
  {
    name: "generateName makes a name of its own; the answer is 201",
    async run(bench) {
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps`;
      const body = { metadata: { generateName: "one-" } };
      const { code, body: made } = await bench.http<Live<ConfigMap>>({ method: "POST", path, body });
      expect(code).toBe(201);
      expect(made.metadata.name).toMatch(/^one-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    },
  },
  {
    name: "what is created carries no resourceVersion",
    async run(bench) {
      const object = aConfigMap(bench, "one");
      const given = { ...object, metadata: { ...object.metadata, resourceVersion: "5" } };
      expect(await failure(bench.kube.create(configMaps, given))).toMatchObject({
        code: 500,
        message: "resourceVersion should not be set on objects to be created",
      });
    },
  },
  {
    name: "an object for a namespace that does not exist is 404",
    async run(bench) {
      const object = { ...aConfigMap(bench, "one"), metadata: { name: "one", namespace: "no-such-place" } };
      expect(await failure(bench.kube.create(configMaps, object))).toMatchObject({
        code: 404,
        message: 'namespaces "no-such-place" not found',
      });
    },
  },
  {
    name: "an update of a stale version is 409, one without a version is not",
    async run(bench) {
      const first = await makeOne(bench);
      await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { data: { a: "2" } } });
      expect(await failure(bench.kube.replace(configMaps, { ...first, data: { a: "3" } }))).toMatchObject({
        code: 409,
        reason: "Conflict",
        message: modified('configmaps "one"'),
      });
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps/one`;
      const body = { metadata: { name: "one" }, data: { a: "4" } };
      expect((await bench.http({ method: "PUT", path, body })).code).toBe(200);
    },
  },
  {
    name: "an update with another uid is 409 with the uid's precondition",
    async run(bench) {
      const first = await makeOne(bench);
      const other = { ...first, metadata: { ...first.metadata, uid: "b5b3b6a8-0000-4000-8000-000000000000" } };
      const failed = await failure(bench.kube.replace(configMaps, other));
      expect(failed.code).toBe(409);
      expect(failed.message).toContain(
        "Precondition failed: UID in precondition: b5b3b6a8-0000-4000-8000-000000000000",
      );
    },
  },
  {
    name: "a write that changes nothing leaves resourceVersion and managedFields alone",
    async run(bench) {
      const first = await makeOne(bench);
      const again = await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { data: { a: "1" } } });
      expect(again.metadata).toEqual(first.metadata);
    },
  },
  {
    name: "a dry run answers as the write would, and stores nothing",
    async run(bench) {
      const made = await bench.kube.create(configMaps, aConfigMap(bench, "one"), { dryRun: true });
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect((await failure(bench.kube.get(configMaps, one(bench)))).code).toBe(404);
      const kept = await makeOne(bench);
      await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { data: { a: "2" } } }, { dryRun: true });
      await bench.kube.delete(configMaps, one(bench), { dryRun: true });
      expect((await bench.kube.get(configMaps, one(bench))).metadata).toEqual(kept.metadata);
    },
  },
];
