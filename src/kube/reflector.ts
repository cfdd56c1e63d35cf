/**
 * Keeps a local copy of one kind of objects up to date: paged list, then watch, for ever. The rules follow client-go's
 * reflector; the recovery from faults is what the tests beside this file show.
 */
import { createBackOff } from "./back-off.ts";
import { pause } from "./deadline.ts";
import { StatusError } from "./errors.ts";
import type { LocalCopy } from "./local-copy.ts";
import { createLocalCopy } from "./local-copy.ts";
import type { Change } from "./object-store.ts";
import type { Kube, ListOptions, Live, Resource } from "./types.ts";

export type { Change } from "./object-store.ts";

export interface ReflectorOptions<T, P = Live<T>> {
  kube: Pick<Kube, "pages" | "watch">;
  resource: Resource<T>;
  /** Absent = all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Trims an object to what is kept. Default: the whole object. */
  project?: (object: Live<T>) => P;
  /** Called once per change, in order, after the change is visible in `items`. What it throws goes to `onError`. */
  onChange?: (change: Change<P>) => void;
  signal?: AbortSignal;
  /** The first list is tried once only, and its error rejects `synced`. Default: retried for ever. */
  failFast?: boolean;
  /** Default 500. */
  pageSize?: number;
  /** 0 <= x < 1; for jitter. */
  random?: () => number;
  /** Every failure that was recovered from or isolated, for logs and metrics. */
  onError?: (error: unknown) => void;
}

export interface Reflector<P> {
  items(): P[];
  get(namespace: string | undefined, name: string): P | undefined;
  hasSynced(): boolean;
  /** Resolves after the first complete list; rejects when stopped before, or see `failFast`. */
  readonly synced: Promise<void>;
  /** Resolves at the next change (or the first sync); rejects when `signal` aborts or the reflector stops. */
  changed(signal?: AbortSignal): Promise<void>;
  /** When the server last answered or sent something, in epoch milliseconds. Old = what is held may be stale. */
  lastContact(): number | undefined;
  /** Ends the watch. What is held stays readable. */
  stop(): void;
}

/** A watch that ends sooner is treated as a failure: reconnecting at once would be a hot loop. */
const shortestWatchMs = 1000;

/** Starts at once and runs until `stop` or `signal`. */
export function startReflector<T, P = Live<T>>(options: ReflectorOptions<T, P>): Reflector<P> {
  const { resource, signal } = options;
  const copy = createLocalCopy<T, P>({
    project: options.project ?? ((object: Live<T>) => object as unknown as P),
    onChange: options.onChange,
    onError: options.onError,
  });
  const stopping = new AbortController();
  const follow = (): void => stopping.abort(signal?.reason);
  if (signal?.aborted) follow();
  else signal?.addEventListener("abort", follow, { once: true });
  keepUpToDate(options, copy, stopping.signal).catch((reason: unknown) => {
    signal?.removeEventListener("abort", follow);
    copy.end(reason);
  });
  return {
    items: () => copy.items(),
    get: (namespace, name) => copy.get(namespace, name),
    hasSynced: () => copy.hasSynced(),
    synced: copy.synced,
    changed: (waiting) => copy.changed(waiting),
    lastContact: () => copy.lastContact(),
    stop: () => stopping.abort(new Error(`the reflector of ${resource.plural} was stopped`)),
  };
}

/** Never resolves; rejects with the signal's reason, or with the error of the first list under `failFast`. */
async function keepUpToDate<T, P>(
  options: ReflectorOptions<T, P>,
  copy: LocalCopy<T, P>,
  signal: AbortSignal,
): Promise<never> {
  const backOff = createBackOff({ baseMs: 500, capMs: 30_000, random: options.random ?? Math.random });
  for (;;) {
    signal.throwIfAborted();
    const listing = copy.resourceVersion() === undefined;
    const started = performance.now();
    const contact = copy.lastContact();
    let failure: unknown;
    try {
      await (listing ? list(options, copy, signal) : watch(options, copy, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (options.failFast && !copy.hasSynced()) throw error;
      copy.report(error);
      failure = error;
      if (mustListAgain(error)) copy.forgetResourceVersion();
    }
    if (listing && failure === undefined) continue;
    const short = performance.now() - started < shortestWatchMs;
    if (!listing && !short && copy.lastContact() !== contact) backOff.reset();
    if (short || failure !== undefined) await pause(backOff.next(), signal);
  }
}

async function list<T, P>(options: ReflectorOptions<T, P>, copy: LocalCopy<T, P>, signal: AbortSignal): Promise<void> {
  const { kube, resource, pageSize } = options;
  const paging = pageSize === undefined ? {} : { pageSize };
  const next = copy.startList();
  for await (const page of kube.pages(resource, { ...selection(options), ...paging, signal })) next.addPage(page);
  signal.throwIfAborted();
  next.finish();
}

async function watch<T, P>(options: ReflectorOptions<T, P>, copy: LocalCopy<T, P>, signal: AbortSignal): Promise<void> {
  const { kube, resource, random = Math.random } = options;
  const resourceVersion = copy.resourceVersion();
  // Different ends keep many watches from being renewed in the same second.
  const timeoutSeconds = 240 + Math.floor(random() * 60);
  const from = resourceVersion === undefined ? {} : { resourceVersion };
  for await (const event of kube.watch(resource, { ...selection(options), ...from, timeoutSeconds, signal })) {
    copy.take(event);
  }
  copy.touch();
}

function selection(options: Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector">): ListOptions {
  const { namespace, labelSelector, fieldSelector } = options;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/**
 * A broken connection or an overloaded server leaves our resourceVersion good. Every other error status (410 Expired,
 * but also "too large resource version" after a restore) may be about it.
 */
function mustListAgain(failure: unknown): boolean {
  return failure instanceof StatusError && failure.code !== 429 && failure.code !== 503;
}
