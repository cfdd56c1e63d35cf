import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createKube } from "./client.ts";
import { TransportError } from "./errors.ts";
import { pods } from "./resources.ts";
import { pod, testCredentials, testKube } from "./testing/builders.ts";
import type { Behaviour, FaultServer } from "./testing/fault-server.ts";
import { failure, json, reset, silence, startFaultServer, text, truncated } from "./testing/fault-server.ts";
import type { Kube } from "./types.ts";

let server: FaultServer | undefined;
let kube: Kube | undefined;

async function serve(behaviours: Behaviour | Behaviour[], options: Parameters<typeof testKube>[1] = {}) {
  server = await startFaultServer(behaviours);
  kube = testKube(server, options);
  return { server, kube };
}

afterEach(async () => {
  kube?.close();
  await server?.close();
});

const ref = { namespace: "ns", name: "a" };

describe("faults of a read", () => {
  it.each<[string, Behaviour]>([
    ["429 with Retry-After", failure(429, "TooManyRequests", { "retry-after": "0" })],
    ["429 without", failure(429, "TooManyRequests")],
    ["502", text("bad gateway", 502)],
    ["503", failure(503, "ServiceUnavailable")],
    ["504", failure(504, "Timeout")],
    ["a reset connection", reset],
    ["a truncated answer", truncated],
  ])("%s is tried again at most twice", async (_, fault) => {
    const { server, kube } = await serve([fault, fault, json(pod("a", 1))]);
    expect((await kube.get(pods, ref)).metadata.name).toBe("a");
    expect(server.requests).toHaveLength(3);
    await server.close();
    const broken = await serve(fault);
    await expect(broken.kube.get(pods, ref)).rejects.toThrow();
    expect(broken.server.requests).toHaveLength(3);
  });

  it.each([400, 403, 404, 409, 422, 500])("%i is final", async (code) => {
    const { server, kube } = await serve(failure(code, "Reason"));
    await expect(kube.get(pods, ref)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  it("does not wait for a Retry-After beyond the time limit", async () => {
    const { server, kube } = await serve(failure(429, "TooManyRequests", { "retry-after": "600" }));
    await expect(kube.get(pods, ref)).rejects.toMatchObject({ code: 429, retryAfterSeconds: 600 });
    expect(server.requests).toHaveLength(1);
  });

  it("survives a connection that the server closed while it was idle", async () => {
    const { server, kube } = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
      response.on("finish", () => setImmediate(() => response.socket?.resetAndDestroy()));
    });
    for (let count = 0; count < 5; count += 1) await kube.get(pods, ref);
    expect(server.requests.length).toBeGreaterThanOrEqual(5);
  });
});

describe("faults of a write", () => {
  const write = (k: Kube) => k.delete(pods, ref, { preconditions: { uid: "u" } });

  it.each<[string, Behaviour]>([
    ["a reset connection", reset],
    ["a truncated answer", truncated],
    ["502", text("bad gateway", 502)],
    ["504", failure(504, "Timeout")],
    ["500", failure(500, "InternalError")],
    ["503 without Retry-After", failure(503, "ServiceUnavailable")],
  ])("%s is never sent again: it may have been carried out", async (_, fault) => {
    const { server, kube } = await serve([fault, json({})]);
    await expect(write(kube)).rejects.toThrow();
    expect(server.requests).toHaveLength(1);
  });

  it("says so after a reset, too", async () => {
    const { kube } = await serve(reset);
    await expect(write(kube)).rejects.toThrow(/pods\/a: connection reset; it may or may not have been carried out$/);
  });

  it.each([429, 503])("%i with Retry-After was turned away and is sent again", async (code) => {
    const { server, kube } = await serve([failure(code, "Busy", { "retry-after": "0" }), json({})]);
    await write(kube);
    expect(server.requests).toHaveLength(2);
  });

  it("says that the outcome of a time-out is unknown", async () => {
    const { server, kube } = await serve(silence);
    await expect(kube.delete(pods, ref, { timeoutMs: 50 })).rejects.toThrow(
      /no answer within 0.05 s; it may or may not have been carried out/,
    );
    expect(server.requests).toHaveLength(1);
  });
});

describe("no server", () => {
  it("names the address and the way out", async () => {
    const { server, kube } = await serve(json({}));
    await server.close();
    const error = await kube.get(pods, ref).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransportError);
    expect((error as Error).message).toBe(
      `cannot reach the API server ${server.url}: connection refused. Check that it is running and that this is the right address.`,
    );
  });

  it("does not trust plain HTTP behind https", async () => {
    const { server } = await serve(json({}));
    const secure = testKube({ url: server.url.replace("http:", "https:") });
    await expect(secure.get(pods, ref)).rejects.toBeInstanceOf(TransportError);
    secure.close();
  });
});

describe("time and signals", () => {
  it.each<[string, Behaviour]>([
    ["before the headers", silence],
    [
      "in the middle of the body",
      (response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.write("{");
      },
    ],
  ])("ends at the time limit %s", async (_, behaviour) => {
    const { server, kube } = await serve(behaviour, { timeoutMs: 60 });
    await expect(kube.get(pods, ref)).rejects.toThrow("no answer within 0.06 s");
    await expect(kube.get(pods, ref)).rejects.toBeInstanceOf(TransportError);
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("rejects with the reason of the signal, before, during and between tries", async () => {
    const reason = new Error("enough");
    const { server, kube } = await serve([silence, failure(429, "TooManyRequests", { "retry-after": "5" })]);
    await expect(kube.get(pods, ref, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
    for (const count of [1, 2]) {
      const controller = new AbortController();
      const pending = kube.get(pods, ref, { signal: controller.signal });
      const rejected = expect(pending).rejects.toBe(reason);
      await vi.waitFor(() => expect(server.requests).toHaveLength(count));
      controller.abort(reason);
      await rejected;
    }
  });

  it("holds while authentication takes for ever", async () => {
    const { server } = await serve(json({}));
    const stuck = { ...testCredentials(server.url), authenticate: () => new Promise<never>(() => {}) };
    const client = createKube(stuck, { userAgent: "test", timeoutMs: 50 });
    await expect(client.get(pods, ref)).rejects.toThrow("no answer within 0.05 s");
    const reason = new Error("enough");
    await expect(client.get(pods, ref, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("leaves nothing behind on a long-lived signal", async () => {
    const { kube } = await serve(json({}));
    const { signal } = new AbortController();
    for (let count = 0; count < 20; count += 1) await kube.get(pods, ref, { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("connections and tokens", () => {
  it("uses one connection for calls in a row", async () => {
    const { server, kube } = await serve(json({}));
    for (let count = 0; count < 10; count += 1) await kube.get(pods, ref);
    expect(server.accepted()).toBe(1);
    kube.close();
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });

  it("reads the credentials again after one 401, also for a write, and only once", async () => {
    const fault = await startFaultServer([failure(401, "Unauthorized"), json({}), failure(401, "Unauthorized")]);
    const credentials = testCredentials(fault.url);
    const client = createKube(credentials, { userAgent: "test" });
    await client.delete(pods, ref);
    expect(fault.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-0", "Bearer token-1"]);
    await expect(client.get(pods, ref)).rejects.toMatchObject({ code: 401 });
    expect(fault.requests).toHaveLength(4);
    client.close();
    await fault.close();
  });
});
