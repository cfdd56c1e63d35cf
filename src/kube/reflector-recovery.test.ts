import { describe, expect, it, vi } from "vitest";
import { TransportError } from "./errors.ts";
import { event, pod, podList } from "./testing/builders.ts";
import type { Behaviour } from "./testing/fault-server.ts";
import { failure, json, reset, truncated, watchLines } from "./testing/fault-server.ts";
import { bookmark, gone, listed, open, play, watched } from "./testing/reflector-scene.ts";

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
