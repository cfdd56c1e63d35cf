/** The Operarii that are loaded, from the cache once it is filled and from the API before. */
import type { Kube, Live } from "../kube/types.ts";
import type { Operarius, OperariusObject, ReadOperarius } from "../operarius/operarius.ts";
import { operariuses, readOperarius } from "../operarius/operarius.ts";
import { templateProblems } from "../operarius/render-job.ts";
import type { OperariusStatus } from "../operarius/schema.ts";

/** One Operarius as the cache keeps it. */
export interface CatalogEntry {
  name: string;
  namespace: string;
  resourceVersion: string;
  read: ReadOperarius;
  /** What is wrong with it, for people; a bad template does not keep it from matching, so that the failure is seen. */
  problem?: string;
  status: OperariusStatus;
}

/** Both reject like `Kube.list` when the API has to be asked and cannot be. */
export interface Catalog {
  /** Every Operarius, bad ones included; from the cache once it is filled. */
  entries(): Promise<CatalogEntry[]>;
  /** The same from the API, not older than this call: what was applied a moment ago may not be in the cache yet. */
  fresh(): Promise<CatalogEntry[]>;
}

/** Checks the object once, when it arrives. */
export function toCatalogEntry(object: Live<OperariusObject>): CatalogEntry {
  const { name, namespace = "", resourceVersion } = object.metadata;
  const read = readOperarius(object);
  const problem = read.kind === "invalid" ? read.message : templateProblems(read.operarius);
  const status = object.status ?? {};
  return { name, namespace, resourceVersion, read, status, ...(problem === "" ? {} : { problem }) };
}

/** The installed Operarii, from the cache once it has synced, until then by a list of its own. */
export function createCatalog(source: {
  kube: Kube;
  namespace: string;
  cache: { hasSynced(): boolean; items(): CatalogEntry[] };
}): Catalog {
  const fresh = oneAtATime(async () => {
    const { items } = await source.kube.list(operariuses, { namespace: source.namespace });
    return items.map(toCatalogEntry);
  });
  return {
    entries: async () => (source.cache.hasSynced() ? source.cache.items() : fresh()),
    fresh,
  };
}

/** Callers that come while `load` runs share the next run: its answer is newer than their question. */
function oneAtATime<T>(load: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const run = (): Promise<T> => {
    next = undefined;
    running = load().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return run();
    next ??= running.then(run, run);
    return next;
  };
}

/** The usable ones among the entries. */
export function usable(entries: readonly CatalogEntry[]): Operarius[] {
  return entries.flatMap(({ read }) => (read.kind === "operarius" ? [read.operarius] : []));
}
