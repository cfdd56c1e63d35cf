/** The server as a whole: caches, work queue, HTTP surface, and their orderly end. */
import type { ServeConfig } from "./config/serve-config.ts";
import { startCaches } from "./control/caches.ts";
import { createCatalog } from "./control/catalog.ts";
import type { ControlContext, ControlSettings } from "./control/context.ts";
import { runLeadership } from "./control/leadership.ts";
import { limitsFor } from "./control/limits.ts";
import { createLookPacer } from "./control/look-at.ts";
import type { Looks } from "./control/looks.ts";
import { createLoop } from "./control/loop.ts";
import { createStanding } from "./control/standing.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./http/server.ts";
import { createAlertStore } from "./intake/alert-store.ts";
import type { Kube } from "./kube/types.ts";
import type { Logger } from "./reporting/log.ts";
import { createMetrics } from "./reporting/metrics.ts";

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
  const { context, caches, loop } = createControl(options, stopping.signal);
  const receiver = {
    context,
    catalog: createCatalog({ kube, namespace, cache: caches.operarii }),
    store: createAlertStore(),
    wake: (name: string) => loop.wake(name),
  };
  const isReady = () => !signal.aborted && caches.hasSynced();
  const app = createApp({ receiver, auth: config.auth, about, isReady, writeTimeoutMs: config.writeTimeout });
  try {
    const server = await listen(app, {
      address: config.addr,
      readTimeoutMs: config.readTimeout,
      writeTimeoutMs: config.writeTimeout,
    }).catch((error: unknown) => {
      throw new Error(`cannot listen on port ${config.addr.port}; choose another one with --addr`, { cause: error });
    });
    log.info({ port: server.port, namespace, server: kube.server, ...about }, "listening");
    if (pace === "fast") log.warn({ pace }, "PACE FAST: waits and soaks are cut short; for demos and tests only");
    options.onListening?.(server.port);
    const lead = (term: AbortSignal) => loop.lead(context, caches, term);
    const working = runLeadership({ kube, namespace, log, signal: stopping.signal, lead });
    await aborted(signal);
    log.info({ graceMs: GRACE_MS }, "stopping");
    await server.close(GRACE_MS);
    stopping.abort(new Error("the server is stopping"));
    await working;
    log.info({}, "stopped");
  } finally {
    stopping.abort(new Error("the server is stopping"));
    kube.close();
  }
}

/** The control loop, its caches running, its work not begun. */
function createControl({ config, kube, log, now, looks }: ServerOptions, signal: AbortSignal) {
  const { operariusNamespace: namespace, clusterName, pace } = config;
  const limits = limitsFor(pace);
  const settings: ControlSettings = { namespace, clusterName, pace, mode: "auto", namespaceSelector: "", limits };
  const pacer = createLookPacer(limits.lookAtMostEveryMs, now);
  const seeing = looks === undefined ? {} : { looks, pacer };
  const base = { kube, log, metrics: createMetrics(), now, settings, ...seeing };
  const loop = createLoop();
  const caches = startCaches(base, { ...loop.listeners, operarius: () => undefined }, signal);
  const standing = createStanding({
    records: () => caches.records.items(),
    daemonSets: () => caches.daemonSets(),
    limits,
    now,
  });
  const context: ControlContext = { ...base, standing };
  return { context, caches, loop };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
