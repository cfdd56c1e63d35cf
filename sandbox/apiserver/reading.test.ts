/** Lists, pages, watches, tables, discovery. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configMaps, events, pods } from "../../src/kube/resources.ts";
import type { WatchEvent } from "../../src/kube/types.ts";
import { pod } from "./testing/build.ts";
import type { TestServer } from "./testing/serve.ts";
import { serve } from "./testing/serve.ts";

let cluster: TestServer;
beforeAll(async () => {
  cluster = await serve();
  for (const [name, color] of [
    ["a", "red"],
    ["b", "blue"],
    ["c", "red"],
  ] as const) {
    await cluster.admin.create(
      pods,
      pod(name, name === "b" ? { nodeName: "n1" } : {}, { name, namespace: "default", labels: { color } }),
    );
  }
});
afterAll(() => cluster.stop());

const podsPath = "/api/v1/namespaces/default/pods";

async function take<T>(stream: AsyncIterable<WatchEvent<T>>, count: number): Promise<WatchEvent<T>[]> {
  const seen: WatchEvent<T>[] = [];
  for await (const event of stream) {
    if (event.type === "BOOKMARK") continue;
    seen.push(event);
    if (seen.length === count) break;
  }
  return seen;
}

describe("list", () => {
  test.each([
    ["labelSelector=color%3Dred", ["a", "c"]],
    ["labelSelector=color+in+(blue,green)", ["b"]],
    ["labelSelector=color+notin+(blue)", ["a", "c"]],
    ["labelSelector=!color", []],
    ["labelSelector=color,color!%3Dred", ["b"]],
    ["fieldSelector=spec.nodeName%3Dn1", ["b"]],
    ["fieldSelector=metadata.name!%3Da,status.phase%3DPending", ["b", "c"]],
  ])("by %s", async (query, names) => {
    const { json } = await cluster.call(`${podsPath}?${query}`);
    expect(json.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual(names);
  });

  test.each(["labelSelector=a%3D%3D%3Db%3D(", "fieldSelector=spec.color%3Dred", "limit=few"])(
    "answers 400 to %s",
    async (query) => {
      expect((await cluster.call(`${podsPath}?${query}`)).code).toBe(400);
    },
  );

  test("pages show one moment, and end with 410 when it is forgotten", async () => {
    const first = await cluster.call(`${podsPath}?limit=1`);
    expect(first.json.metadata.remainingItemCount).toBe(2);
    await cluster.admin.delete(pods, { namespace: "default", name: "c" });
    const rest = await cluster.call(`${podsPath}?limit=5&continue=${first.json.metadata.continue}`);
    expect(rest.json.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual(["b", "c"]);
    expect(rest.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion);
    cluster.server.compact();
    const late = await cluster.call(`${podsPath}?limit=5&continue=${first.json.metadata.continue}`);
    expect([late.code, late.json.reason]).toEqual([410, "Expired"]);
    await cluster.admin.create(pods, pod("c", {}, { name: "c", namespace: "default", labels: { color: "red" } }));
  });

  test("as a table, with the columns that kubectl prints", async () => {
    const { json } = await cluster.call(podsPath, {
      headers: { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    });
    expect(
      json.columnDefinitions
        .filter((one: { priority: number }) => one.priority === 0)
        .map((one: { name: string }) => one.name),
    ).toEqual(["Name", "Ready", "Status", "Restarts", "Age"]);
    expect(json.rows[0].cells.slice(0, 4)).toEqual(["a", "0/1", "Pending", "0"]);
    expect(json.rows[0].object.kind).toBe("PartialObjectMetadata");
  });

  test("events in both of their groups", async () => {
    const involvedObject = { kind: "Pod", name: "a", namespace: "default" };
    await cluster.admin.create(events, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e1", namespace: "default" },
      involvedObject,
      reason: "Failed",
      message: "no",
      type: "Warning",
    });
    const { json } = await cluster.call("/apis/events.k8s.io/v1/namespaces/default/events");
    expect(json.items[0]).toMatchObject({ regarding: involvedObject, note: "no" });
    const some = await cluster.admin.list(events, {
      fieldSelector: "involvedObject.name=a,reason=Failed,type=Warning",
    });
    expect(some.items).toHaveLength(1);
    expect((await cluster.admin.list(events, { fieldSelector: "involvedObject.name=b" })).items).toHaveLength(0);
  });
});

describe("watch", () => {
  const make = (name: string, data: Record<string, string>) =>
    cluster.admin.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default" },
      data,
    });
  const mark = (name: string, value: string | null) =>
    cluster.admin.patch(
      configMaps,
      { namespace: "default", name },
      { type: "merge", body: { metadata: { labels: { in: value } } } },
    );

  test("replays what came after a version, and turns leaving a selection into a deletion", async () => {
    const { resourceVersion } = await cluster.admin.list(configMaps, { namespace: "default" });
    await make("w1", {});
    await mark("w1", "yes");
    await mark("w1", "no");
    const seen = await take(
      cluster.admin.watch(configMaps, {
        namespace: "default",
        resourceVersion,
        labelSelector: "in=yes",
        timeoutSeconds: 5,
      }),
      2,
    );
    expect(seen.map((event) => event.type)).toEqual(["ADDED", "DELETED"]);
    const all = await take(
      cluster.admin.watch(configMaps, { namespace: "default", resourceVersion, timeoutSeconds: 5 }),
      3,
    );
    expect(all.map((event) => event.type)).toEqual(["ADDED", "MODIFIED", "MODIFIED"]);
  });

  test("sends ERROR 410 when the version is older than the history", async () => {
    const { resourceVersion } = await cluster.admin.list(configMaps, { namespace: "default" });
    await make("w2", {});
    cluster.server.compact();
    const answer = await cluster.call(`/api/v1/configmaps?watch=true&resourceVersion=${resourceVersion}`);
    expect(answer.json).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    await expect(take(cluster.admin.watch(configMaps, { resourceVersion }), 1)).rejects.toMatchObject({ code: 410 });
  });

  test("marks the end of the initial events, and bookmarks the end of the watch", async () => {
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=3";
    const { text } = await cluster.call(`${podsPath}?${query}`);
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.type)).toEqual(["ADDED", "ADDED", "ADDED", "BOOKMARK", "BOOKMARK"]);
    expect(lines[3].object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
  });
});

describe("discovery", () => {
  test("lists groups, resources and verbs", async () => {
    expect((await cluster.call("/version")).json.gitVersion).toBe("v1.35.0+operarius-sandbox");
    const { json } = await cluster.call("/apis/apps/v1");
    const sets = json.resources.find((one: { name: string }) => one.name === "daemonsets");
    expect(sets).toMatchObject({ kind: "DaemonSet", namespaced: true, shortNames: ["ds"] });
    expect(sets.verbs).toContain("watch");
  });

  test("serves OpenAPI whose references all resolve", async () => {
    const index = await cluster.call("/openapi/v3");
    for (const path of Object.keys(index.json.paths)) {
      const { json, text } = await cluster.call(`/openapi/v3/${path}`);
      const names = [...text.matchAll(/#\/components\/schemas\/([^"]+)/g)].map((match) => match[1] ?? "");
      for (const name of names) expect(json.components.schemas, `${path} ${name}`).toHaveProperty([name]);
    }
  });

  test.each(["/apis/apps/v2", "/api/v1/nopes", "/api/v1/namespaces/default/pods/a/nope"])(
    "answers 404 to %s with a Status",
    async (path) => {
      const answer = await cluster.call(path);
      expect([answer.code, answer.json.kind]).toEqual([404, "Status"]);
    },
  );

  test.each(["/nope", "/apis/nope", "/openapi/v3/apis/nope/v1", "/livez/nope"])(
    "answers 404 to %s in plain text",
    async (path) => {
      const answer = await cluster.call(path);
      expect([answer.code, answer.text]).toEqual([404, "404 page not found\n"]);
    },
  );
});
