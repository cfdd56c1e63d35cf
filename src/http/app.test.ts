import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { aBody, aContext, anOperarius, install, NAMESPACE, until } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createCatalog, toCatalogEntry } from "../control/catalog.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import type { AuthSettings } from "../intake/auth.ts";
import { TransportError } from "../kube/errors.ts";
import { jobs } from "../kube/resources.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { operariuses } from "../operarius/operarius.ts";
import { remediations } from "../operarius/remediation.ts";
import { createApp } from "./app.ts";
import type { RunningServer } from "./server.ts";
import { listen } from "./server.ts";

interface Options {
  auth?: AuthSettings;
  secrets?: () => Promise<readonly string[]>;
  operarii?: OperariusObject[];
  ready?: boolean;
  writeTimeoutMs?: number;
  stopping?: boolean;
  maxConcurrentDeliveries?: number;
}

async function setUp(options: Options = {}) {
  const kube = createMemoryKube();
  await install(kube, ...(options.operarii ?? []));
  const cache = { hasSynced: () => true, items: () => kube.all(operariuses).map(toCatalogEntry) };
  const context = aContext(kube);
  const app = createApp({
    receiver: { context, catalog: createCatalog({ kube, namespace: NAMESPACE, cache }), store: createAlertStore() },
    auth: options.auth ?? { method: "none" },
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
    about: { version: "1.2.3", commit: "abc", buildDate: "today" },
    isReady: () => options.ready ?? true,
    isStopping: () => options.stopping ?? false,
    writeTimeoutMs: options.writeTimeoutMs ?? 5000,
    maxBodyBytes: 4_194_304,
    maxConcurrentDeliveries: options.maxConcurrentDeliveries ?? 64,
  });
  const get = async (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
  const post = async (body: string, headers: Record<string, string> = {}) =>
    app.request("/alerts", { method: "POST", body, headers });
  return { app, kube, context, get, post };
}

const writes = (kube: Awaited<ReturnType<typeof setUp>>["kube"]) =>
  kube.calls.filter(({ verb, plural }) => !["get", "list"].includes(verb) && plural !== "operariuses");

describe("reads", () => {
  it("GET /alerts is OK", async () => {
    const { get } = await setUp();
    expect(await (await get("/alerts")).json()).toBe("OK");
  });

  it("/api/about tells the build", async () => {
    const { get } = await setUp();
    expect(await (await get("/api/about")).json()).toEqual({ version: "1.2.3", commit: "abc", buildDate: "today" });
  });

  it("/api/alerts and its old name show what arrived, newest first, and search", async () => {
    const { get, post } = await setUp({ operarii: [anOperarius()] });
    await post(aBody([{ labels: { alertname: "Unknown", namespace: "x" } }]));
    await post(aBody());
    for (const path of ["/api/alerts", "/alertStore"]) {
      const all = (await (await get(path)).json()) as { alert: { labels: Record<string, string> } }[];
      expect(all.map(({ alert }) => alert.labels.alertname)).toEqual(["KubeDaemonSetRolloutStuck", "Unknown"]);
      expect(await (await get(`${path}?q=UNKNOWN`)).json()).toHaveLength(1);
      expect(all[0]).toMatchObject({
        status: "firing",
        timestamp: expect.stringMatching(/^\d{4}-/),
        jobInfo: {
          operariusName: "daemonset-rollout-fix",
          image: "operarius:0.1.0",
          jobName: expect.stringMatching(/^daemonset-rollout-fix-/),
        },
      });
      expect(all[1]).not.toHaveProperty("jobInfo");
    }
  });

  it("/api/jobs has one entry per Operarius, with what is wrong with the bad ones", async () => {
    const args = [{ name: "c", image: "i", args: ["{{ .Labels.x"] }];
    const broken = anOperarius({ jobTemplate: { spec: { template: { spec: { containers: args } } } } }, "broken");
    const { get } = await setUp({ operarii: [anOperarius(), broken] });
    expect(await (await get("/api/jobs")).json()).toEqual([
      {
        operariusName: "daemonset-rollout-fix",
        jobName: "KubeDaemonSetRolloutStuck",
        namespace: NAMESPACE,
        image: "operarius:0.1.0",
        executionCount: 0,
      },
      expect.objectContaining({
        operariusName: "broken",
        status: expect.stringContaining("Invalid: spec.jobTemplate.spec.template.spec.containers[0].args[0]"),
      }),
    ]);
  });

  it("probes: ready and starting", async () => {
    const ready = await setUp();
    for (const path of ["/healthz", "/readiness", "/startupz"]) expect((await ready.get(path)).status).toBe(200);
    expect(await (await ready.get("/healthz")).text()).toBe("ok");
    const starting = await setUp({ ready: false });
    const answer = await starting.get("/startupz");
    expect([answer.status, await answer.text()]).toEqual([503, "starting"]);
    expect((await starting.get("/readiness")).status).toBe(503);
    expect((await starting.get("/healthz")).status).toBe(200);
  });

  it("while it stops it is not ready, serves on, and keeps no connection", async () => {
    const { get, post, kube } = await setUp({ stopping: true, operarii: [anOperarius()] });
    const answer = await get("/readiness");
    expect([answer.status, await answer.text()]).toEqual([503, "stopping"]);
    const delivered = await post(aBody());
    expect([delivered.status, delivered.headers.get("connection")]).toEqual([200, "close"]);
    expect(kube.all(remediations)).toHaveLength(1);
  });

  it("/metrics has the contract's names", async () => {
    const { get } = await setUp();
    const answer = await get("/metrics");
    expect(answer.headers.get("content-type")).toContain("text/plain");
    const text = await answer.text();
    for (const name of [
      "jobs_created_total",
      "jobs_succeeded_total",
      "jobs_failed_total",
      "operarius_sync_errors_total",
      "operarius_items_loaded",
    ]) {
      expect(text).toContain(`openfero_${name} 0`);
    }
  });

  it("404 and 405 are JSON and name the way out", async () => {
    const { get, app } = await setUp();
    const missing = await get("/nowhere");
    expect([missing.status, await missing.json()]).toEqual([404, { error: "there is nothing at /nowhere" }]);
    const wrong = await app.request("/alerts", { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, POST"]);
    expect(await wrong.json()).toHaveProperty("error");
  });
});

describe("POST /alerts", () => {
  it.each(["", "{", "[]", "{}", '{"alerts":[{"labels":{"a":1}}]}', '{"alerts":7}'])(
    "%s is 400 with the reason, and nothing is stored or written",
    async (body) => {
      const { get, post, kube } = await setUp({ operarii: [anOperarius()] });
      const answer = await post(body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual({ error: expect.stringMatching(/\w/) });
      expect(await (await get("/api/alerts")).json()).toEqual([]);
      expect(writes(kube)).toEqual([]);
    },
  );

  it("5 MB is 413, and nothing is written", async () => {
    const { post, kube } = await setUp({ operarii: [anOperarius()] });
    const answer = await post(aBody([{ annotations: { x: "x".repeat(5_000_000) } }]));
    expect(answer.status).toBe(413);
    expect(((await answer.json()) as { error: string }).error).toContain("4194304 bytes");
    expect(writes(kube)).toEqual([]);
  });

  it("does not look at the Content-Type, and folds the case of keys", async () => {
    const { post, kube } = await setUp({ operarii: [anOperarius()] });
    const body = aBody().replaceAll('"alerts"', '"Alerts"').replaceAll('"startsAt"', '"StartsAt"');
    expect((await post(body, { "content-type": "text/plain" })).status).toBe(200);
    expect(kube.all(remediations)).toHaveLength(1);
  });

  it("says how many alerts Alertmanager left out, and only then", async () => {
    const { post } = await setUp();
    const answer = (await (
      await post(JSON.stringify({ ...JSON.parse(aBody()), truncatedAlerts: 3 }))
    ).json()) as object;
    expect(answer).toMatchObject({ status: "recorded", truncated: 3 });
    expect(await (await post(aBody())).json()).not.toHaveProperty("truncated");
  });

  it("is 503 when it cannot be recorded now, never 200", async () => {
    const { post, kube } = await setUp({ operarii: [anOperarius()] });
    kube.failWith(() => new TransportError("connect ECONNREFUSED"));
    const answer = await post(aBody());
    expect(answer.status).toBe(503);
    expect(((await answer.json()) as { error: string }).error).toContain("ECONNREFUSED");
    expect(answer.headers.get("retry-after")).toBe("5");
  });

  it("is 503 beyond the deliveries that may be worked on at once, also when their answers were given up", async () => {
    const options = { operarii: [anOperarius()], maxConcurrentDeliveries: 2, writeTimeoutMs: 300 };
    const { post, kube } = await setUp(options);
    let go = (): void => undefined;
    const held = new Promise<undefined>((resolve) => {
      go = () => resolve(undefined);
    });
    kube.failWith(({ verb, plural }) => (verb === "list" && plural === "remediations" ? held : undefined));
    const late = await Promise.all([post(aBody()), post(aBody())]);
    expect(late.map(({ status }) => status)).toEqual([503, 503]);
    const third = await post(aBody());
    expect([third.status, third.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await third.json()).toEqual({ error: expect.stringContaining("2 deliveries are worked on already") });
    go();
    await until(async () => (await post(aBody())).status === 200, "the places are free again");
    const refused = Array.from({ length: 5 }, () => post("{"));
    expect((await Promise.all(refused)).filter(({ status }) => status === 400).length).toBeGreaterThan(0);
    await until(async () => (await post(aBody())).status === 200, "a refused body gives its place back");
  });
});

describe("an API server that does not answer", () => {
  it("is a 503 at the write timeout, and the late record stands for the next delivery", async () => {
    const { post, kube } = await setUp({ operarii: [anOperarius()], writeTimeoutMs: 50 });
    let answer = (): void => undefined;
    const hanging = new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined);
    });
    kube.failWith(({ verb, plural }) => (verb === "create" && plural === "remediations" ? hanging : undefined));
    const late = await post(aBody());
    expect([late.status, await late.json()]).toEqual([503, { error: expect.stringContaining("--writeTimeout") }]);
    answer();
    kube.failWith(() => undefined);
    expect((await post(aBody())).status).toBe(200);
    expect(kube.all(remediations)).toHaveLength(1);
  });
});

describe("authentication", () => {
  const basic: AuthSettings = { method: "basic", user: "u", secrets: ["p"] };
  const right = { authorization: `Basic ${Buffer.from("u:p").toString("base64")}` };

  it.each(["/alerts", "/api/alerts", "/api/jobs", "/api/about", "/alertStore", "/metrics", "/nowhere"])(
    "is asked for reading %s too",
    async (path) => {
      const { get } = await setUp({ auth: basic });
      const denied = await get(path);
      expect([denied.status, denied.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="operarius"']);
      expect((await get(path, right)).status).not.toBe(401);
    },
  );

  it("keeps an unknown sender's alert out", async () => {
    const { post, kube } = await setUp({
      auth: { method: "bearer", secrets: ["t", "next"] },
      operarii: [anOperarius()],
    });
    const denied = await post(aBody(), { authorization: "Bearer wrong" });
    expect([denied.status, denied.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="operarius"']);
    expect(kube.all(remediations)).toEqual([]);
    expect((await post(aBody(), { authorization: "bearer t" })).status).toBe(200);
    expect((await post(aBody(), { authorization: "Bearer next" })).status).toBe(200);
  });

  it("asks for the secrets that hold now", async () => {
    const held = ["t"];
    const secrets = async () => held;
    const { get } = await setUp({ auth: { method: "bearer", secrets: ["t"] }, secrets });
    expect((await get("/alerts", { authorization: "Bearer t" })).status).toBe(200);
    held.splice(0, 1, "next");
    expect((await get("/alerts", { authorization: "Bearer t" })).status).toBe(401);
    expect((await get("/alerts", { authorization: "Bearer next" })).status).toBe(200);
  });

  it("leaves the probes open", async () => {
    const { get } = await setUp({ auth: basic });
    for (const path of ["/healthz", "/readiness", "/startupz"]) expect((await get(path)).status).toBe(200);
  });
});

describe("over a real socket", () => {
  const running: RunningServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close(100);
  });
  async function open(readTimeoutMs = 5000) {
    const parts = await setUp({ operarii: [anOperarius()] });
    const server = await listen(parts.app, {
      address: { host: "127.0.0.1", port: 0 },
      readTimeoutMs,
      writeTimeoutMs: 5000,
    });
    running.push(server);
    return { ...parts, server };
  }

  it("still answers others, in time, while it reads a delivery of a hundred thousand alerts", async () => {
    const { server } = await open();
    const url = `http://127.0.0.1:${server.port}`;
    const body = `{"status":"firing","commonLabels":{"alertname":"x"},"alerts":[${Array(100_000).fill("{}").join()}]}`;
    let slowest = 0;
    let over = false;
    const delivery = fetch(`${url}/alerts`, { method: "POST", body }).finally(() => {
      over = true;
    });
    while (!over) {
      const begun = performance.now();
      await (await fetch(`${url}/healthz`)).text();
      slowest = Math.max(slowest, performance.now() - begun);
    }
    expect((await delivery).status).toBeLessThanOrEqual(503);
    expect(slowest).toBeLessThan(3000);
  });

  it("answers 413 to a body that is too large, with or without its length", async () => {
    const { server } = await open();
    const url = `http://127.0.0.1:${server.port}/alerts`;
    const chunk = new Uint8Array(1_000_000).fill(120);
    const bodies = [Buffer.alloc(9_000_000, "x"), ReadableStream.from(Array.from({ length: 9 }, () => chunk))];
    for (const body of bodies) {
      const answer = await fetch(url, { method: "POST", body, duplex: "half" } as RequestInit);
      expect(answer.status).toBe(413);
    }
  });

  it("cuts off a sender that never ends, and goes on serving", async () => {
    const { server } = await open();
    await new Promise<void>((resolve) => {
      const sending = request({ port: server.port, host: "127.0.0.1", method: "POST", path: "/alerts" });
      const timer = setInterval(() => sending.write(Buffer.alloc(4_000_000, "x")), 5);
      // Depending on who is faster, the sender sees the answer or only the end of the connection.
      sending.on("error", () => undefined);
      sending.on("close", () => {
        clearInterval(timer);
        resolve();
      });
    });
    expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);
  });

  it("gives a sender that drips the read timeout, not longer", async () => {
    const { server } = await open(200);
    const begun = performance.now();
    const code = await new Promise((resolve) => {
      const sending = request({ port: server.port, host: "127.0.0.1", method: "POST", path: "/alerts" });
      const timer = setInterval(() => sending.write(" "), 20);
      sending.on("error", () => undefined);
      sending.on("response", ({ statusCode }) => resolve(statusCode));
      sending.on("close", () => clearInterval(timer));
    });
    expect(code).toBe(408);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it("finishes what is in flight before it closes, and accepts nothing new", async () => {
    const { server, kube } = await open();
    const inFlight = fetch(`http://127.0.0.1:${server.port}/alerts`, { method: "POST", body: aBody() });
    while (!kube.calls.some(({ plural }) => plural === "remediations"))
      await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close(5000);
    expect((await inFlight).status).toBe(200);
    await closed;
    await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow("fetch failed");
    expect(kube.all(remediations)).toHaveLength(1);
    expect(kube.all(jobs)).toEqual([]);
  });

  it("says when a port is taken", async () => {
    const { server, app } = await open();
    const again = listen(app, {
      address: { host: "127.0.0.1", port: server.port },
      readTimeoutMs: 1,
      writeTimeoutMs: 1,
    });
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
