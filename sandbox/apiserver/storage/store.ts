/**
 * The storage: objects in memory under one rising resourceVersion, with a bounded history per bucket from which watches
 * start. Stands in for etcd and the watch cache together.
 */
import type { KubeObject } from "../object.ts";

export interface Change {
  type: "ADDED" | "MODIFIED" | "DELETED";
  revision: number;
  /** As stored; for DELETED the last state, with the revision of the deletion. */
  object: KubeObject;
  /** What it replaced. A watch with a selector needs it to tell "left the selection" from "changed in it". */
  previous: KubeObject | undefined;
}

export interface Store {
  /** The latest revision. */
  revision(): number;
  get(bucket: string, key: string): KubeObject | undefined;
  /** In the order of the keys. `namespace` narrows to keys of that namespace. */
  list(bucket: string, namespace?: string): KubeObject[];
  /** Stores a new or changed object and gives it the next resourceVersion. */
  put(bucket: string, key: string, object: KubeObject): KubeObject;
  remove(bucket: string, key: string): KubeObject | undefined;
  /**
   * Calls `listener` for each change after `revision`: past ones at once, then as they happen. Answers how to stop, or
   * undefined when the history no longer reaches back to `revision`.
   */
  subscribe(bucket: string, revision: number, listener: (change: Change) => void): (() => void) | undefined;
  /** Forgets the history, as etcd's compaction does: watches from before have to list again. */
  compact(): void;
  buckets(): string[];
}

interface Bucket {
  objects: Map<string, KubeObject>;
  /** Keys in order; undefined after an insert or removal, rebuilt on the next list. */
  order: string[] | undefined;
  history: Change[];
  /** The latest revision that `history` no longer holds. */
  forgotten: number;
  listeners: Set<(change: Change) => void>;
}

/** `historyLength` is the number of changes kept per bucket, `firstRevision` where counting starts. */
export function createStore({ historyLength = 4000, firstRevision = 100 } = {}): Store {
  const buckets = new Map<string, Bucket>();
  let revision = firstRevision;

  function bucketOf(name: string): Bucket {
    let bucket = buckets.get(name);
    if (bucket === undefined) {
      bucket = { objects: new Map(), order: undefined, history: [], forgotten: 0, listeners: new Set() };
      buckets.set(name, bucket);
    }
    return bucket;
  }

  function record(bucket: Bucket, change: Change): void {
    bucket.history.push(change);
    // Cut in large steps: shifting one by one would be quadratic.
    if (bucket.history.length > historyLength * 2) {
      const dropped = bucket.history.splice(0, bucket.history.length - historyLength);
      bucket.forgotten = dropped.at(-1)?.revision ?? bucket.forgotten;
    }
    for (const listener of bucket.listeners) listener(change);
  }

  return {
    revision: () => revision,
    get: (bucket, key) => buckets.get(bucket)?.objects.get(key),
    list(bucketName, namespace) {
      const bucket = bucketOf(bucketName);
      bucket.order ??= [...bucket.objects.keys()].sort();
      const prefix = namespace === undefined ? "" : `${namespace}/`;
      const found: KubeObject[] = [];
      for (const key of bucket.order) {
        const object = key.startsWith(prefix) ? bucket.objects.get(key) : undefined;
        if (object !== undefined) found.push(object);
      }
      return found;
    },
    put(bucketName, key, object) {
      const bucket = bucketOf(bucketName);
      const previous = bucket.objects.get(key);
      revision += 1;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
      bucket.objects.set(key, stored);
      if (previous === undefined) bucket.order = undefined;
      record(bucket, { type: previous === undefined ? "ADDED" : "MODIFIED", revision, object: stored, previous });
      return stored;
    },
    remove(bucketName, key) {
      const bucket = bucketOf(bucketName);
      const previous = bucket.objects.get(key);
      if (previous === undefined) return undefined;
      revision += 1;
      bucket.objects.delete(key);
      bucket.order = undefined;
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
      record(bucket, { type: "DELETED", revision, object, previous });
      return object;
    },
    subscribe(bucketName, since, listener) {
      const bucket = bucketOf(bucketName);
      if (since < bucket.forgotten) return undefined;
      for (const change of bucket.history) if (change.revision > since) listener(change);
      bucket.listeners.add(listener);
      return () => bucket.listeners.delete(listener);
    },
    compact() {
      for (const bucket of buckets.values()) {
        bucket.history = [];
        bucket.forgotten = revision;
      }
      // Versions read before stay older than what is forgotten, even in a bucket that nobody writes to again.
      revision += 1;
    },
    buckets: () => [...buckets.keys()],
  };
}
