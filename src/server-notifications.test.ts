import { afterEach, expect, it } from "vitest";
import { aBody, anOperarius, install, NAMESPACE, until } from "../test/support/control-fixture.ts";
import { createMemoryKube } from "../test/support/memory-kube.ts";
import { limitsFor } from "./control/limits.ts";
import { jobs } from "./kube/resources.ts";
import type { FaultServer } from "./kube/testing/fault-server.ts";
import { startFaultServer, text } from "./kube/testing/fault-server.ts";
import type { NotifySettings } from "./notify/settings.ts";
import { remediations } from "./operarius/remediation.ts";
import { createLogger } from "./reporting/log.ts";
import { runServer } from "./server.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function startServer(kube: ReturnType<typeof createMemoryKube>, notify?: NotifySettings): Promise<string> {
  const stopping = new AbortController();
  let done: Promise<void> = Promise.resolve();
  const port = await new Promise<number>((resolve, reject) => {
    done = runServer({
      config: {
        addr: { host: "127.0.0.1", port: 0 },
        logLevel: "debug",
        readTimeout: 5000,
        writeTimeout: 5000,
        auth: { method: "none" },
        operariusNamespace: NAMESPACE,
        clusterName: "",
        pace: "normal",
        maxBodyBytes: 4 * 1024 * 1024,
        maxConcurrentDeliveries: 64,
        drain: 0,
        warnings: [],
        mode: "auto",
        namespaceSelector: "",
        limits: limitsFor("normal"),
        ...(notify === undefined ? {} : { notify }),
      },
      kube,
      log: createLogger({ level: "debug", destination: { write: () => undefined } }),
      about: { version: "0.0.0", commit: "c", buildDate: "d" },
      signal: stopping.signal,
      now: Date.now,
      onListening: resolve,
    });
    done.catch(reject);
  });
  stops.push(async () => {
    stopping.abort();
    await done;
  });
  return `http://127.0.0.1:${port}`;
}

async function receiver(): Promise<FaultServer> {
  const server = await startFaultServer(text("ok"));
  stops.push(() => server.close());
  return server;
}

/** From the alert to a Job that failed. */
async function fail(kube: ReturnType<typeof createMemoryKube>, base: string): Promise<void> {
  const container = { name: "c", image: "busybox:1", command: ["false"] };
  await install(kube, anOperarius({ jobTemplate: { spec: { template: { spec: { containers: [container] } } } } }));
  await fetch(`${base}/alerts`, { method: "POST", body: aBody() });
  await until(() => kube.all(remediations)[0]?.status?.phase === "Running", "running");
  const name = kube.all(jobs)[0]?.metadata.name ?? "";
  const status = { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] };
  await kube.patchStatus(jobs, { namespace: NAMESPACE, name }, { type: "merge", body: { status } });
  await until(() => kube.all(remediations)[0]?.status?.phase === "Failed", "failed");
}

it("tells a person that a repair failed, once, and keeps that on the record", async () => {
  const kube = createMemoryKube();
  const server = await receiver();
  const base = await startServer(kube, { webhook: { url: server.url }, events: ["Failed"] });
  await fail(kube, base);
  await until(() => kube.all(remediations)[0]?.status?.notifications?.[0]?.sentAt !== undefined, "told");
  const [record] = kube.all(remediations);
  expect(server.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: "io.openfero.remediation.failed", data: { remediation: record?.metadata.name, phase: "Failed" } },
  ]);
  expect(record?.status).toMatchObject({ mode: "auto", notifications: [{ event: "Failed", sentTo: ["webhook"] }] });
  const metrics = await (await fetch(`${base}/metrics`)).text();
  expect(metrics).toContain('openfero_notifications_total{channel="webhook",result="sent"} 1');
  expect(metrics).toContain('openfero_scorecard_agreement{mode="auto",result="not-counted"} 1');
});

it.each([
  ["nobody is to be told", undefined],
  ["it is not one of the events that are told", { webhook: { url: "http://127.0.0.1:1" }, events: [] }],
])("queues nothing where %s", async (_what, notify) => {
  const kube = createMemoryKube();
  await fail(kube, await startServer(kube, notify));
  expect(kube.all(remediations)[0]?.status).not.toHaveProperty("notifications");
});
