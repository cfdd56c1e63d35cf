/** Bounds an operation in time and by a caller's signal, without leaving listeners on long-lived signals. */

export interface Deadline {
  /** Aborted with the caller's own reason, or with the error given at the start when the time is up. */
  signal: AbortSignal;
  /** Milliseconds left, never negative. */
  left(): number;
  /** Takes the time limit away; the caller's signal stays in force. */
  unlimit(): void;
  /** Must be called when the operation has ended. */
  release(): void;
}

/** `AbortSignal.any` would do, but it keeps memory for as long as the caller's signal lives (Node 20). */
export function startDeadline(ms: number, expired: () => Error, parent: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const end = performance.now() + ms;
  const forward = (): void => controller.abort(parent?.reason);
  const timer = setTimeout(() => controller.abort(expired()), ms);
  if (parent?.aborted) forward();
  else parent?.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    left: () => Math.max(0, end - performance.now()),
    unlimit: () => clearTimeout(timer),
    release() {
      clearTimeout(timer);
      parent?.removeEventListener("abort", forward);
    },
  };
}

/** Resolves after `ms`; rejects at once with the signal's reason when it is, or becomes, aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** The promise's outcome, or at once the signal's reason when it is, or becomes, aborted. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
