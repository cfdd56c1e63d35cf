/** Lets a loop sleep until something changed, without losing a change that came while it was awake. */
export interface Changes {
  notify: () => void;
  /** Resolves at once when there was a change since the last call; else at the next one, after `timeoutMs`, or on abort. */
  next(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

/** Below this a rest is not worth a timer, in milliseconds. */
const SHORTEST_REST_MS = 20;

/**
 * No changes yet. `restMs` is how long further changes are gathered after the first: thousands of nodes report all the
 * time, and each look reads all of them.
 */
export function createChanges(restMs: () => number = () => 0): Changes {
  let pending = false;
  let wake: (() => void) | undefined;

  function wait(ms: number, signal: AbortSignal, interrupt: boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      wake = interrupt ? done : undefined;
      signal.addEventListener("abort", done, { once: true });
    });
  }

  return {
    notify() {
      pending = true;
      wake?.();
    },
    async next(timeoutMs, signal) {
      if (!pending && !signal.aborted) await wait(timeoutMs, signal, true);
      const rest = Math.min(timeoutMs, restMs());
      if (pending && rest >= SHORTEST_REST_MS && !signal.aborted) await wait(rest, signal, false);
      wake = undefined;
      pending = false;
    },
  };
}
