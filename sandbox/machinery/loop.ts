/** A controller's loop: keys in, one reconcile at a time per key, errors told and tried again. */
import { isConflict, isNotFound } from "../../src/kube/errors.ts";
import { createWorkQueue } from "../../src/kube/work-queue.ts";

export interface Loop {
  add(key: string): void;
  addAfter(key: string, ms: number): void;
  /** Resolves when what was begun has ended. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  name: string;
  /** Milliseconds to come back after, or nothing. */
  reconcile: (key: string) => Promise<number | undefined>;
  log: (line: string) => void;
  /** Default 4. */
  concurrency?: number;
  /** Longest wait after repeated failures. Default 10 s. */
  capMs?: number;
}

/** Starts the loop. Stale writes and objects gone meanwhile are part of the day and are not logged. */
export function startLoop(options: LoopOptions): Loop {
  const stopping = new AbortController();
  const queue = createWorkQueue({ baseMs: 50, capMs: options.capMs ?? 10_000 });
  const ended = queue.run({
    concurrency: options.concurrency ?? 4,
    signal: stopping.signal,
    reconcile: async (key) => {
      const after = await options.reconcile(key);
      return after === undefined ? undefined : { requeueAfterMs: after };
    },
    onError: (error, { key, retryInMs }) => {
      if (isConflict(error) || isNotFound(error)) return;
      options.log(`${options.name}: ${key}: ${String(error)}; again in ${retryInMs} ms`);
    },
  });
  return {
    add: (key) => queue.add(key),
    addAfter: (key, ms) => queue.addAfter(key, ms),
    stop: async () => {
      stopping.abort(new Error(`${options.name} stops`));
      await ended;
    },
  };
}

export interface Ticker {
  /** Does not wait for the next round. */
  wake(): void;
  stop(): Promise<void>;
}

/** Calls `work` every `periodMs`, never twice at once; a failing round is told and the next one comes all the same. */
export function startTicker(options: {
  name: string;
  periodMs: number;
  work: () => Promise<void>;
  log: (line: string) => void;
}): Ticker {
  const loop = startLoop({
    name: options.name,
    log: options.log,
    concurrency: 1,
    capMs: options.periodMs,
    reconcile: async () => {
      await options.work();
      return options.periodMs;
    },
  });
  loop.add("round");
  return { wake: () => loop.add("round"), stop: () => loop.stop() };
}
