import { afterEach, describe, expect, it, vi } from "vitest";
import { isNotFound, StatusError, TransportError } from "./errors.ts";
import { daemonSets, leases, nodes, pods } from "./resources.ts";
import { pod, podList, testKube } from "./testing/builders.ts";
import type { Behaviour, FaultServer } from "./testing/fault-server.ts";
import { failure, json, startFaultServer, text } from "./testing/fault-server.ts";
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
