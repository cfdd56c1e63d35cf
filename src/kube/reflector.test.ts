import type { Pod } from "kubernetes-types/core/v1";
import { afterEach, describe, expect, it, vi } from "vitest";
import { StatusError, TransportError } from "./errors.ts";
import type { Change, Reflector, ReflectorOptions } from "./reflector.ts";
import { startReflector } from "./reflector.ts";
import { pods } from "./resources.ts";
import { event, pod, podList, testKube } from "./testing/builders.ts";
import type { Behaviour, FaultServer } from "./testing/fault-server.ts";
import { failure, json, reset, startFaultServer, truncated, watchLines } from "./testing/fault-server.ts";
import type { Kube, Live } from "./types.ts";

let server: FaultServer | undefined;
let kube: Kube | undefined;
let reflector: Reflector<string> | undefined;

const gone = event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" });
const open = watchLines([], "keep-open");
const bookmark = (version: number): string => event("BOOKMARK", { metadata: { resourceVersion: String(version) } });

interface Scene {
  server: FaultServer;
  reflector: Reflector<string>;
  changes: string[];
  errors: unknown[];
}

type Extra = Partial<ReflectorOptions<Pod, string>>;

/** Lists and watches are scripted apart; the last behaviour of each stays. Objects are kept as "name@version". */
async function play(
  script: { lists: Behaviour[]; watches: Behaviour[] },
  extra: Extra = {},
  client: Parameters<typeof testKube>[1] = {},
): Promise<Scene> {
  const lists = [...script.lists];
  const watches = [...script.watches];
  server = await startFaultServer((response, request) => {
    const queue = request.query.has("watch") ? watches : lists;
    (queue.length > 1 ? queue.shift() : queue[0])?.(response, request);
  });
  kube = testKube(server, client);
  const changes: string[] = [];
  const errors: unknown[] = [];
  reflector = startReflector<Pod, string>({
    kube,
    resource: pods,
    // The shortest waits there are.
    random: () => 0,
    project: ({ metadata }: Live<Pod>) => `${metadata.name}@${metadata.resourceVersion}`,
    onChange: ({ type, object, previous }: Change<string>) =>
      changes.push(`${type} ${object}${previous === undefined ? "" : ` was ${previous}`}`),
    onError: (error) => errors.push(error),
    ...extra,
  });
  return { server, reflector, changes, errors };
}

const watched = (scene: Scene): (string | null)[] =>
  scene.server.requests.filter(({ query }) => query.has("watch")).map(({ query }) => query.get("resourceVersion"));
const listed = (scene: Scene): number => scene.server.requests.filter(({ query }) => !query.has("watch")).length;

afterEach(async () => {
  reflector?.stop();
  kube?.close();
  await server?.close();
});

describe("a reflector", () => {
  it("lists in pages, then watches from there", async () => {
    const scene = await play(
      {
        lists: [json(podList(5, [pod("a", 1)], "next")), json(podList(5, [pod("b", 2)]))],
        watches: [
          watchLines(
            [event("MODIFIED", pod("a", 6)), event("ADDED", pod("c", 7)), event("DELETED", pod("b", 8))],
            "keep-open",
          ),
        ],
      },
      { namespace: "ns", labelSelector: "x=y", pageSize: 1 },
    );
    await scene.reflector.synced;
    expect(scene.reflector.hasSynced()).toBe(true);
    await vi.waitFor(() => expect(scene.reflector.items()).toEqual(["a@6", "c@7"]));
    expect(scene.reflector.get("ns", "a")).toBe("a@6");
    expect(scene.reflector.get("ns", "b")).toBeUndefined();
    expect(scene.changes).toEqual([
      "added a@1",
      "added b@2",
      "modified a@6 was a@1",
      "added c@7",
      "deleted b@8 was b@2",
    ]);
    const watch = scene.server.requests.at(-1);
    expect(watch?.path).toBe("/api/v1/namespaces/ns/pods");
    expect(Object.fromEntries(watch?.query ?? [])).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      labelSelector: "x=y",
      resourceVersion: "5",
      timeoutSeconds: "240",
    });
    expect(scene.reflector.lastContact()).toBeGreaterThan(Date.now() - 5000);
  });

  it("forgets the pages of a list that had to start over", async () => {
    const scene = await play({
      lists: [
        json(podList(5, [pod("a", 1), pod("gone", 1)], "next")),
        failure(410, "Expired"),
        json(podList(9, [pod("a", 1)])),
      ],
      watches: [open],
    });
    await scene.reflector.synced;
    expect(scene.reflector.items()).toEqual(["a@1"]);
  });

  it("wakes those who wait when the first list is empty", async () => {
    const scene = await play({ lists: [json(podList(5, []))], watches: [open] });
    await scene.reflector.changed();
    expect(scene.reflector.hasSynced()).toBe(true);
  });

  it("goes on from the last event or bookmark when a watch ends", async () => {
    const scene = await play({
      lists: [json(podList(5, []))],
      watches: [
        watchLines([event("ADDED", pod("a", 6)), bookmark(42)]),
        watchLines([event("MODIFIED", pod("a", 50))]),
        open,
      ],
    });
    await vi.waitFor(() => expect(watched(scene)).toEqual(["5", "42", "50"]));
    expect(listed(scene)).toBe(1);
    expect(scene.errors).toEqual([]);
  });

  it("wakes those who wait for a change, and not before", async () => {
    let send: ((line: string) => void) | undefined;
    const scene = await play({
      lists: [json(podList(5, [pod("a", 1)]))],
      watches: [
        (response) => {
          response.writeHead(200);
          response.flushHeaders();
          send = (line) => response.write(`${line}\n`);
        },
      ],
    });
    await scene.reflector.synced;
    await vi.waitFor(() => expect(send).toBeDefined());
    const controller = new AbortController();
    const given = scene.reflector.changed(controller.signal);
    controller.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    const atWaking = scene.reflector.changed().then(() => scene.reflector.items());
    const before = scene.reflector.lastContact() ?? 0;
    await vi.waitFor(() => {
      send?.(bookmark(9));
      expect(scene.reflector.lastContact()).toBeGreaterThan(before);
    });
    send?.(event("MODIFIED", pod("a", 10)));
    expect(await atWaking).toEqual(["a@10"]);
  });
});

describe("recovery", () => {
  it.each<[string, Behaviour]>([
    ["429", failure(429, "TooManyRequests")],
    ["500", failure(500, "InternalError")],
    ["403", failure(403, "Forbidden")],
    ["a reset", reset],
    ["truncated JSON", truncated],
    ["something that is not JSON", (response) => response.writeHead(200).end("{")],
  ])("from a failed first list: %s", async (_, fault) => {
    // Three faults use up the client's own retries.
    const scene = await play({ lists: [fault, fault, fault, fault, json(podList(5, [pod("a", 1)]))], watches: [open] });
    await scene.reflector.synced;
    expect(scene.reflector.items()).toEqual(["a@1"]);
    expect(scene.errors.length).toBeGreaterThan(0);
  });

  it.each<[string, Behaviour, { relist: boolean }]>([
    ["429", failure(429, "TooManyRequests"), { relist: false }],
    ["503", failure(503, "ServiceUnavailable"), { relist: false }],
    ["500", failure(500, "InternalError"), { relist: true }],
    ["410 at the watch", failure(410, "Expired"), { relist: true }],
    ["410 inside the watch", watchLines([gone]), { relist: true }],
    ["a reset", reset, { relist: false }],
    ["a reset inside the watch", watchLines([bookmark(6)], "reset"), { relist: false }],
    ["garbage", watchLines(["nonsense"]), { relist: false }],
    ["an event without an object", watchLines(['{"type":"ADDED"}']), { relist: false }],
  ])("from a failed watch: %s", async (_, fault, { relist }) => {
    const scene = await play({
      lists: [json(podList(5, [pod("a", 1)])), json(podList(9, [pod("a", 1), pod("b", 8)]))],
      watches: [fault, watchLines([event("ADDED", pod("c", 10))], "keep-open")],
    });
    await vi.waitFor(() => expect(scene.reflector.get("ns", "c")).toBe("c@10"));
    expect(listed(scene)).toBe(relist ? 2 : 1);
    expect(scene.errors).toHaveLength(1);
    expect(scene.changes).toEqual(["added a@1", ...(relist ? ["added b@8"] : []), "added c@10"]);
  });

  it("from a half-open watch", async () => {
    const scene = await play(
      { lists: [json(podList(5, []))], watches: [open, watchLines([event("ADDED", pod("a", 6))], "keep-open")] },
      {},
      // 240 s of watch plus a negative grace: silence is noticed after 100 ms.
      { watchGraceMs: -239_900 },
    );
    await vi.waitFor(() => expect(scene.reflector.items()).toEqual(["a@6"]));
    expect(scene.errors[0]).toBeInstanceOf(TransportError);
    await vi.waitFor(() => expect(scene.server.open()).toBeLessThanOrEqual(2));
  });

  it("reports the difference after a new list", async () => {
    const scene = await play({
      lists: [
        json(podList(5, [pod("kept", 1), pod("changed", 1), pod("gone", 1), pod("reborn", 1)])),
        json(podList(9, [pod("kept", 1), pod("changed", 7), pod("new", 8), pod("reborn", 9, "another-uid")])),
      ],
      watches: [watchLines([gone]), open],
    });
    await vi.waitFor(() => expect(watched(scene)).toEqual(["5", "9"]));
    expect(scene.changes.slice(4)).toEqual([
      "deleted gone@1 was gone@1",
      "modified changed@7 was changed@1",
      "added new@8",
      "replaced reborn@9 was reborn@1",
    ]);
  });

  it("does not reconnect in a hot loop when watches end at once", async () => {
    const scene = await play({ lists: [json(podList(5, []))], watches: [watchLines([])] }, { random: () => 0.999 });
    await vi.waitFor(() => expect(watched(scene).length).toBeGreaterThanOrEqual(2), { timeout: 5000 });
    const started = performance.now();
    await vi.waitFor(() => expect(performance.now() - started).toBeGreaterThan(600));
    expect(watched(scene).length).toBeLessThanOrEqual(3);
  });
});

describe("isolation", () => {
  it("survives handlers, projections and reporters that throw", async () => {
    let calls = 0;
    const scene = await play(
      {
        lists: [json(podList(5, [pod("a", 1), pod("poison", 1)]))],
        watches: [
          watchLines(
            [event("ADDED", pod("b", 6)), event("MODIFIED", pod("poison", 7)), event("ADDED", pod("c", 8))],
            "keep-open",
          ),
        ],
      },
      {
        project: ({ metadata }) => {
          if (metadata.name === "poison") throw new Error("poison");
          return metadata.name;
        },
        onChange: () => {
          throw new Error("handler");
        },
        onError: () => {
          calls += 1;
          throw new Error("reporter");
        },
      },
    );
    await vi.waitFor(() => expect(scene.reflector.items()).toEqual(["a", "b", "c"]));
    expect(calls).toBe(5);
    expect(watched(scene)).toEqual(["5"]);
  });
});

describe("failFast", () => {
  it.each<[string, Behaviour, typeof StatusError | typeof TransportError]>([
    ["403", failure(403, "Forbidden"), StatusError],
    ["a reset", reset, TransportError],
  ])("rejects with the error of the first list: %s", async (_, fault, type) => {
    const scene = await play({ lists: [fault], watches: [open] }, { failFast: true });
    await expect(scene.reflector.synced).rejects.toBeInstanceOf(type);
    await expect(scene.reflector.changed()).rejects.toBeInstanceOf(type);
    expect(scene.reflector.hasSynced()).toBe(false);
    expect(watched(scene)).toEqual([]);
  });

  it("always recovers afterwards", async () => {
    const scene = await play(
      {
        lists: [json(podList(5, [])), failure(500, "InternalError"), json(podList(9, [pod("a", 8)]))],
        watches: [failure(410, "Expired"), open],
      },
      { failFast: true },
    );
    await vi.waitFor(() => expect(scene.reflector.items()).toEqual(["a@8"]));
    expect(listed(scene)).toBe(3);
  });
});

describe("stopping", () => {
  it("ends the watch, keeps what is held, rejects those who wait", async () => {
    const scene = await play({ lists: [json(podList(5, [pod("a", 1)]))], watches: [open] });
    await vi.waitFor(() => expect(watched(scene)).toHaveLength(1));
    const waiting = expect(scene.reflector.changed()).rejects.toThrow("reflector of pods was stopped");
    scene.reflector.stop();
    scene.reflector.stop();
    await waiting;
    await expect(scene.reflector.changed()).rejects.toThrow("stopped");
    expect(scene.reflector.items()).toEqual(["a@1"]);
    kube?.close();
    await vi.waitFor(() => expect(scene.server.open()).toBe(0));
  });

  it("during a list leaves no watch behind", async () => {
    let answer: (() => void) | undefined;
    const scene = await play({
      lists: [
        (response, request) => {
          answer = () => json(podList(5, [pod("a", 1)]))(response, request);
        },
      ],
      watches: [open],
    });
    await vi.waitFor(() => expect(answer).toBeDefined());
    scene.reflector.stop();
    answer?.();
    await expect(scene.reflector.synced).rejects.toThrow("stopped");
    expect(watched(scene)).toEqual([]);
    expect(scene.changes).toEqual([]);
  });

  it("inside a handler hands nothing more on", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const scene = await play(
      {
        lists: [json(podList(5, []))],
        watches: [watchLines([event("ADDED", pod("a", 6)), event("ADDED", pod("b", 7))], "keep-open")],
      },
      {
        signal: controller.signal,
        onChange: ({ object }) => {
          seen.push(object);
          controller.abort(new Error("enough"));
        },
      },
    );
    await scene.reflector.synced;
    await vi.waitFor(() => expect(scene.reflector.changed()).rejects.toThrow("enough"));
    expect(seen).toEqual(["a@6"]);
    expect(scene.reflector.items()).toEqual(["a@6"]);
  });

  it("while a list is taken in drops that list", async () => {
    const controller = new AbortController();
    const project = (): string => {
      controller.abort(new Error("enough"));
      return "";
    };
    const scene = await play(
      { lists: [json(podList(5, [pod("a", 1)]))], watches: [open] },
      { signal: controller.signal, project },
    );
    await expect(scene.reflector.synced).rejects.toThrow("enough");
    expect(scene.reflector.items()).toEqual([]);
    expect(scene.changes).toEqual([]);
  });

  it("does not start under an aborted signal", async () => {
    const scene = await play(
      { lists: [json(podList(5, []))], watches: [open] },
      { signal: AbortSignal.abort(new Error("no")) },
    );
    await expect(scene.reflector.synced).rejects.toThrow("no");
    expect(scene.server.requests).toEqual([]);
  });
});
