/**
 * A queue of keys after client-go's workqueue: a key is never worked on twice at the same time, additions while it is
 * being worked on are remembered once, failures back off per key.
 */

export interface RunOptions {
  /** How many keys are worked on at the same time. */
  concurrency: number;
  /** Resolve = done (again after `requeueAfterMs`, if given); reject = try again after this key's back-off. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a reconcile function without a return value is the common case.
  reconcile: (key: string) => Promise<{ requeueAfterMs?: number } | void>;
  signal: AbortSignal;
  /** Told about each failure and when the key is tried again. What it throws is dropped. */
  onError?: (error: unknown, failed: { key: string; failures: number; retryInMs: number }) => void;
}

export interface WorkQueue {
  /** Work on this key soon. Ignored while it waits already. */
  add(key: string): void;
  /** The same after a time; of several delays for one key the earliest wins. */
  addAfter(key: string, ms: number): void;
  /** Keys waiting to be worked on now. */
  size(): number;
  /** Works until `signal` aborts, then resolves when what was begun has ended. What still waits is dropped. */
  run(options: RunOptions): Promise<void>;
}

export interface WorkQueueOptions {
  /** Milliseconds after the first failure of a key. Default 500; doubles with each further one. */
  baseMs?: number;
  /** Milliseconds. Default 120,000. */
  capMs?: number;
}

/** An empty queue. Keys can be added before `run`. */
export function createWorkQueue({ baseMs = 500, capMs = 120_000 }: WorkQueueOptions = {}): WorkQueue {
  const keys = createKeys();
  const failures = new Map<string, number>();
  let closed = false;
  let wake: (() => void) | undefined;

  function add(key: string): void {
    if (closed) return;
    keys.add(key);
    wake?.();
  }
  const delays = createDelays(add);

  function addAfter(key: string, ms: number): void {
    if (closed) return;
    if (ms > 0) delays.set(key, ms);
    else add(key);
  }

  function retry(key: string, error: unknown, onError: RunOptions["onError"]): void {
    const count = (failures.get(key) ?? 0) + 1;
    const retryInMs = Math.min(capMs, baseMs * 2 ** (count - 1));
    failures.set(key, count);
    addAfter(key, retryInMs);
    try {
      onError?.(error, { key, failures: count, retryInMs });
    } catch {
      // A reporter that fails must not stop the work.
    }
  }

  async function work(key: string, { reconcile, onError }: RunOptions): Promise<void> {
    try {
      const result = await reconcile(key);
      failures.delete(key);
      if (result?.requeueAfterMs !== undefined) addAfter(key, result.requeueAfterMs);
    } catch (error) {
      retry(key, error, onError);
    }
    keys.done(key);
  }

  return {
    add,
    addAfter,
    size: () => keys.size(),
    run(options) {
      return new Promise((resolve) => {
        const step = (): void => {
          while (!closed && keys.processing() < options.concurrency) {
            const key = keys.take();
            if (key === undefined) break;
            void work(key, options).then(step);
          }
          if (closed && keys.processing() === 0) resolve();
        };
        const close = (): void => {
          closed = true;
          delays.clear();
          keys.clear();
          step();
        };
        wake = step;
        if (options.signal.aborted) close();
        else options.signal.addEventListener("abort", close, { once: true });
        step();
      });
    },
  };
}

/** client-go's three sets: waiting in order, being worked on, and dirty (everything that needs work, queued or not). */
function createKeys() {
  const dirty = new Set<string>();
  const processing = new Set<string>();
  const queue = new Set<string>();
  return {
    add(key: string): void {
      if (dirty.has(key)) return;
      dirty.add(key);
      // What is being worked on enters the queue again when it is done.
      if (!processing.has(key)) queue.add(key);
    },
    take(): string | undefined {
      for (const key of queue) {
        queue.delete(key);
        dirty.delete(key);
        processing.add(key);
        return key;
      }
      return undefined;
    },
    done(key: string): void {
      processing.delete(key);
      if (dirty.has(key)) queue.add(key);
    },
    clear(): void {
      queue.clear();
      dirty.clear();
    },
    size: () => queue.size,
    processing: () => processing.size,
  };
}

/** setTimeout's own limit; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/** One timer per key at most. */
function createDelays(due: (key: string) => void) {
  const waiting = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  return {
    set(key: string, ms: number): void {
      const delay = Math.min(ms, longestDelayMs);
      const at = performance.now() + delay;
      const earlier = waiting.get(key);
      if (earlier !== undefined && earlier.at <= at) return;
      clearTimeout(earlier?.timer);
      const timer = setTimeout(() => {
        waiting.delete(key);
        due(key);
      }, delay);
      waiting.set(key, { at, timer });
    },
    clear(): void {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
