import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunOptions, WorkQueue, WorkQueueOptions } from "./work-queue.ts";
import { createWorkQueue } from "./work-queue.ts";

interface Running {
  queue: WorkQueue;
  /** Keys in the order in which work on them began. */
  begun: string[];
  /** Ends the work on a key that is in progress; an Error makes it fail. */
  finish: (key: string, result?: { requeueAfterMs?: number } | Error) => void;
  stop: () => void;
  ended: Promise<void>;
  failures: { key: string; failures: number; retryInMs: number }[];
}

let cleanUp: (() => void) | undefined;
afterEach(() => cleanUp?.());

/** A queue whose work ends only when the test says so. */
function start(concurrency: number, options: WorkQueueOptions = {}, extra: Partial<RunOptions> = {}): Running {
  const queue = createWorkQueue(options);
  const begun: string[] = [];
  const failures: Running["failures"] = [];
  const inProgress = new Map<string, (result: { requeueAfterMs?: number } | Error) => void>();
  const controller = new AbortController();
  cleanUp = () => controller.abort();
  const ended = queue.run({
    concurrency,
    signal: controller.signal,
    reconcile: (key) => {
      begun.push(key);
      expect(inProgress.has(key)).toBe(false);
      return new Promise((resolve, reject) => {
        inProgress.set(key, (result) => {
          inProgress.delete(key);
          if (result instanceof Error) reject(result);
          else resolve(result);
        });
      });
    },
    onError: (_, failed) => failures.push(failed),
    ...extra,
  });
  return {
    queue,
    begun,
    failures,
    ended,
    finish: (key, result = {}) => {
      const end = inProgress.get(key);
      if (end === undefined) throw new Error(`${key} is not in progress`);
      end(result);
    },
    stop: () => controller.abort(),
  };
}

describe("the work queue", () => {
  it("works on keys in order, as many at a time as allowed, each once however often it was added", async () => {
    const { queue, begun, finish } = start(2);
    for (const key of ["a", "b", "c", "a", "c", "c"]) queue.add(key);
    expect(begun).toEqual(["a", "b"]);
    expect(queue.size()).toBe(1);
    finish("b");
    await vi.waitFor(() => expect(begun).toEqual(["a", "b", "c"]));
  });

  it("never works on a key twice at the same time; what was added meanwhile is done once afterwards", async () => {
    const { queue, begun, finish } = start(3);
    queue.add("a");
    queue.add("a");
    queue.add("a");
    expect(begun).toEqual(["a"]);
    expect(queue.size()).toBe(0);
    finish("a");
    await vi.waitFor(() => expect(begun).toEqual(["a", "a"]));
    finish("a");
    queue.add("b");
    await vi.waitFor(() => expect(begun).toEqual(["a", "a", "b"]));
  });

  it("takes keys that were added before it ran", async () => {
    const queue = createWorkQueue();
    queue.add("early");
    const controller = new AbortController();
    const begun: string[] = [];
    const ended = queue.run({
      concurrency: 1,
      signal: controller.signal,
      reconcile: async (key) => {
        begun.push(key);
      },
    });
    await vi.waitFor(() => expect(begun).toEqual(["early"]));
    controller.abort();
    await ended;
  });

  it("lets the earliest of several delays win", async () => {
    const { queue, begun } = start(1);
    const started = performance.now();
    queue.addAfter("a", 60_000);
    queue.addAfter("a", 40);
    queue.addAfter("a", 90_000);
    expect(begun).toEqual([]);
    await vi.waitFor(() => expect(begun).toEqual(["a"]));
    expect(performance.now() - started).toBeGreaterThan(35);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it.each([0, -1, Number.NaN])("adds at once after %f ms", (ms) => {
    const { queue, begun } = start(1);
    queue.addAfter("a", ms);
    expect(begun).toEqual(["a"]);
  });

  it("does not overflow the timer with a very long delay", async () => {
    const { queue, begun } = start(1);
    queue.addAfter("a", 2 ** 40);
    queue.addAfter("b", 20);
    await vi.waitFor(() => expect(begun).toEqual(["b"]));
  });

  it("comes back after requeueAfterMs", async () => {
    const { queue, begun, finish } = start(1);
    queue.add("a");
    finish("a", { requeueAfterMs: 20 });
    await vi.waitFor(() => expect(begun).toEqual(["a", "a"]));
  });

  it("backs off per key, up to the cap, and forgets after a success", async () => {
    const { queue, begun, finish, failures } = start(2, { baseMs: 4, capMs: 10 });
    queue.add("a");
    for (let count = 1; count <= 4; count += 1) {
      await vi.waitFor(() => expect(begun).toHaveLength(count));
      finish("a", new Error("no"));
    }
    await vi.waitFor(() => expect(begun).toHaveLength(5));
    finish("a");
    queue.add("b");
    await vi.waitFor(() => expect(begun).toHaveLength(6));
    finish("b", new Error("no"));
    queue.add("a");
    await vi.waitFor(() => expect(begun.filter((key) => key === "a")).toHaveLength(6));
    finish("a", new Error("no"));
    await vi.waitFor(() => expect(failures).toHaveLength(6));
    expect(failures.map(({ key, retryInMs }) => `${key} ${retryInMs}`)).toEqual([
      "a 4",
      "a 8",
      "a 10",
      "a 10",
      "b 4",
      "a 4",
    ]);
  });

  it("survives work and reporters that throw at once", async () => {
    let calls = 0;
    const { queue } = start(
      1,
      { baseMs: 1 },
      {
        reconcile: () => {
          calls += 1;
          throw new Error("synchronous");
        },
        onError: () => {
          throw new Error("reporter");
        },
      },
    );
    queue.add("a");
    await vi.waitFor(() => expect(calls).toBeGreaterThan(2));
  });
});

describe("ending the work queue", () => {
  it("waits for what was begun and drops the rest", async () => {
    const { queue, begun, finish, stop, ended } = start(1);
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 60_000);
    queue.add("a");
    let over = false;
    void ended.then(() => {
      over = true;
    });
    stop();
    queue.add("d");
    queue.addAfter("e", 1);
    await new Promise(setImmediate);
    expect(over).toBe(false);
    finish("a", { requeueAfterMs: 1 });
    await ended;
    expect(begun).toEqual(["a"]);
    expect(queue.size()).toBe(0);
  });

  it("leaves no timer behind that would keep the process alive", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const { queue, stop, ended } = start(1);
    queue.addAfter("a", 60_000);
    expect(timers()).toBe(before + 1);
    stop();
    await ended;
    expect(timers()).toBe(before);
  });

  it("ends at once when there is nothing to do, or was never begun", async () => {
    const { stop, ended } = start(1);
    stop();
    await ended;
    await createWorkQueue().run({ concurrency: 1, reconcile: async () => {}, signal: AbortSignal.abort() });
  });
});
