/** Lets a loop sleep until something changed, without losing a change that came while it was awake. */
export interface Changes {
  notify: () => void;
  /** Resolves at once when there was a change since the last call; else at the next one, after `timeoutMs`, or on abort. */
  next(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

/** No changes yet. */
export function createChanges(): Changes {
  let pending = false;
  let wake: (() => void) | undefined;
  return {
    notify() {
      pending = true;
      wake?.();
    },
    async next(timeoutMs, signal) {
      if (!pending && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = (): void => {
            clearTimeout(timer);
            signal.removeEventListener("abort", done);
            resolve();
          };
          const timer = setTimeout(done, timeoutMs);
          wake = done;
          signal.addEventListener("abort", done, { once: true });
        });
      }
      wake = undefined;
      pending = false;
    },
  };
}
