/** Garbage collection by owner references: watches the metadata of every kind; owners.ts decides. */
import type { OwnerReference } from "kubernetes-types/meta/v1";
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import type { Reflector } from "../../../src/kube/reflector.ts";
import { startReflector } from "../../../src/kube/reflector.ts";
import type { Kube, Live, Ref, Resource } from "../../../src/kube/types.ts";
import { startLoop, startTicker } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { apiVersionOf, discover, kindKey } from "./discovery.ts";
import type { CollectionStep, OwnedObject } from "./owners.ts";
import { planCollection } from "./owners.ts";

interface Watched {
  resource: Resource<unknown>;
  reflector: Reflector<OwnedObject>;
}

/** Starts it; kinds are looked for again every `discoveryPeriodMs`. */
export function startGarbageCollector(context: ControllerContext): Running {
  const { kube, tuning, log } = context;
  const watched = new Map<string, Watched>();

  async function collect(): Promise<undefined> {
    const ready = [...watched.values()].filter(({ reflector }) => reflector.hasSynced());
    // Decided only on the whole picture: an owner that has not been listed yet must not look gone.
    if (ready.length !== watched.size) return undefined;
    const objects = ready.flatMap(({ reflector }) => reflector.items());
    const isCollected = (owner: OwnerReference): boolean => watched.has(`${owner.apiVersion}/${owner.kind}`);
    for (const step of planCollection(objects, isCollected)) await carryOut(step);
    return undefined;
  }

  async function carryOut(step: CollectionStep): Promise<void> {
    try {
      await write(step);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async function write(step: CollectionStep): Promise<void> {
    const resource = watched.get(`${step.object.apiVersion}/${step.object.kind}`)?.resource;
    if (resource === undefined) return;
    const { object } = step;
    const preconditions = { uid: object.uid };
    switch (step.kind) {
      case "delete-dangling":
        if (await isAnyOwnerAlive(object)) return;
        return kube.delete(resource, refOf(object), { preconditions, propagationPolicy: policyOf(object) });
      case "delete-dependent":
        return kube.delete(resource, refOf(object), { preconditions, propagationPolicy: "Foreground" });
      case "drop-owners":
        return dropOwners(kube, resource, object, new Set(step.uids));
      case "remove-finalizer":
        return removeFinalizer(kube, resource, object, step.finalizer);
    }
  }

  /** The informers may lag: what decides is the API server's answer about that very uid. */
  async function isAnyOwnerAlive(object: OwnedObject): Promise<boolean> {
    for (const owner of object.owners) {
      const resource = watched.get(`${owner.apiVersion}/${owner.kind}`)?.resource;
      if (resource === undefined) return true;
      const namespace = resource.namespaced ? object.namespace : undefined;
      try {
        const live = await kube.get(resource, { name: owner.name, ...(namespace !== undefined && { namespace }) });
        if (live.metadata.uid === owner.uid) return true;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return false;
  }

  async function refresh(): Promise<void> {
    const found = new Map((await discover(kube)).map((resource) => [kindKey(resource), resource]));
    for (const [key, { reflector }] of watched) {
      if (found.has(key)) continue;
      reflector.stop();
      watched.delete(key);
    }
    for (const [key, resource] of found)
      if (!watched.has(key)) watched.set(key, { resource, reflector: watch(resource) });
    loop.add("round");
  }

  function watch(resource: Resource<unknown>): Reflector<OwnedObject> {
    return startReflector<unknown, OwnedObject>({
      kube,
      resource,
      project: (object) => project(resource, object),
      onChange: ({ type, object }) => {
        if (type !== "added" || object.owners.length > 0) loop.add("round");
        // A new custom resource is a new kind; its definition is also changed once more when it is being served.
        if (object.kind === "CustomResourceDefinition") ticker.wake();
      },
      onError: (error) => log(`garbage-collector: watching ${resource.plural}: ${String(error)}`),
    });
  }

  const loop = startLoop({ name: "garbage-collector", reconcile: collect, log, concurrency: 1, capMs: 2_000 });
  const ticker = startTicker({
    name: "garbage-collector-kinds",
    periodMs: tuning.discoveryPeriodMs,
    work: refresh,
    log,
  });
  return {
    stop: async () => {
      await ticker.stop();
      await loop.stop();
      for (const { reflector } of watched.values()) reflector.stop();
    },
  };
}

function project(resource: Resource<unknown>, object: Live<unknown>): OwnedObject {
  const { metadata } = object;
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    owners: metadata.ownerReferences ?? [],
    finalizers: metadata.finalizers ?? [],
    isDeleting: metadata.deletionTimestamp !== undefined,
  };
}

function policyOf(object: OwnedObject): "Background" | "Foreground" | "Orphan" {
  if (object.finalizers.includes("orphan")) return "Orphan";
  return object.finalizers.includes("foregroundDeletion") ? "Foreground" : "Background";
}

async function dropOwners(
  kube: Kube,
  resource: Resource<unknown>,
  object: OwnedObject,
  uids: Set<string>,
): Promise<void> {
  const live = await kube.get(resource, refOf(object));
  if (live.metadata.uid !== object.uid) return;
  const ownerReferences = (live.metadata.ownerReferences ?? []).filter((owner) => !uids.has(owner.uid));
  const body = { metadata: { resourceVersion: live.metadata.resourceVersion, ownerReferences } };
  await kube.patch(resource, refOf(object), { type: "merge", body });
}

async function removeFinalizer(
  kube: Kube,
  resource: Resource<unknown>,
  object: OwnedObject,
  finalizer: string,
): Promise<void> {
  const live = await kube.get(resource, refOf(object));
  if (live.metadata.uid !== object.uid) return;
  const finalizers = (live.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  const body = { metadata: { resourceVersion: live.metadata.resourceVersion, finalizers } };
  await kube.patch(resource, refOf(object), { type: "merge", body });
}

function refOf(object: OwnedObject): Ref {
  return { name: object.name, ...(object.namespace !== undefined && { namespace: object.namespace }) };
}
