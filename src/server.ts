/** The server as a whole: caches, work queue, HTTP surface, and their orderly end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Hono } from "hono";
import type { ServeConfig } from "./config/serve-config.ts";
import type { Caches } from "./control/caches.ts";
import { startCaches } from "./control/caches.ts";
import { createCatalog } from "./control/catalog.ts";
import type { ControlContext, ControlSettings } from "./control/context.ts";
import { runLeadership } from "./control/leadership.ts";
import { createLookPacer } from "./control/look-at.ts";
import type { Looks } from "./control/looks.ts";
import type { Loop } from "./control/loop.ts";
import { createLoop } from "./control/loop.ts";
import { isOpen } from "./control/notifications.ts";
import { createNotifier } from "./control/notifier.ts";
import { createStanding } from "./control/standing.ts";
import type { RecordSummary } from "./control/summary.ts";
import { createApp } from "./http/app.ts";
import { followSecrets, openServer } from "./http/open.ts";
import { createAlertStore } from "./intake/alert-store.ts";
import type { Kube } from "./kube/types.ts";
import { createChannels } from "./notify/channels.ts";
import type { Logger } from "./reporting/log.ts";
import { createMetrics } from "./reporting/metrics.ts";
import { registerScorecard } from "./reporting/scorecard-metrics.ts";

export interface ServerOptions {
  config: ServeConfig;
  kube: Kube;
  log: Logger;
  about: { version: string; commit: string; buildDate: string };
  /** Ends the server when aborted. */
  signal: AbortSignal;
  now: () => number;
  /** How targets are looked at; absent: state comes from the Jobs' reports alone. */
  looks?: Looks;
  /** Told the port once it listens. */
  onListening?: (port: number) => void;
}

/** Requests in flight may finish for this long after the signal. */
const GRACE_MS = 10_000;

/** Runs until `signal` aborts, then stops in order. Rejects when it cannot listen. Stays up while the API is away. */
export async function runServer(options: ServerOptions): Promise<void> {
  const { config, kube, log, signal, about } = options;
  const { operariusNamespace: namespace, pace } = config;
  // Ends after the HTTP surface, so that what was answered with 200 is also seen by the loop.
  const stopping = new AbortController();
  const { context, caches, loop, notifier } = createControl(options, stopping.signal);
  const app = createHttp(options, context, caches, loop);
  try {
    const server = await openServer(app, {
      address: config.addr,
      readTimeoutMs: config.readTimeout,
      writeTimeoutMs: config.writeTimeout,
      files: config.tls,
      log,
      signal: stopping.signal,
    });
    log.info({ port: server.port, namespace, server: kube.server, ...about }, "listening");
    for (const warning of config.warnings) log.warn({ warning }, "the configuration can be bettered");
    if (pace === "fast") log.warn({ pace }, "PACE FAST: waits and soaks are cut short; for demos and tests only");
    options.onListening?.(server.port);
    const lead = async (term: AbortSignal): Promise<void> => {
      await Promise.all([loop.lead(context, caches, term), notifier.run(term)]);
    };
    const working = runLeadership({ kube, namespace, log, signal: stopping.signal, lead });
    await aborted(signal);
    // Not ready from now on; what is still routed here until everybody knows is served.
    log.info({ drainMs: config.drain, graceMs: GRACE_MS }, "stopping");
    await sleep(config.drain);
    await server.close(GRACE_MS);
    stopping.abort(new Error("the server is stopping"));
    await working;
    log.info({}, "stopped");
  } finally {
    stopping.abort(new Error("the server is stopping"));
    kube.close();
  }
}

/** The HTTP surface, nothing listening yet. */
function createHttp(options: ServerOptions, context: ControlContext, caches: Caches, loop: Loop): Hono {
  const { config, kube, log, signal, about, now } = options;
  const receiver = {
    context,
    catalog: createCatalog({ kube, namespace: config.operariusNamespace, cache: caches.operarii }),
    store: createAlertStore(),
    wake: (name: string) => loop.wake(name),
  };
  const secrets = followSecrets(config.auth, log, now);
  return createApp({
    receiver,
    auth: config.auth,
    ...(secrets === undefined ? {} : { secrets }),
    about,
    isReady: () => !signal.aborted && caches.hasSynced(),
    isStopping: () => signal.aborted,
    writeTimeoutMs: config.writeTimeout,
    maxBodyBytes: config.maxBodyBytes,
    maxConcurrentDeliveries: config.maxConcurrentDeliveries,
  });
}

/** The control loop, its caches running, its work not begun. */
function createControl({ config, kube, log, now, looks }: ServerOptions, signal: AbortSignal) {
  const { operariusNamespace: namespace, clusterName, pace, mode, namespaceSelector, limits } = config;
  const { notify = { events: [] } } = config;
  const own = config.ownServiceAccount === undefined ? {} : { ownServiceAccount: config.ownServiceAccount };
  const told = notify.events;
  const settings: ControlSettings = { namespace, clusterName, pace, mode, namespaceSelector, limits, told, ...own };
  const pacer = createLookPacer(limits.lookAtMostEveryMs, now);
  const seeing = looks === undefined ? {} : { looks, pacer };
  const base = { kube, log, metrics: createMetrics(), now, settings, ...seeing };
  const loop = createLoop();
  const notifier = createNotifier({
    context: base,
    channels: createChannels(notify, { now }),
    events: notify.events,
    queues: () => caches.records.items().map(({ queue }) => queue),
  });
  const record = (changed: RecordSummary): void => {
    loop.listeners.record(changed);
    if (changed.queue.entries.some(isOpen)) notifier.wake();
  };
  const caches = startCaches(base, { ...loop.listeners, record }, signal);
  const standing = createStanding({
    records: () => caches.records.items(),
    daemonSets: () => caches.daemonSets(),
    limits,
    now,
  });
  const context: ControlContext = { ...base, standing };
  registerScorecard(base.metrics.registry, {
    episodes: () => (loop.leads() ? caches.records.items().map(({ episode }) => episode) : []),
    now,
  });
  return { context, caches, loop, notifier };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
