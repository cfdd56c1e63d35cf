import { describe, expect, it } from "vitest";
import { createChanges } from "./changes.ts";

const never = new AbortController().signal;
const LONG = 60_000;

describe("the next change", () => {
  it("that came while the loop was awake is not lost", async () => {
    const changes = createChanges();
    changes.notify();
    await changes.next(LONG, never);
  });

  it("is awaited, and each is told once", async () => {
    const changes = createChanges();
    const waiting = changes.next(LONG, never);
    changes.notify();
    await waiting;
    const stop = new AbortController();
    let told = false;
    const again = changes.next(LONG, stop.signal).then(() => {
      told = true;
    });
    await Promise.resolve();
    expect(told).toBe(false);
    stop.abort();
    await again;
  });

  it("is not awaited longer than asked, nor after an abort", async () => {
    await createChanges().next(1, never);
    await createChanges().next(LONG, AbortSignal.abort());
  });
});

describe("a rest", () => {
  it("gathers what changes in the meantime", async () => {
    const changes = createChanges(() => 50);
    changes.notify();
    const started = performance.now();
    const waiting = changes.next(LONG, never);
    changes.notify();
    await waiting;
    expect(performance.now() - started).toBeGreaterThanOrEqual(45);
  });

  it("is cut by an abort and by the time that is left", async () => {
    const changes = createChanges(() => LONG);
    const stop = new AbortController();
    changes.notify();
    const waiting = changes.next(LONG, stop.signal);
    stop.abort();
    await waiting;
    changes.notify();
    await changes.next(30, never);
  });
});
