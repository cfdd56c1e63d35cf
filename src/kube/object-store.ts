/** What a reflector holds: the trimmed objects by namespace and name, and the changes between two states. */
import type { Live } from "./types.ts";

/** `object` is the new state; of a deleted object the last one known. */
export interface Change<P> {
  /** `replaced`: deleted and created again under the same name (another uid) without our seeing it. */
  type: "added" | "modified" | "deleted" | "replaced";
  object: P;
  /** What was held before; absent for `added`. */
  previous?: P;
}

/** One held object. */
export interface Entry<P> {
  uid: string;
  resourceVersion: string;
  item: P;
}

export interface ObjectStore<P> {
  items(): P[];
  get(namespace: string | undefined, name: string): P | undefined;
  /** Takes over a whole list; returns how it differs from what was held. */
  replaceAll(next: Map<string, Entry<P>>): Change<P>[];
  set(key: string, entry: Entry<P>): Change<P>;
  /** Undefined when nothing was held under that key. `item` is the last state, when it is known. */
  remove(key: string, item: P | undefined): Change<P> | undefined;
}

/** Identifies an object of one kind. */
function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** The key of an object as read from the server. */
export function keyOf(object: Live<unknown>): string {
  return objectKey(object.metadata.namespace, object.metadata.name);
}

/** An empty store. */
export function createObjectStore<P>(): ObjectStore<P> {
  let entries = new Map<string, Entry<P>>();
  return {
    items: () => Array.from(entries.values(), ({ item }) => item),
    get: (namespace, name) => entries.get(objectKey(namespace, name))?.item,
    replaceAll(next) {
      const changes: Change<P>[] = [];
      for (const [key, { item }] of entries)
        if (!next.has(key)) changes.push({ type: "deleted", object: item, previous: item });
      for (const [key, entry] of next) {
        const held = entries.get(key);
        if (held?.uid !== entry.uid || held.resourceVersion !== entry.resourceVersion)
          changes.push(difference(held, entry));
      }
      entries = next;
      return changes;
    },
    set(key, entry) {
      const change = difference(entries.get(key), entry);
      entries.set(key, entry);
      return change;
    },
    remove(key, item) {
      const held = entries.get(key);
      if (held === undefined) return undefined;
      entries.delete(key);
      return { type: "deleted", object: item ?? held.item, previous: held.item };
    },
  };
}

function difference<P>(held: Entry<P> | undefined, entry: Entry<P>): Change<P> {
  if (held === undefined) return { type: "added", object: entry.item };
  return { type: held.uid === entry.uid ? "modified" : "replaced", object: entry.item, previous: held.item };
}
