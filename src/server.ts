/** The server as a whole: caches, work queue, HTTP surface, and their orderly end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Hono } from "hono";
import type { ServeConfig } from "./config/serve-config.ts";
import { startCaches } from "./control/caches.ts";
import { createCatalog } from "./control/catalog.ts";
import type { ControlContext, ControlSettings } from "./control/context.ts";
import { limitsFor } from "./control/limits.ts";
import { reconcile } from "./control/reconcile.ts";
import { createApp } from "./http/app.ts";
import type { RunningServer } from "./http/server.ts";
import { listen } from "./http/server.ts";
import type { TlsPair } from "./http/tls.ts";
import { followTls, loadTlsPair, validUntil } from "./http/tls.ts";
import { createAlertStore } from "./intake/alert-store.ts";
import type { Secrets } from "./intake/secrets.ts";
import { followSecretFile } from "./intake/secrets.ts";
import type { Kube } from "./kube/types.ts";
import { createWorkQueue } from "./kube/work-queue.ts";
import type { Logger } from "./reporting/log.ts";
import { errorText } from "./reporting/log.ts";
import { createMetrics } from "./reporting/metrics.ts";

export interface ServerOptions {
  config: ServeConfig;
  kube: Kube;
  log: Logger;
  about: { version: string; commit: string; buildDate: string };
  /** Ends the server when aborted. */
  signal: AbortSignal;
  now: () => number;
  /** Told the port once it listens. */
  onListening?: (port: number) => void;
}

/** How many Remediations are worked on at once. */
const CONCURRENCY = 4;
/** Requests in flight may finish for this long after the signal. */
const GRACE_MS = 10_000;

/** Runs until `signal` aborts, then stops in order. Rejects when it cannot listen. Stays up while the API is away. */
export async function runServer(options: ServerOptions): Promise<void> {
  const { config, kube, log, signal, about } = options;
  const metrics = createMetrics();
  const { operariusNamespace: namespace, clusterName, pace } = config;
  const settings: ControlSettings = {
    namespace,
    clusterName,
    pace,
    mode: "auto",
    namespaceSelector: "",
    limits: limitsFor(pace),
    ...(config.ownServiceAccount === undefined ? {} : { ownServiceAccount: config.ownServiceAccount }),
  };
  const context: ControlContext = { kube, log, metrics, now: options.now, settings };
  // Ends after the HTTP surface, so that what was answered with 200 is also seen by the loop.
  const loop = new AbortController();
  const queue = createWorkQueue();
  const caches = startCaches(context, (name) => queue.add(name), loop.signal);
  const receiver = {
    context,
    catalog: createCatalog({ kube, namespace, cache: caches.operarii }),
    store: createAlertStore(),
    wake: (name: string) => queue.add(name),
  };
  const isReady = () => !signal.aborted && caches.hasSynced();
  const secrets = secretsOf(options);
  const app = createApp({
    receiver,
    auth: config.auth,
    ...(secrets === undefined ? {} : { secrets }),
    about,
    isReady,
    isStopping: () => signal.aborted,
    writeTimeoutMs: config.writeTimeout,
    maxBodyBytes: config.maxBodyBytes,
    maxConcurrentDeliveries: config.maxConcurrentDeliveries,
  });
  try {
    const server = await open(app, options, loop.signal);
    log.info({ port: server.port, namespace, server: kube.server, ...about }, "listening");
    for (const warning of config.warnings) log.warn({ warning }, "the configuration can be bettered");
    if (pace === "fast") log.warn({ pace }, "PACE FAST: waits and soaks are cut short; for demos and tests only");
    options.onListening?.(server.port);
    const working = queue.run({
      concurrency: CONCURRENCY,
      reconcile: (name) => reconcile(context, name),
      signal: loop.signal,
      onError: (error, { key, failures, retryInMs }) =>
        log.warn({ remediation: key, failures, retryInMs, error: errorText(error) }, "will be tried again"),
    });
    await aborted(signal);
    // Not ready from now on; what is still routed here until everybody knows is served.
    log.info({ drainMs: config.drain, graceMs: GRACE_MS }, "stopping");
    await sleep(config.drain);
    await server.close(GRACE_MS);
    loop.abort(new Error("the server is stopping"));
    await working;
    log.info({}, "stopped");
  } finally {
    loop.abort(new Error("the server is stopping"));
    kube.close();
  }
}

/** Listens, with TLS where it is configured, and then follows the files of the certificate until the signal. */
async function open(app: Hono, { config, log }: ServerOptions, signal: AbortSignal): Promise<RunningServer> {
  const tls = config.tls === undefined ? undefined : await loadTlsPair(config.tls);
  const server = await listen(app, {
    address: config.addr,
    readTimeoutMs: config.readTimeout,
    writeTimeoutMs: config.writeTimeout,
    ...(tls === undefined ? {} : { tls }),
  }).catch((error: unknown) => {
    throw new Error(`cannot listen on port ${config.addr.port}; choose another one with --addr`, { cause: error });
  });
  if (config.tls === undefined || tls === undefined) return server;
  const onPair = (pair: TlsPair): void => {
    server.renew(pair);
    log.info({ validUntil: validUntil(pair) }, "the certificate was renewed");
  };
  const onTrouble = (error: unknown): void =>
    log.error({ error: errorText(error) }, "the new certificate cannot be used; the old one stays");
  followTls({ files: config.tls, first: tls, signal, onPair, onTrouble });
  return server;
}

/** The webhook's secrets as their file has them now; undefined where no file holds them. */
function secretsOf({ config: { auth }, log, now }: ServerOptions): Secrets | undefined {
  if (auth.method === "none" || auth.file === undefined) return undefined;
  const { file: path, secrets: first } = auth;
  return followSecretFile({
    path,
    first,
    now,
    onTrouble: (reason) => log.error({ file: path, reason }, "the file of secrets cannot be used; the old ones hold"),
    onChange: (count) => log.info({ file: path, count }, "the file of secrets was read again"),
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
