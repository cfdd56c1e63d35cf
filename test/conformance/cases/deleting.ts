/** Deletion: preconditions, grace, finalizers. */

import { expect } from "vitest";
import { configMaps, nodes, pods } from "../../../src/kube/resources.ts";
import type { Case } from "../case.ts";
import { aConfigMap, idlePod } from "../objects.ts";
import { failure, makeOne, one } from "../writes.ts";

export const deletingCases: readonly Case[] = [
  {
    name: "a deletion with another uid or a stale version is 409 and deletes nothing",
    async run(bench) {
      const first = await makeOne(bench);
      const { uid, resourceVersion } = first.metadata;
      await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { data: { a: "2" } } });
      const other = "b5b3b6a8-0000-4000-8000-000000000000";
      const wrongUid = await failure(bench.kube.delete(configMaps, one(bench), { preconditions: { uid: other } }));
      expect(wrongUid).toMatchObject({ code: 409, reason: "Conflict" });
      expect(wrongUid.message).toBe(
        `Operation cannot be fulfilled on ConfigMap "one": the UID in the precondition (${other}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
      );
      const stale = await failure(
        bench.kube.delete(configMaps, one(bench), { preconditions: { uid, resourceVersion } }),
      );
      expect(stale).toMatchObject({ code: 409, reason: "Conflict" });
      expect(stale.message).toMatch(
        /the ResourceVersion in the precondition \(\d+\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
      );
      expect((await bench.kube.get(configMaps, one(bench))).metadata.uid).toBe(uid);
    },
  },
  {
    name: "the same preconditions on the deletion of a pod that must end first",
    async run(bench) {
      const { metadata } = await bench.kube.create(pods, idlePod(bench, "one", { nodeName: "n1" }));
      const preconditions = { uid: metadata.uid, resourceVersion: "1" };
      const stale = await failure(bench.kube.delete(pods, one(bench), { preconditions }));
      expect(stale).toMatchObject({ code: 409, reason: "Conflict" });
      const wrong = { uid: "b5b3b6a8-0000-4000-8000-000000000000" };
      expect((await failure(bench.kube.delete(pods, one(bench), { preconditions: wrong }))).code).toBe(409);
      expect((await bench.kube.get(pods, one(bench))).metadata.deletionTimestamp).toBeUndefined();
    },
  },
  {
    name: "a finalizer holds a deletion until it is taken away, and none can be added meanwhile",
    async run(bench) {
      const object = aConfigMap(bench, "one");
      await bench.kube.create(configMaps, {
        ...object,
        metadata: { ...object.metadata, finalizers: ["example.com/hold"] },
      });
      await bench.kube.delete(configMaps, one(bench));
      const held = await bench.kube.get(configMaps, one(bench));
      expect(held.metadata.deletionTimestamp).toMatch(/^\d{4}-/);
      expect(held.metadata.deletionGracePeriodSeconds).toBe(0);
      const more = { metadata: { finalizers: ["example.com/hold", "example.com/more"] } };
      const failed = await failure(bench.kube.patch(configMaps, one(bench), { type: "merge", body: more }));
      expect(failed.code).toBe(422);
      expect(failed.message).toContain(
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted",
      );
      await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { metadata: { finalizers: null } } });
      expect((await failure(bench.kube.get(configMaps, one(bench)))).code).toBe(404);
    },
  },
  {
    name: "force deletion does not take a finalizer away",
    async run(bench) {
      const pod = idlePod(bench, "one");
      await bench.kube.create(pods, { ...pod, metadata: { ...pod.metadata, finalizers: ["example.com/hold"] } });
      await bench.kubectl(["delete", "pod", "one", "--force", "--grace-period=0", "--wait=false"]);
      expect((await bench.kube.get(pods, one(bench))).metadata.deletionTimestamp).toBeDefined();
    },
  },
  {
    name: "a pod that was never bound is gone at once; a bound one gets its grace period first",
    async run(bench) {
      await bench.kube.create(pods, idlePod(bench, "one", { terminationGracePeriodSeconds: 100 }));
      await bench.kube.delete(pods, one(bench));
      expect((await failure(bench.kube.get(pods, one(bench)))).code).toBe(404);
      await bench.kube.create(nodes, { metadata: { name: `${bench.namespace}-off` } });
      const nodeName = `${bench.namespace}-off`;
      await bench.kube.create(pods, idlePod(bench, "one", { nodeName, terminationGracePeriodSeconds: 100 }));
      await bench.kube.delete(pods, one(bench));
      const { metadata } = await bench.kube.get(pods, one(bench));
      expect(metadata.deletionGracePeriodSeconds).toBe(100);
      const remaining = Date.parse(metadata.deletionTimestamp ?? "") - Date.now();
      expect(remaining).toBeGreaterThan(90_000);
      expect(remaining).toBeLessThan(101_000);
      // A later deletion can shorten the time, not prolong it.
      await bench.kube.delete(pods, one(bench), { gracePeriodSeconds: 10 });
      expect((await bench.kube.get(pods, one(bench))).metadata.deletionGracePeriodSeconds).toBe(10);
      await bench.kube.delete(pods, one(bench), { gracePeriodSeconds: 50 });
      expect((await bench.kube.get(pods, one(bench))).metadata.deletionGracePeriodSeconds).toBe(10);
      await bench.kube.delete(pods, one(bench), { gracePeriodSeconds: 0 });
      expect((await failure(bench.kube.get(pods, one(bench)))).code).toBe(404);
      await bench.kube.delete(nodes, { name: nodeName });
    },
  },
  {
    name: "deleting a pod raises its resourceVersion, and its generation by the deletion",
    async run(bench) {
      const nodeName = `${bench.namespace}-off`;
      await bench.kube.create(nodes, { metadata: { name: nodeName } });
      const made = await bench.kube.create(pods, idlePod(bench, "one", { nodeName }));
      expect(made.metadata.generation).toBe(1);
      await bench.kube.delete(pods, one(bench));
      const after = await bench.kube.get(pods, one(bench));
      expect(after.metadata.generation).toBe(2);
      expect(after.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion);
      await bench.kube.delete(nodes, { name: nodeName });
    },
  },
  {
    name: "a collection is deleted by its selector",
    async run(bench) {
      await makeOne(bench);
      const other = aConfigMap(bench, "two");
      await bench.kube.create(configMaps, { ...other, metadata: { ...other.metadata, labels: { gone: "yes" } } });
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps?labelSelector=gone%3Dyes`;
      expect((await bench.http({ method: "DELETE", path })).code).toBe(200);
      expect((await failure(bench.kube.get(configMaps, { ...one(bench), name: "two" }))).code).toBe(404);
      expect((await failure(bench.kube.get(configMaps, one(bench)))).code).toBe(200);
    },
  },
  {
    name: "a deletion answers with Status Success, or with the object while it lingers",
    async run(bench) {
      const { metadata } = await makeOne(bench);
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps/one`;
      const { code, body } = await bench.http({ method: "DELETE", path });
      expect(code).toBe(200);
      expect(body).toMatchObject({
        kind: "Status",
        status: "Success",
        details: { name: "one", kind: "configmaps", uid: metadata.uid },
      });
    },
  },
];
