import { getEventListeners } from "node:events";
import type { Pod } from "kubernetes-types/core/v1";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isExpired, StatusError, TransportError } from "./errors.ts";
import { pods } from "./resources.ts";
import { event, pod, testKube } from "./testing/builders.ts";
import type { Behaviour, FaultServer } from "./testing/fault-server.ts";
import { failure, startFaultServer, watchLines } from "./testing/fault-server.ts";
import type { Kube, WatchEvent } from "./types.ts";

let server: FaultServer | undefined;
let kube: Kube | undefined;

async function serve(behaviour: Behaviour, options: Parameters<typeof testKube>[1] = {}) {
  server = await startFaultServer(behaviour);
  kube = testKube(server, options);
  return { server, kube };
}

afterEach(async () => {
  kube?.close();
  await server?.close();
});

/** Collects what comes, and how it ended. */
async function collect(events: AsyncIterable<WatchEvent<Pod>>): Promise<{ seen: string[]; error: unknown }> {
  const seen: string[] = [];
  try {
    for await (const item of events) {
      seen.push(
        item.type === "BOOKMARK" ? `BOOKMARK ${item.resourceVersion}` : `${item.type} ${item.object.metadata.name}`,
      );
    }
    return { seen, error: undefined };
  } catch (error) {
    return { seen, error };
  }
}

const bookmark = event("BOOKMARK", { kind: "Pod", metadata: { resourceVersion: "9" } });

describe("watch", () => {
  it("is never longer than the client's own limit, which also decides when silence is death", async () => {
    const { server, kube } = await serve(watchLines([event("ADDED", pod("a", 1))], "keep-open"), {
      longestWatchSeconds: 1,
      watchGraceMs: -900,
    });
    const { seen, error } = await collect(kube.watch(pods, { namespace: "ns", timeoutSeconds: 240 }));
    expect(seen).toEqual(["ADDED a"]);
    expect(String(error)).toContain("the watch was silent for 0.1 s");
    expect(server.requests[0]?.url).toContain("timeoutSeconds=1");
  });

  it("yields events and bookmarks until the server ends it", async () => {
    const lines = [
      event("ADDED", pod("a", 1)),
      "",
      event("MODIFIED", pod("a", 2)),
      bookmark,
      event("DELETED", pod("a", 3)),
    ];
    const { server, kube } = await serve(watchLines(lines));
    const { seen, error } = await collect(
      kube.watch(pods, { namespace: "ns", labelSelector: "x=y", resourceVersion: "5", timeoutSeconds: 7 }),
    );
    expect(error).toBeUndefined();
    expect(seen).toEqual(["ADDED a", "MODIFIED a", "BOOKMARK 9", "DELETED a"]);
    expect(server.requests[0]?.url).toBe(
      "/api/v1/namespaces/ns/pods?watch=true&allowWatchBookmarks=true&labelSelector=x%3Dy&resourceVersion=5&timeoutSeconds=7",
    );
  });

  it("joins events that arrive in pieces, inside a character too", async () => {
    const bytes = Buffer.from(`${event("ADDED", pod("grün", 1))}\n${event("ADDED", pod("b", 2))}`);
    const { kube } = await serve((response) => {
      response.writeHead(200);
      let at = 0;
      const next = (): void => {
        if (at >= bytes.length) {
          response.end();
          return;
        }
        response.write(bytes.subarray(at, at + 7));
        at += 7;
        setImmediate(next);
      };
      next();
    });
    expect(await collect(kube.watch(pods, {}))).toEqual({ seen: ["ADDED grün", "ADDED b"], error: undefined });
  });

  it("passes over types it does not know", async () => {
    const { kube } = await serve(watchLines([event("RESIZED", pod("a", 1)), event("ADDED", pod("b", 1))]));
    expect((await collect(kube.watch(pods, {}))).seen).toEqual(["ADDED b"]);
  });

  it("lasts longer than a request may", async () => {
    const { kube } = await serve(
      (response, request) => {
        watchLines([event("ADDED", pod("a", 1))], "keep-open")(response, request);
        setTimeout(() => response.end(`${event("ADDED", pod("b", 2))}\n`), 600);
      },
      { timeoutMs: 300 },
    );
    expect(await collect(kube.watch(pods, {}))).toEqual({ seen: ["ADDED a", "ADDED b"], error: undefined });
  });

  it("opens nothing until it is iterated", async () => {
    const { server, kube } = await serve(watchLines([]));
    kube.watch(pods, {});
    await kube.raw("/x").catch(() => {});
    expect(server.requests.map(({ path }) => path)).toEqual(["/x"]);
  });
});

describe("a watch that fails", () => {
  it("is a StatusError when refused", async () => {
    const { kube } = await serve(failure(410, "Expired"));
    expect(isExpired((await collect(kube.watch(pods, {}))).error)).toBe(true);
  });

  it("is a StatusError for an ERROR event, after the events before it", async () => {
    const gone = event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" });
    const { kube } = await serve(watchLines([event("ADDED", pod("a", 1)), gone], "keep-open"));
    const { seen, error } = await collect(kube.watch(pods, {}));
    expect(seen).toEqual(["ADDED a"]);
    expect(error).toBeInstanceOf(StatusError);
    expect(error).toMatchObject({ code: 410, message: "too old resource version" });
  });

  it.each<[string, string[], "end" | "reset", RegExp]>([
    ["a reset", [event("ADDED", pod("a", 1))], "reset", /broke off/],
    ["half a line", ['{"type":"ADDED","obj'], "end", /not JSON/],
    ["an event that is null", ["null"], "end", /without an object/],
    ["an event without metadata", ['{"type":"ADDED","object":{}}'], "end", /without an object/],
  ])("is a TransportError after %s", async (_, lines, end, message) => {
    const { kube } = await serve(watchLines(lines, end));
    const { error } = await collect(kube.watch(pods, {}));
    expect(error).toBeInstanceOf(TransportError);
    expect((error as Error).message).toMatch(message);
  });

  it("notices a half-open connection: silent for longer than the server would have kept it", async () => {
    const { server, kube } = await serve(watchLines([event("ADDED", pod("a", 1))], "keep-open"), { watchGraceMs: 250 });
    const { seen, error } = await collect(kube.watch(pods, { timeoutSeconds: 0 }));
    expect(seen).toEqual(["ADDED a"]);
    expect(error).toBeInstanceOf(TransportError);
    expect((error as Error).message).toMatch(/silent for 0.25 s/);
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("does not take a slow consumer for silence", async () => {
    const { kube } = await serve(watchLines([event("ADDED", pod("a", 1)), event("ADDED", pod("b", 2))]), {
      watchGraceMs: 200,
    });
    const seen: string[] = [];
    for await (const item of kube.watch(pods, { timeoutSeconds: 0 })) {
      const start = performance.now();
      await vi.waitFor(() => expect(performance.now() - start).toBeGreaterThan(300));
      seen.push(item.type);
    }
    expect(seen).toEqual(["ADDED", "ADDED"]);
  });

  it("refuses a line without an end", async () => {
    const chunk = "x".repeat(1024 * 1024);
    let sent = 0;
    const { server, kube } = await serve((response) => {
      const next = (): void => {
        if (response.destroyed || sent >= 64) return;
        sent += 1;
        response.write(chunk, () => setImmediate(next));
      };
      response.writeHead(200);
      next();
    });
    const { error } = await collect(kube.watch(pods, {}));
    expect((error as Error).message).toMatch(/longer than 16777216 bytes/);
    expect(sent).toBeLessThan(40);
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });
});

describe("leaving a watch", () => {
  it("closes the connection when the loop is left", async () => {
    const { server, kube } = await serve(watchLines([event("ADDED", pod("a", 1))], "keep-open"));
    for await (const _ of kube.watch(pods, {})) break;
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("rejects with the signal's reason, hands nothing on afterwards and leaves no listener", async () => {
    const lines = [event("ADDED", pod("a", 1)), event("ADDED", pod("b", 2))];
    const { server, kube } = await serve(watchLines(lines, "keep-open"));
    const controller = new AbortController();
    const reason = new Error("enough");
    const seen: string[] = [];
    const run = async (): Promise<void> => {
      for await (const item of kube.watch(pods, { signal: controller.signal })) {
        seen.push(item.type);
        controller.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(seen).toEqual(["ADDED"]);
    await vi.waitFor(() => expect(server.open()).toBe(0));
    await vi.waitFor(() => expect(getEventListeners(controller.signal, "abort")).toHaveLength(0));
  });

  it("leaves no listener on a long-lived signal when watches end by themselves", async () => {
    const { kube } = await serve(watchLines([bookmark]));
    const { signal } = new AbortController();
    for (let count = 0; count < 10; count += 1) await collect(kube.watch(pods, { signal }));
    await vi.waitFor(() => expect(getEventListeners(signal, "abort")).toHaveLength(0));
  });

  it("opens connections one after the other, not one for each watch", async () => {
    const { server, kube } = await serve(watchLines([bookmark]));
    for (let count = 0; count < 10; count += 1) await collect(kube.watch(pods, {}));
    await vi.waitFor(() => expect(server.open()).toBeLessThanOrEqual(1));
  });
});
