/** Empties a namespace that is being deleted and then lets it go. */
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import { events } from "../../../src/kube/resources.ts";
import type { Resource } from "../../../src/kube/types.ts";
import { startLoop } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { discover } from "./discovery.ts";
import { finalizeNamespace } from "./finalize.ts";

const firstLookMs = 300;
const lastLookMs = 5_000;

/** Starts it; the informers must have synced. */
export function startNamespaceController(context: ControllerContext): Running {
  const { kube, informers, log } = context;
  /** How often each namespace was found not to be empty yet. */
  const rounds = new Map<string, number>();

  /** Deletes everything of one kind in the namespace; returns how much is still there. */
  async function empty<T>(resource: Resource<T>, namespace: string): Promise<number> {
    const { items } = await kube.list(resource, { namespace });
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
  function nextLookMs(name: string): number {
    const round = rounds.get(name) ?? 0;
    rounds.set(name, round + 1);
    return Math.min(firstLookMs * 2 ** round, lastLookMs);
  }

  async function sync(name: string): Promise<number | undefined> {
    const namespace = informers.namespaces.get(undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
    if ((namespace.spec?.finalizers ?? []).length === 0) return undefined;
    const kinds: Resource<unknown>[] = (await discover(kube)).filter((resource) => resource.namespaced);
    let left = 0;
    for (const resource of [...kinds, events]) left += await empty(resource, name);
    // Deleted objects may take their grace period: look again before the namespace is let go.
    if (left > 0) return nextLookMs(name);
    try {
      await finalizeNamespace(kube, namespace);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  }

  const loop = startLoop({ name: "namespace-controller", reconcile: sync, log, concurrency: 6, capMs: 2_000 });
  informers.namespaces.subscribe((each, change) => {
    if (change.type === "deleted") rounds.delete(each.metadata.name);
    if (change.type !== "deleted" && each.metadata.deletionTimestamp !== undefined) loop.add(each.metadata.name);
  });
  for (const each of informers.namespaces.items()) loop.add(each.metadata.name);
  return loop;
}
