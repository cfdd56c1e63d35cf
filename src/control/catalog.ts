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

export interface Catalog {
  /** Every Operarius, bad ones included. Rejects like `Kube.list` when the cache is empty and the API cannot be asked. */
  entries(): Promise<CatalogEntry[]>;
}

/** Checks the object once, when it arrives. */
export function toCatalogEntry(object: Live<OperariusObject>): CatalogEntry {
  const { name, namespace = "", resourceVersion } = object.metadata;
  const read = readOperarius(object);
  const problem = read.kind === "invalid" ? read.message : templateProblems(read.operarius);
  const status = object.status ?? {};
  return { name, namespace, resourceVersion, read, status, ...(problem === "" ? {} : { problem }) };
}

export function createCatalog(source: {
  kube: Kube;
  namespace: string;
  cache: { hasSynced(): boolean; items(): CatalogEntry[] };
}): Catalog {
  return {
    async entries() {
      if (source.cache.hasSynced()) return source.cache.items();
      const { items } = await source.kube.list(operariuses, { namespace: source.namespace });
      return items.map(toCatalogEntry);
    },
  };
}

/** The usable ones among the entries. */
export function usable(entries: readonly CatalogEntry[]): Operarius[] {
  return entries.flatMap(({ read }) => (read.kind === "operarius" ? [read.operarius] : []));
}
