/** How long a failed pod of a DaemonSet stays before it is replaced: doubling per (DaemonSet UID, generation, node). */

export interface BackoffLimits {
  baseMs: number;
  capMs: number;
}

export interface KeyedBackoff {
  /** Milliseconds left at `now`; 0 when the key is not waiting. */
  remainingMs(key: string, now: number): number;
  /** Records one more use: the next wait is twice as long, or the base again after a quiet time of twice the cap. */
  next(key: string, now: number): void;
  /** Drops the keys that have been quiet for twice the cap; their number stays bounded by what is in use. */
  prune(now: number): void;
}

/** After client-go's flowcontrol.Backoff (IsInBackOffSinceUpdate, Next, GC). */
export function createKeyedBackoff(limits: BackoffLimits): KeyedBackoff {
  const entries = new Map<string, { waitMs: number; sinceMs: number }>();
  const isQuiet = (sinceMs: number, now: number): boolean => now - sinceMs > 2 * limits.capMs;
  return {
    remainingMs(key, now) {
      const entry = entries.get(key);
      if (entry === undefined || isQuiet(entry.sinceMs, now)) return 0;
      return Math.max(0, entry.sinceMs + entry.waitMs - now);
    },
    next(key, now) {
      const entry = entries.get(key);
      const again = entry !== undefined && !isQuiet(entry.sinceMs, now);
      const waitMs = again ? Math.min(entry.waitMs * 2, limits.capMs) : limits.baseMs;
      entries.set(key, { waitMs, sinceMs: now });
    },
    prune(now) {
      for (const [key, entry] of entries) if (isQuiet(entry.sinceMs, now)) entries.delete(key);
    },
  };
}
