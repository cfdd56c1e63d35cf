/** Callers waiting for the next time something happens. */

export interface Waiters {
  /** Resolves at the next `wake`; rejects with the signal's reason, or with the reason given to `fail`. */
  wait(signal: AbortSignal | undefined): Promise<void>;
  wake(): void;
  /** From now on every wait is rejected. */
  fail(reason: unknown): void;
}

/** Keeps nothing for callers that have been answered or have given up. */
export function createWaiters(): Waiters {
  const waiting = new Set<{ resolve: () => void; reject: (reason: unknown) => void }>();
  let failure: { reason: unknown } | undefined;
  const settle = (answer: (waiter: { resolve: () => void; reject: (reason: unknown) => void }) => void): void => {
    const all = [...waiting];
    waiting.clear();
    all.forEach(answer);
  };
  return {
    wait(signal) {
      if (failure !== undefined) return Promise.reject(failure.reason);
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const done = (): void => signal?.removeEventListener("abort", abort);
        const waiter = {
          resolve: () => {
            done();
            resolve();
          },
          reject: (reason: unknown) => {
            done();
            reject(reason);
          },
        };
        const abort = (): void => {
          waiting.delete(waiter);
          reject(signal?.reason);
        };
        waiting.add(waiter);
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
    wake: () => settle((waiter) => waiter.resolve()),
    fail(reason) {
      failure ??= { reason };
      settle((waiter) => waiter.reject(reason));
    },
  };
}
