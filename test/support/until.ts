/** Waiting for a condition with a deadline: tests never sleep for a fixed time. */

export interface UntilOptions {
  /** Milliseconds; default 60,000: a deadline is for what never comes, not for slow machines. */
  withinMs?: number;
  /** Between two looks, in milliseconds; default 50. */
  periodMs?: number;
  /** What was seen last, for the message when the time is up. */
  seen?: () => unknown;
}

/**
 * Resolves with the first value that is neither undefined nor false. Rejects when the time is up, naming `what` was
 * waited for and what was seen instead; an error of `look` itself is thrown at once.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { withinMs = 60_000, periodMs = 50, seen }: UntilOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > deadline) {
      const last = seen === undefined ? "" : `; last seen: ${JSON.stringify(seen())}`;
      throw new Error(`waited ${withinMs / 1000} s in vain for ${what}${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, periodMs));
  }
}
