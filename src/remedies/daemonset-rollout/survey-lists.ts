/** The lists that a look at many DaemonSets is made of: paged, and of each object only what is needed is kept. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import { Stalled } from "../../engine/errors.ts";
import type { Settings } from "../../engine/types.ts";
import { isForbidden, isNotFound } from "../../kube/errors.ts";
import { daemonSets, namespaces } from "../../kube/resources.ts";
import type { Kube, ListOptions, Live, Resource } from "../../kube/types.ts";
import type { NodeFacts, Observation } from "./facts.ts";

export type SurveyScope =
  | { kind: "one"; namespace: string; name: string }
  /** No namespace = all of them; no selector = all DaemonSets. */
  | { kind: "many"; namespace: string | undefined; labelSelector: string | undefined };

export interface SurveyOptions {
  kube: Kube;
  scope: SurveyScope;
  settings: Settings;
  signal: AbortSignal;
  now: () => number;
  /** How many objects of a kind were read so far. */
  progress: (what: string, count: number) => void;
  /** Where the nodes are from, for those who survey often; listed anew when absent. */
  nodes?: () => Promise<readonly NodeFacts[]>;
  /** Adds what earlier surveys know of since when things are missing; a single one has no memory. */
  remember?: (observation: Observation) => Observation;
}

/** What these rights do not reach; `message` is the API server's own. */
export interface Unread {
  what: string;
  message: string;
}

/** A survey under way. */
export interface Reader extends SurveyOptions {
  unread: Unread[];
}

/** What is kept of every object of a list. A list that begins anew is forgotten. Undefined, and noted, when it is refused. */
export async function collect<T, Kept>(
  { kube, signal, progress, unread }: Reader,
  resource: Resource<T>,
  options: ListOptions,
  keep: (object: Live<T>) => Kept | undefined,
): Promise<Kept[] | undefined> {
  return unlessForbidden({ unread }, resource.plural, async () => {
    let kept: Kept[] = [];
    let count = 0;
    for await (const page of kube.pages(resource, { ...options, signal })) {
      if (page.first) [kept, count] = [[], 0];
      for (const object of page.items) {
        const part = keep(object);
        if (part !== undefined) kept.push(part);
      }
      count += page.items.length;
      progress(resource.plural, count);
    }
    return kept;
  });
}

/** What `read` resolves with; undefined, and noted, when the API server refuses it. Every other error rejects. */
export async function unlessForbidden<T>(
  { unread }: Pick<Reader, "unread">,
  what: string,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isForbidden(error)) throw error;
    unread.push({ what, message: error.message });
    return undefined;
  }
}

/** The namespace of the scope, as an option of a list. */
export function inNamespace({ scope }: Reader): ListOptions {
  return scope.namespace === undefined ? {} : { namespace: scope.namespace };
}

/** In the order of namespace and name. Rejects with `Stalled` (`NotFound`) when the one that is asked for does not exist. */
export async function readDaemonSets({ kube, scope, signal }: Reader): Promise<Live<DaemonSet>[]> {
  if (scope.kind === "one") {
    const { namespace, name } = scope;
    try {
      return [await kube.get(daemonSets, { namespace, name }, { signal })];
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new Stalled(
        "NotFound",
        `DaemonSet ${namespace}/${name} does not exist in the cluster at ${kube.server}. Check the name and the namespace: kubectl get daemonsets -n ${namespace}`,
      );
    }
  }
  const { namespace, labelSelector: selector } = scope;
  const { items } = await kube.list(daemonSets, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
    signal,
  });
  const key = ({ metadata }: Live<DaemonSet>): string => `${metadata.namespace}/${metadata.name}`;
  return items.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Annotations by namespace; those that cannot be read are absent. */
export async function readNamespaces(reader: Reader): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { kube, scope, signal, unread } = reader;
  if (scope.namespace === undefined) {
    const read = await collect(
      reader,
      namespaces,
      {},
      ({ metadata }) => [metadata.name, metadata.annotations ?? {}] as const,
    );
    return new Map(read);
  }
  try {
    const { metadata } = await kube.get(namespaces, { name: scope.namespace }, { signal });
    return new Map([[scope.namespace, metadata.annotations ?? {}]]);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    unread.push({ what: "namespaces", message: error.message });
    return new Map();
  }
}
