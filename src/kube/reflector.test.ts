import { describe, expect, it, vi } from "vitest";
import { StatusError, TransportError } from "./errors.ts";
import { event, pod, podList } from "./testing/builders.ts";
import type { Behaviour } from "./testing/fault-server.ts";
import { failure, json, reset, watchLines } from "./testing/fault-server.ts";
import { bookmark, listed, open, play, watched } from "./testing/reflector-scene.ts";

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
    scene.kube.close();
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
