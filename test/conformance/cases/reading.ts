/** Lists, watches, bookmarks and what happens when history is gone. */

import type { ConfigMap } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { StatusError } from "../../../src/kube/errors.ts";
import { configMaps, pods } from "../../../src/kube/resources.ts";
import type { Live, Resource, WatchEvent } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import type { Status } from "../http.ts";
import { aConfigMap, idlePod } from "../objects.ts";

const remediations: Resource<{ metadata: { name: string } }> = {
  group: "openfero.io",
  version: "v1alpha1",
  plural: "remediations",
  kind: "Remediation",
  namespaced: true,
};

interface List {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: Live<ConfigMap>[];
}

const base = (bench: Bench): string => `/api/v1/namespaces/${bench.namespace}/configmaps`;

async function make(bench: Bench, ...names: string[]): Promise<void> {
  for (const name of names) await bench.kube.create(configMaps, aConfigMap(bench, name, { made: "here" }));
}

async function page(bench: Bench, query: string) {
  return bench.http<List & Status>({ path: `${base(bench)}?${query}` });
}

/** The first `count` events of a watch from `resourceVersion`. */
async function watched(bench: Bench, resourceVersion: string, count: number, labelSelector?: string) {
  const events: WatchEvent<ConfigMap>[] = [];
  const selected = labelSelector === undefined ? {} : { labelSelector };
  const watch = bench.kube.watch(configMaps, {
    namespace: bench.namespace,
    resourceVersion,
    timeoutSeconds: 20,
    ...selected,
  });
  for await (const event of watch) {
    if (event.type === "BOOKMARK") continue;
    events.push(event);
    if (events.length >= count) break;
  }
  return events.map((event) =>
    event.type === "BOOKMARK" ? event.type : `${event.type} ${event.object.metadata.name} ${event.object.data?.made}`,
  );
}

const reference = (bench: Bench, name: string) => ({ namespace: bench.namespace, name });

export const readingCases: readonly Case[] = [
  {
    name: "a list in pages holds each object once, of one moment, and tells how many remain",
    async run(bench) {
      await make(bench, "a", "b", "c", "kept-1");
      const later: string[] = [];
      // Another case may let the history be forgotten between two pages: then a client begins again.
      const { first, rest } = await bench.until("two pages of one moment", async () => {
        const first = await page(bench, "limit=2");
        const name = `later-${later.length}`;
        await make(bench, name);
        const token = encodeURIComponent(first.body.metadata.continue ?? "");
        const rest = await page(bench, `limit=10&continue=${token}`);
        if (rest.code !== 410) return { first, rest };
        later.push(name);
        return undefined;
      });
      expect(first.body.items.map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
      const names = rest.body.items.map(({ metadata }) => metadata.name);
      expect(first.body.metadata.remainingItemCount).toBe(names.length);
      // What was made after the first page is in none.
      expect(names.filter((name) => !name.startsWith("kube-"))).toEqual(["c", "kept-1", ...later]);
      expect(rest.body.metadata.continue ?? "").toBe("");
      expect(rest.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    },
  },
  {
    name: "a continue token that nobody can read is 400",
    async run(bench) {
      const { code, body } = await page(bench, "limit=1&continue=nonsense");
      expect([code, body.reason]).toEqual([400, "BadRequest"]);
      expect(body.message).toMatch(/^invalid continue token: continue key is not valid/);
    },
  },
  {
    name: "a watch from a version that is forgotten ends with 410 Expired",
    async run(bench) {
      // A real API server remembers ConfigMaps from its own start; a kind that came later has no older history.
      await bench.world.compact();
      const watch = bench.kube.watch(remediations, { namespace: bench.namespace, resourceVersion: "1" });
      const error = await watch[Symbol.asyncIterator]()
        .next()
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
      expect(error).toBeInstanceOf(StatusError);
      expect(error).toMatchObject({ code: 410, reason: "Expired" });
      expect((error as Error).message).toMatch(/too old resource version: 1 \(\d+\)/);
    },
  },
  {
    name: "a watch from a list tells every change since, the last state of what was deleted included",
    async run(bench) {
      const { kube, namespace } = bench;
      await make(bench, "a");
      const { resourceVersion } = await kube.list(configMaps, { namespace });
      await make(bench, "b");
      await kube.patch(configMaps, reference(bench, "b"), { type: "merge", body: { data: { made: "anew" } } });
      await kube.delete(configMaps, reference(bench, "b"));
      expect(await watched(bench, resourceVersion, 3)).toEqual(["ADDED b here", "MODIFIED b anew", "DELETED b anew"]);
    },
  },
  {
    name: "the DELETED event carries a later resourceVersion than the object's last one",
    async run(bench) {
      const { kube, namespace } = bench;
      await make(bench, "a");
      const { metadata } = await kube.get(configMaps, reference(bench, "a"));
      await kube.delete(configMaps, reference(bench, "a"));
      for await (const event of kube.watch(configMaps, { namespace, resourceVersion: metadata.resourceVersion })) {
        if (event.type !== "DELETED") continue;
        expect(Number(event.object.metadata.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion));
        break;
      }
    },
  },
  {
    name: "an object that leaves a watch's selector is DELETED there, one that comes in is ADDED",
    async run(bench) {
      const { kube, namespace } = bench;
      await make(bench, "a");
      const { resourceVersion } = await kube.list(configMaps, { namespace });
      const label = (value: string | null) =>
        kube.patch(configMaps, reference(bench, "a"), { type: "merge", body: { metadata: { labels: { on: value } } } });
      await label("yes");
      await label("no");
      await label("yes");
      expect(await watched(bench, resourceVersion, 3, "on=yes")).toEqual([
        "ADDED a here",
        "DELETED a here",
        "ADDED a here",
      ]);
    },
  },
  {
    name: "a watch without a version begins with what is there",
    async run(bench) {
      await make(bench, "a");
      const events = await bench.http<never>({ path: `${base(bench)}?watch=true&timeoutSeconds=1` });
      expect(events.text).toContain('"type":"ADDED"');
      expect(events.text).toContain('"name":"a"');
    },
  },
  {
    name: "a bookmark comes before a watch ends, for those who ask",
    async run(bench) {
      await make(bench, "a");
      const { resourceVersion } = await bench.kube.list(configMaps, { namespace: bench.namespace });
      const query = `watch=true&timeoutSeconds=4&resourceVersion=${resourceVersion}`;
      const { text } = await bench.http<never>({ path: `${base(bench)}?${query}&allowWatchBookmarks=true` });
      const bookmark = text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { type: string; object: { kind: string; metadata: object } })
        .find(({ type }) => type === "BOOKMARK");
      expect(bookmark?.object).toMatchObject({ kind: "ConfigMap", apiVersion: "v1" });
      expect(Object.keys(bookmark?.object.metadata ?? {})).toEqual(
        expect.arrayContaining(["resourceVersion"]) as string[],
      );
    },
  },
  {
    name: "a watch that streams its list ends it with an annotated bookmark",
    async run(bench) {
      await make(bench, "a");
      const query = "watch=true&timeoutSeconds=2&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
      const { text, code } = await bench.http<never>({ path: `${base(bench)}?${query}&allowWatchBookmarks=true` });
      expect(code).toBe(200);
      expect(text).toContain('"k8s.io/initial-events-end":"true"');
    },
  },
  {
    name: "pods are selected by node and phase, events by what they are about, nothing by other fields",
    async run(bench) {
      const { kube, namespace } = bench;
      await kube.create(pods, idlePod(bench, "idle"));
      const names = async (fieldSelector: string) =>
        (await kube.list(pods, { namespace, fieldSelector })).items.map(({ metadata }) => metadata.name);
      expect(await names("spec.nodeName=,status.phase=Pending")).toEqual(["idle"]);
      expect(await names("metadata.name!=idle")).toEqual([]);
      const path = `/api/v1/namespaces/${namespace}/pods?fieldSelector=spec.hostIP%3Dx`;
      const { code, body } = await bench.http({ path });
      expect([code, body.message]).toEqual([400, "field label not supported: spec.hostIP"]);
    },
  },
  {
    name: "label selectors: sets, existence, inequality; what cannot be read is 400",
    async run(bench) {
      const { kube, namespace } = bench;
      for (const [name, labels] of Object.entries({ a: { k: "1" }, b: { k: "2" }, c: {} as Record<string, string> })) {
        const object = aConfigMap(bench, name);
        await kube.create(configMaps, {
          ...object,
          metadata: { ...object.metadata, labels: { mine: "y", ...labels } },
        });
      }
      const names = async (selector: string) =>
        (await kube.list(configMaps, { namespace, labelSelector: `mine=y,${selector}` })).items.map(
          ({ metadata }) => metadata.name,
        );
      expect(await names("k in (1,3)")).toEqual(["a"]);
      expect(await names("k notin (1)")).toEqual(["b", "c"]);
      expect(await names("k!=1")).toEqual(["b", "c"]);
      expect(await names("!k")).toEqual(["c"]);
      expect(await names("k")).toEqual(["a", "b"]);
      expect((await page(bench, "labelSelector=%28%28")).code).toBe(400);
    },
  },
  {
    name: "what does not exist is 404 with its name, in the resource's words",
    async run(bench) {
      const { body } = await bench.http({ path: `${base(bench)}/none` });
      expect(body).toMatchObject({
        kind: "Status",
        apiVersion: "v1",
        status: "Failure",
        code: 404,
        reason: "NotFound",
        message: 'configmaps "none" not found',
        details: { name: "none", kind: "configmaps" },
      });
      const apps = await bench.http({ path: `/apis/apps/v1/namespaces/${bench.namespace}/daemonsets/none` });
      expect(apps.body.message).toBe('daemonsets.apps "none" not found');
      const kind = await bench.http({ path: "/apis/apps/v1/nonsenses" });
      expect([kind.code, kind.body.message]).toEqual([404, "the server could not find the requested resource"]);
      const group = await bench.http({ path: "/apis/no.such.group/v1/things" });
      expect([group.code, group.text.trim()]).toEqual([404, "404 page not found"]);
    },
  },
  {
    name: "the version of a list is not before that of anything in it",
    async run(bench) {
      await make(bench, "a", "b");
      const { items, resourceVersion } = await bench.kube.list(configMaps, { namespace: bench.namespace });
      const newest = Math.max(...items.map(({ metadata }) => Number(metadata.resourceVersion)));
      expect(Number(resourceVersion)).toBeGreaterThanOrEqual(newest);
    },
  },
];
