import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createKube } from "./client.ts";
import { isNotFound, StatusError, TransportError } from "./errors.ts";
import { daemonSets, leases, nodes, pods } from "./resources.ts";
import { pod, podList, testCredentials, testKube } from "./testing/builders.ts";
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

describe("what is sent", () => {
  const cases: {
    name: string;
    call: (kube: Kube) => Promise<unknown>;
    want: { method: string; url: string; type?: string; body?: unknown };
  }[] = [
    { name: "get", call: (k) => k.get(pods, ref), want: { method: "GET", url: "/api/v1/namespaces/ns/pods/a" } },
    {
      name: "get of a cluster-scoped kind",
      call: (k) => k.get(nodes, { name: "n1" }),
      want: { method: "GET", url: "/api/v1/nodes/n1" },
    },
    {
      name: "list with selectors",
      call: (k) => k.list(daemonSets, { labelSelector: "a in (b,c)", fieldSelector: "metadata.name=x" }),
      want: {
        method: "GET",
        url: "/apis/apps/v1/daemonsets?labelSelector=a%20in%20(b%2Cc)&fieldSelector=metadata.name%3Dx&limit=500",
      },
    },
    {
      name: "create",
      call: (k) => k.create(leases, { metadata: { namespace: "ns", name: "l" } }, { dryRun: true }),
      want: {
        method: "POST",
        url: "/apis/coordination.k8s.io/v1/namespaces/ns/leases?dryRun=All&fieldManager=operarius",
        type: "application/json",
        body: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace: "ns", name: "l" } },
      },
    },
    {
      name: "replaceStatus",
      call: (k) => k.replaceStatus(pods, pod("a", 7), { fieldManager: "other" }),
      want: {
        method: "PUT",
        url: "/api/v1/namespaces/ns/pods/a/status?fieldManager=other",
        type: "application/json",
        body: { apiVersion: "v1", kind: "Pod", ...pod("a", 7) },
      },
    },
    {
      name: "JSON patch",
      call: (k) =>
        k.patch(pods, ref, { type: "json", operations: [{ op: "test", path: "/metadata/uid", value: "u" }] }),
      want: {
        method: "PATCH",
        url: "/api/v1/namespaces/ns/pods/a?fieldManager=operarius",
        type: "application/json-patch+json",
        body: [{ op: "test", path: "/metadata/uid", value: "u" }],
      },
    },
    {
      name: "merge patch of the status",
      call: (k) => k.patchStatus(pods, ref, { type: "merge", body: { status: {} } }),
      want: {
        method: "PATCH",
        url: "/api/v1/namespaces/ns/pods/a/status?fieldManager=operarius",
        type: "application/merge-patch+json",
        body: { status: {} },
      },
    },
    {
      name: "strategic merge patch",
      call: (k) => k.patch(pods, ref, { type: "strategic", body: { spec: {} } }),
      want: {
        method: "PATCH",
        url: "/api/v1/namespaces/ns/pods/a?fieldManager=operarius",
        type: "application/strategic-merge-patch+json",
        body: { spec: {} },
      },
    },
    {
      name: "server-side apply",
      call: (k) => k.patch(pods, ref, { type: "apply", body: { spec: {} }, fieldManager: "me", force: true }),
      want: {
        method: "PATCH",
        url: "/api/v1/namespaces/ns/pods/a?fieldManager=me&force=true",
        type: "application/apply-patch+yaml",
        body: { apiVersion: "v1", kind: "Pod", spec: {} },
      },
    },
    {
      name: "delete with preconditions",
      call: (k) => k.delete(pods, ref, { preconditions: { uid: "u", resourceVersion: "3" }, dryRun: true }),
      want: {
        method: "DELETE",
        url: "/api/v1/namespaces/ns/pods/a?dryRun=All",
        type: "application/json",
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          preconditions: { uid: "u", resourceVersion: "3" },
          dryRun: ["All"],
        },
      },
    },
    {
      name: "post to a subresource",
      call: (k) => k.post("/api/v1/namespaces/ns/serviceaccounts/sa/token", { spec: {} }),
      want: {
        method: "POST",
        url: "/api/v1/namespaces/ns/serviceaccounts/sa/token",
        type: "application/json",
        body: { spec: {} },
      },
    },
  ];
  it.each(cases)("$name", async ({ call, want }) => {
    const { server, kube } = await serve(json(podList(1, [])));
    await call(kube);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: want.method, url: want.url });
    expect(request?.headers["content-type"]).toBe(want.type);
    expect(request?.body ? JSON.parse(request.body) : undefined).toEqual(want.body);
    expect(request?.headers["user-agent"]).toBe("operarius/test");
    expect(request?.headers.authorization).toBe("Bearer token-0");
  });

  it("keeps the path prefix of the server", async () => {
    const { server } = await serve(json({}));
    const prefixed = testKube({ url: `${server.url}/k8s/clusters/c-1` });
    await prefixed.get(pods, ref);
    prefixed.close();
    expect(server.requests[0]?.url).toBe("/k8s/clusters/c-1/api/v1/namespaces/ns/pods/a");
  });

  it.each(["", ".", "..", "a/b", "a%2Fb"])(
    "never sends the name %j, which would address something else",
    async (name) => {
      const { server, kube } = await serve(json({}));
      await expect(kube.delete(pods, { namespace: "ns", name })).rejects.toMatchObject({ code: 400 });
      await expect(kube.get(pods, { namespace: name, name: "a" })).rejects.toMatchObject({ code: 400 });
      await expect(kube.list(pods, { namespace: name })).rejects.toMatchObject({ code: 400 });
      expect(server.requests).toEqual([]);
    },
  );

  it("never deletes without a namespace", async () => {
    const { server, kube } = await serve(json({}));
    await expect(kube.delete(pods, { name: "a" })).rejects.toThrow('no namespace was given for pods "a"');
    await expect(kube.create(pods, { metadata: { name: "a" } })).rejects.toThrow("no namespace was given");
    expect(server.requests).toEqual([]);
  });
});

describe("answers", () => {
  it("reads logs and raw answers as text or JSON", async () => {
    const { kube } = await serve([text("one\ntwo\n"), text("ok"), json({ major: "1" })]);
    expect(await kube.logs({ namespace: "ns", name: "a" }, { tailLines: 2 })).toBe("one\ntwo\n");
    expect(await kube.raw("/readyz")).toBe("ok");
    expect(await kube.raw("/version")).toEqual({ major: "1" });
  });

  it("reports a Status with its message, reason and Retry-After", async () => {
    const { kube } = await serve(failure(409, "Conflict", { "retry-after": "7" }));
    const error = await kube.get(pods, ref).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StatusError);
    expect(error).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: "Conflict for the test",
      retryAfterSeconds: 7,
    });
  });

  it("reports other error bodies cut short", async () => {
    const { server, kube } = await serve(text(`<html>\n${"x".repeat(5000)}`, 404));
    const error = await kube.get(pods, ref).catch((caught: unknown) => caught);
    expect(isNotFound(error)).toBe(true);
    const { message } = error as Error;
    expect(message).toContain(`GET ${server.url}/api/v1/namespaces/ns/pods/a: HTTP 404: <html> xxx`);
    expect(message.length).toBeLessThan(450);
  });

  it("refuses an answer that is not JSON", async () => {
    const { kube } = await serve(text("<html>a login page</html>"));
    await expect(kube.get(pods, ref)).rejects.toThrow(/not JSON.*login page/);
    await expect(kube.get(pods, ref)).rejects.toBeInstanceOf(TransportError);
  });

  it("refuses an answer that is too long", async () => {
    const { server, kube } = await serve(json({ filler: "x".repeat(100_000) }), { longestAnswer: 50_000 });
    await expect(kube.get(pods, ref)).rejects.toThrow("longer than 50000 bytes");
    await vi.waitFor(() => expect(server.open()).toBe(0));
  });
});

describe("lists", () => {
  it("pages through to the end and completes apiVersion and kind", async () => {
    const { server, kube } = await serve([
      json(podList(5, [pod("a", 1)], "t1")),
      json(podList(5, [pod("b", 2)], "t2")),
      json(podList(5, [pod("c", 3)])),
    ]);
    const { items, resourceVersion } = await kube.list(pods, { namespace: "ns", pageSize: 1 });
    expect(items.map((item) => item.metadata.name)).toEqual(["a", "b", "c"]);
    expect(items[0]).toMatchObject({ apiVersion: "v1", kind: "Pod" });
    expect(resourceVersion).toBe("5");
    expect(server.requests.map(({ query }) => [query.get("limit"), query.get("continue")])).toEqual([
      ["1", null],
      ["1", "t1"],
      ["1", "t2"],
    ]);
  });

  it("starts over without pages, once, when the continue token has expired", async () => {
    const { server, kube } = await serve([
      json(podList(5, [pod("a", 1), pod("gone", 1)], "t1")),
      failure(410, "Expired"),
      json(podList(9, [pod("a", 1), pod("b", 8)])),
    ]);
    const { items, resourceVersion } = await kube.list(pods, { pageSize: 2 });
    expect(items.map((item) => item.metadata.name)).toEqual(["a", "b"]);
    expect(resourceVersion).toBe("9");
    expect(server.requests[2]?.query.has("limit")).toBe(false);
  });

  it("takes a null list as empty", async () => {
    const { kube } = await serve(json({ metadata: { resourceVersion: "1" }, items: null }));
    expect((await kube.list(pods)).items).toEqual([]);
  });
});

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
