/** Many different messages of one kind about one object become one event, after client-go's EventAggregator. */

const distinctLimit = 10;
const windowMs = 600_000;
const groupLimit = 1_000;

export interface SimilarEvents {
  /** The message to be combined under the group's own key, or undefined while the event is to be told by itself. */
  combine(group: string, message: string, now: number): string | undefined;
}

export function createSimilarEvents(): SimilarEvents {
  const groups = new Map<string, { messages: Set<string>; lastMs: number }>();
  return {
    combine(group, message, now) {
      const known = groups.get(group);
      const entry =
        known !== undefined && now - known.lastMs <= windowMs ? known : { messages: new Set<string>(), lastMs: now };
      entry.lastMs = now;
      groups.delete(group);
      groups.set(group, entry);
      const oldest = groups.keys().next().value;
      if (groups.size > groupLimit && oldest !== undefined) groups.delete(oldest);
      if (entry.messages.has(message)) return undefined;
      if (entry.messages.size >= distinctLimit) return `(combined from similar events): ${message}`;
      entry.messages.add(message);
      return undefined;
    },
  };
}
