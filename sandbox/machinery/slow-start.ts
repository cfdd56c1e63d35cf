/** Batches of 1, 2, 4, ...: when creation fails for a reason that all share, few requests are wasted on it. */
export async function slowStart<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<unknown[]> {
  let begin = 0;
  for (let size = 1; begin < items.length; size *= 2) {
    const batch = items.slice(begin, begin + size);
    const results = await Promise.allSettled(batch.map(work));
    const errors = results.flatMap((each): unknown[] => (each.status === "rejected" ? [each.reason] : []));
    if (errors.length > 0) return errors;
    begin += batch.length;
  }
  return [];
}
