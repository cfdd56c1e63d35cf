/** Keeps one copy of what thousands of facts have in common: images, revisions, labels, empty lists (pure but for its memory). */

/** What names one object only; interning it would cost more than it saves. */
const OWN = new Set(["name", "uid", "resourceVersion"]);

/** A function that returns its argument with every repeated string and small record replaced by the first equal one. */
export function createInterner(): <T extends object>(value: T) => T {
  const strings = new Map<string, string>();
  const records = new Map<string, object>();

  function shared(value: unknown): unknown {
    if (typeof value === "string") {
      const known = strings.get(value);
      if (known !== undefined) return known;
      strings.set(value, value);
      return value;
    }
    if (typeof value !== "object" || value === null) return value;
    if (isPlain(value)) {
      const key = JSON.stringify(value);
      const known = records.get(key);
      if (known !== undefined) return known;
      records.set(key, members(value));
      return value;
    }
    return members(value);
  }

  function members<T extends object>(value: T): T {
    const entries = value as Record<string, unknown>;
    for (const key in entries) if (!OWN.has(key)) entries[key] = shared(entries[key]);
    return value;
  }
  return members;
}

/** Nothing but strings in it (specs, images), or nothing at all: such records are alike from pod to pod. */
function isPlain(value: object): boolean {
  return Object.values(value).every((member) => typeof member === "string");
}
