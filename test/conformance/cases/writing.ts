/** Creation, updates, preconditions, every patch type, status and generation, deletion. */

import type { ConfigMap } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { configMaps, daemonSets, nodes, pods } from "../../../src/kube/resources.ts";
import type { JsonPatchOperation, Live, Patch } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import { aConfigMap, aDaemonSet, idlePod } from "../objects.ts";

const one = (bench: Bench) => ({ namespace: bench.namespace, name: "one" });
const agent = (bench: Bench) => ({ namespace: bench.namespace, name: "agent" });

async function makeOne(bench: Bench, data: Record<string, string> = { a: "1" }): Promise<Live<ConfigMap>> {
  return bench.kube.create(configMaps, aConfigMap(bench, "one", data));
}

/** What it was rejected with. */
async function failure(work: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  return work.then(
    () => ({ code: 200, reason: "", message: "it succeeded" }),
    (error: unknown) => error as { code: number; reason: string; message: string },
  );
}

const modified = (what: string): string =>
  `Operation cannot be fulfilled on ${what}: the object has been modified; please apply your changes to the latest version and try again`;

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

const writeCases: Case[] = [
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
    name: "a name that no object can have is 422 with the field",
    async run(bench) {
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps`;
      const { code, body } = await bench.http({ method: "POST", path, body: { metadata: { name: "Not_Good" } } });
      expect([code, body.reason]).toEqual([422, "Invalid"]);
      expect(body.details?.causes).toMatchObject([{ reason: "FieldValueInvalid", field: "metadata.name" }]);
      expect(body.message).toMatch(
        /^ConfigMap "Not_Good" is invalid: metadata.name: Invalid value: "Not_Good": a lowercase RFC 1123 subdomain must/,
      );
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
    name: "a write that changes nothing leaves resourceVersion and managedFields alone",
    async run(bench) {
      const first = await makeOne(bench);
      const again = await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { data: { a: "1" } } });
      expect(again.metadata).toEqual(first.metadata);
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
  {
    name: "the status is written by its subresource alone, and nothing else with it",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const body = {
        metadata: { annotations: { a: "b" } },
        spec: { minReadySeconds: 9 },
        status: { collisionCount: 3 },
      };
      const after = await bench.kube.patchStatus(daemonSets, agent(bench), { type: "merge", body });
      expect([after.spec?.minReadySeconds ?? 0, after.status?.collisionCount]).toEqual([0, 3]);
      expect(after.metadata.generation).toBe(1);
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
  {
    name: "unknown fields: refused when strict, told when warning, dropped in silence when ignored",
    async run(bench) {
      const body = {
        ...aConfigMap(bench, "one"),
        nonsense: 1,
        metadata: { name: "one", labels: { a: "b" }, typo: "x" },
      };
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps?dryRun=All&fieldValidation=`;
      const send = (mode: string) => bench.http({ method: "POST", path: `${path}${mode}`, body });
      const strict = await send("Strict");
      expect(strict.code).toBe(400);
      expect(strict.body.message).toMatch(
        /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: /,
      );
      expect(strict.body.message).toContain('unknown field "nonsense"');
      expect(strict.body.message).toContain('unknown field "metadata.typo"');
      const warn = await send("Warn");
      expect([warn.code, warn.warnings.toSorted()]).toEqual([
        201,
        ['unknown field "metadata.typo"', 'unknown field "nonsense"'],
      ]);
      const ignore = await send("Ignore");
      expect([ignore.code, ignore.warnings]).toEqual([201, []]);
    },
  },
  {
    name: "kubectl apply tells of unknown fields with their path",
    async run(bench) {
      const ds = aDaemonSet(bench, { container: { imagePullPolcy: "Never" } as object });
      const { code, stderr } = await bench.tryKubectl(["apply", "-f", "-"], { stdin: ds });
      expect(code).toBe(1);
      expect(stderr).toContain('unknown field "spec.template.spec.containers[0].imagePullPolcy"');
    },
  },
  {
    name: "the selector of a DaemonSet cannot be changed",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const labels = { app: "other" };
      const body = { spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } } };
      const failed = await failure(bench.kube.patch(daemonSets, agent(bench), { type: "merge", body }));
      expect(failed.code).toBe(422);
      expect(failed.message).toMatch(
        /^DaemonSet.apps "agent" is invalid: spec.selector: Invalid value: .*: field is immutable$/,
      );
    },
  },
  {
    name: "a selector that does not select the template is 422",
    async run(bench) {
      const ds = aDaemonSet(bench);
      if (ds.spec !== undefined) ds.spec.selector = { matchLabels: { app: "other" } };
      const failed = await failure(bench.kube.create(daemonSets, ds));
      expect(failed.code).toBe(422);
      expect(failed.message).toContain("`selector` does not match template `labels`");
    },
  },
  {
    name: "maxUnavailable and maxSurge: not both zero, not both set",
    async run(bench) {
      const withBudget = (maxUnavailable: number | string, maxSurge: number | string) =>
        failure(
          bench.kube.create(
            daemonSets,
            aDaemonSet(bench, { spec: { updateStrategy: { rollingUpdate: { maxUnavailable, maxSurge } } } }),
            { dryRun: true },
          ),
        );
      const none = await withBudget(0, 0);
      expect([none.code, none.message]).toEqual([
        422,
        expect.stringContaining("cannot be 0 when maxSurge is 0") as string,
      ]);
      const both = await withBudget(1, 1);
      expect([both.code, both.message]).toEqual([
        422,
        expect.stringContaining("may not be set when maxUnavailable is non-zero") as string,
      ]);
      expect((await withBudget(0, "10%")).code).toBe(200);
      expect((await withBudget("200%", 0)).code).toBe(422);
    },
  },
  {
    name: "the fields of a running pod's spec are immutable but for its image and a few",
    async run(bench) {
      await bench.kube.create(pods, idlePod(bench, "one"));
      const body = { spec: { nodeSelector: { a: "b" } } };
      const failed = await failure(bench.kube.patch(pods, one(bench), { type: "merge", body }));
      expect(failed.code).toBe(422);
      expect(failed.message).toMatch(
        /^Pod "one" is invalid: spec: Forbidden: pod updates may not change fields other than/,
      );
      const image = { spec: { containers: [{ name: "main", image: "app:ok-2" }] } };
      expect((await failure(bench.kube.patch(pods, one(bench), { type: "strategic", body: image }))).code).toBe(200);
    },
  },
];

const deletionCases: Case[] = [
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

export const writingCases: readonly Case[] = [...writeCases, ...jsonPatchCases, ...generationCases, ...deletionCases];
