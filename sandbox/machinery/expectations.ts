/** Writes of ours that the watch has not shown yet; deciding again before that would do them twice. */

export interface Expectations {
  /** Registers objects just created or deleted for `key`, by uid. */
  expect(key: string, uids: { created?: readonly string[]; deleted?: readonly string[] }): void;
  /** To be called for every watch event: the object is there, and is it gone or going? */
  observe(uid: string, isGone: boolean): void;
  /** True when nothing is outstanding, or it has been for longer than the timeout. */
  satisfied(key: string): boolean;
  forget(key: string): void;
}

interface Outstanding {
  created: Set<string>;
  deleted: Set<string>;
  sinceMs: number;
}

/** After controller.UIDTrackingControllerExpectations, by uid for creations as well. */
export function createExpectations(input: { timeoutMs: number; now: () => number }): Expectations {
  const byKey = new Map<string, Outstanding>();
  return {
    expect(key, { created = [], deleted = [] }) {
      if (created.length === 0 && deleted.length === 0) return;
      const all = byKey.get(key) ?? { created: new Set(), deleted: new Set(), sinceMs: 0 };
      for (const uid of created) all.created.add(uid);
      for (const uid of deleted) all.deleted.add(uid);
      byKey.set(key, { ...all, sinceMs: input.now() });
    },
    observe(uid, isGone) {
      for (const [key, all] of byKey) {
        all.created.delete(uid);
        if (isGone) all.deleted.delete(uid);
        if (all.created.size + all.deleted.size === 0) byKey.delete(key);
      }
    },
    satisfied(key) {
      const all = byKey.get(key);
      if (all === undefined) return true;
      if (input.now() - all.sinceMs <= input.timeoutMs) return false;
      byKey.delete(key);
      return true;
    },
    forget(key) {
      byKey.delete(key);
    },
  };
}
