/** Empties a namespace that is being deleted and then lets it go. */
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import { events } from "../../../src/kube/resources.ts";
import type { Live, Resource } from "../../../src/kube/types.ts";
import { startLoop } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { discover } from "./discovery.ts";
import { finalizeNamespace } from "./finalize.ts";

const firstLookMs = 300;
const lastLookMs = 5_000;

/** Starts it; the informers must have synced. */
export function startNamespaceController(context: ControllerContext): Running {
  const { kube, informers, log } = context;
  /**
   * How often each namespace was found not to be empty yet, and of which kinds: nothing new comes into one that is being
   * deleted, so that no other kind has to be looked at again.
   */
  const looks = new Map<string, { round: number; kinds: readonly Resource<unknown>[] }>();

  /** Nothing of a custom kind that has gone meanwhile. */
  async function listed<T>(resource: Resource<T>, namespace: string): Promise<Live<T>[]> {
    try {
      return (await kube.list(resource, { namespace })).items;
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  /** Deletes everything of one kind in the namespace; returns how much is still there. */
  async function empty<T>(resource: Resource<T>, namespace: string): Promise<number> {
    const items = await listed(resource, namespace);
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue;
      try {
        const ref = { namespace, name: metadata.name };
        await kube.delete(resource, ref, { preconditions: { uid: metadata.uid }, propagationPolicy: "Background" });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    }
    return items.length;
  }

  /** Ever later: namespaces that something holds for ever must not keep the others waiting. */
  function nextLookMs(round: number): number {
    return Math.min(firstLookMs * 2 ** round, lastLookMs);
  }

  async function sync(name: string): Promise<number | undefined> {
    const namespace = informers.namespaces.get(undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
    if ((namespace.spec?.finalizers ?? []).length === 0) return undefined;
    const before = looks.get(name);
    const kinds = before?.kinds ?? [...(await discover(kube)).filter((resource) => resource.namespaced), events];
    const left: Resource<unknown>[] = [];
    for (const resource of kinds) if ((await empty(resource, name)) > 0) left.push(resource);
    // Deleted objects may take their grace period: look again before the namespace is let go.
    if (left.length > 0) {
      const round = before?.round ?? 0;
      looks.set(name, { round: round + 1, kinds: left });
      return nextLookMs(round);
    }
    try {
      await finalizeNamespace(kube, namespace);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  }

  const loop = startLoop({ name: "namespace-controller", reconcile: sync, log, concurrency: 6, capMs: 2_000 });
  informers.namespaces.subscribe((each, change) => {
    if (change.type === "deleted") looks.delete(each.metadata.name);
    if (change.type !== "deleted" && each.metadata.deletionTimestamp !== undefined) loop.add(each.metadata.name);
  });
  for (const each of informers.namespaces.items()) loop.add(each.metadata.name);
  return loop;
}
