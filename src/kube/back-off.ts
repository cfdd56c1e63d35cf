/** Exponential back-off with full jitter: waiting clients spread out instead of returning together. */

export interface BackOff {
  /** Milliseconds to wait now; the range doubles with every call. */
  next(): number;
  /** After a success. */
  reset(): void;
}

export interface BackOffOptions {
  /** Milliseconds; the range of the first wait. */
  baseMs: number;
  /** Milliseconds; the range never grows above it. */
  capMs: number;
  /** 0 <= x < 1. */
  random?: () => number;
}

/** Waits are drawn from a range that starts at `baseMs` and ends at `capMs`; never less than a tenth of `baseMs`. */
export function createBackOff({ baseMs, capMs, random = Math.random }: BackOffOptions): BackOff {
  let failures = 0;
  return {
    next() {
      const range = Math.min(capMs, baseMs * 2 ** failures);
      if (range < capMs) failures += 1;
      return Math.max(baseMs / 10, random() * range);
    },
    reset() {
      failures = 0;
    },
  };
}
