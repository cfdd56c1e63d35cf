/** The data half of a reflector: takes pages and events in, tells about the changes. When they come is reflector.ts. */
import type { Change, Entry } from "./object-store.ts";
import { createObjectStore, keyOf } from "./object-store.ts";
import type { Live, Page, WatchEvent } from "./types.ts";
import { createWaiters } from "./waiters.ts";

export interface LocalCopyOptions<T, P> {
  project: (object: Live<T>) => P;
  onChange: ((change: Change<P>) => void) | undefined;
  onError: ((error: unknown) => void) | undefined;
}

export interface LocalCopy<T, P> {
  items(): P[];
  get(namespace: string | undefined, name: string): P | undefined;
  hasSynced(): boolean;
  readonly synced: Promise<void>;
  changed(signal?: AbortSignal): Promise<void>;
  lastContact(): number | undefined;
  /** Where to watch from; undefined = a list is needed. */
  resourceVersion(): string | undefined;
  forgetResourceVersion(): void;
  /** What is held changes only at `finish`, all at once. */
  startList(): { addPage(page: Page<T>): void; finish(): void };
  take(event: WatchEvent<T>): void;
  /** The server was heard. */
  touch(): void;
  /** Hands an error to `onError`, whatever that does. */
  report(error: unknown): void;
  /** Nothing will change any more: those who wait are told why. */
  end(reason: unknown): void;
}

/** An empty copy, not yet synced. */
export function createLocalCopy<T, P>(options: LocalCopyOptions<T, P>): LocalCopy<T, P> {
  const store = createObjectStore<P>();
  const waiters = createWaiters();
  const firstSync = createFirstSync();
  const isolated = createIsolation(options);
  let contact: number | undefined;
  let version: string | undefined;
  const touch = (): void => {
    contact = Date.now();
  };

  function startList(): { addPage(page: Page<T>): void; finish(): void } {
    const next = new Map<string, Entry<P>>();
    let listed = "";
    return {
      addPage(page) {
        touch();
        if (page.first) next.clear();
        for (const object of page.items) {
          const entry = isolated.toEntry(object);
          if (entry !== undefined) next.set(keyOf(object), entry);
        }
        listed = page.resourceVersion;
      },
      finish() {
        const changes = store.replaceAll(next);
        const first = !firstSync.done();
        version = listed;
        firstSync.resolve();
        isolated.publish(changes);
        if (first || changes.length > 0) waiters.wake();
      },
    };
  }

  function take(event: WatchEvent<T>): void {
    touch();
    version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
    if (event.type === "BOOKMARK") return;
    const entry = isolated.toEntry(event.object);
    const key = keyOf(event.object);
    const change =
      event.type === "DELETED"
        ? store.remove(key, entry?.item)
        : entry === undefined
          ? undefined
          : store.set(key, entry);
    if (change === undefined) return;
    isolated.publish([change]);
    waiters.wake();
  }

  return {
    touch,
    startList,
    take,
    report: (error) => isolated.report(error),
    items: () => store.items(),
    get: (namespace, name) => store.get(namespace, name),
    hasSynced: () => firstSync.done(),
    synced: firstSync.promise,
    changed: (signal) => waiters.wait(signal),
    lastContact: () => contact,
    resourceVersion: () => version,
    forgetResourceVersion() {
      version = undefined;
    },
    end(reason) {
      firstSync.reject(reason);
      waiters.fail(reason);
    },
  };
}

/** What callers hand in may throw; the copy goes on and the error is reported. */
function createIsolation<T, P>({ project, onChange, onError }: LocalCopyOptions<T, P>) {
  function report(error: unknown): void {
    try {
      onError?.(error);
    } catch {
      // There is no one left to tell.
    }
  }
  return {
    report,
    publish(changes: Change<P>[]): void {
      for (const change of changes) {
        try {
          onChange?.(change);
        } catch (error) {
          report(error);
        }
      }
    },
    toEntry(object: Live<T>): Entry<P> | undefined {
      try {
        return { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion, item: project(object) };
      } catch (error) {
        report(error);
        return undefined;
      }
    },
  };
}

function createFirstSync(): {
  promise: Promise<void>;
  done(): boolean;
  resolve(): void;
  reject(reason: unknown): void;
} {
  let done = false;
  let settle: { resolve: () => void; reject: (reason: unknown) => void } | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Waiting for it is voluntary.
  promise.catch(() => {});
  return {
    promise,
    done: () => done,
    resolve() {
      done = true;
      settle?.resolve();
    },
    reject: (reason) => settle?.reject(reason),
  };
}
