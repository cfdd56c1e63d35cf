/** Garbage collection by owner references (pkg/controller/garbagecollector), decided from metadata alone. */
import type { OwnerReference } from "kubernetes-types/meta/v1";

/** What garbage collection has to know of an object. */
export interface OwnedObject {
  apiVersion: string;
  kind: string;
  namespace: string | undefined;
  name: string;
  uid: string;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  isDeleting: boolean;
}

export type CollectionStep =
  /** All owners look gone: to be confirmed against the API server first. */
  | { kind: "delete-dangling"; object: OwnedObject }
  /** Some owners look gone or are going in the foreground while others stand. */
  | { kind: "drop-owners"; object: OwnedObject; uids: string[] }
  /** Its owner is being deleted in the foreground and waits for it. */
  | { kind: "delete-dependent"; object: OwnedObject }
  | { kind: "remove-finalizer"; object: OwnedObject; finalizer: "foregroundDeletion" | "orphan" };

/** One pass over everything known. `isCollected` tells whether a kind is watched at all: others count as standing. */
export function planCollection(
  objects: readonly OwnedObject[],
  isCollected: (owner: OwnerReference) => boolean,
): CollectionStep[] {
  const byUid = new Map(objects.map((each) => [each.uid, each]));
  const dependents = new Map<string, OwnedObject[]>();
  for (const object of objects) {
    for (const owner of object.owners) {
      const others = dependents.get(owner.uid);
      if (others === undefined) dependents.set(owner.uid, [object]);
      else others.push(object);
    }
  }
  const steps: CollectionStep[] = [];
  for (const object of objects) {
    if (object.isDeleting) steps.push(...finishDeletion(object, dependents.get(object.uid) ?? []));
    else steps.push(...checkOwners(object, byUid, isCollected));
  }
  return steps;
}

function finishDeletion(object: OwnedObject, dependents: readonly OwnedObject[]): CollectionStep[] {
  if (object.finalizers.includes("orphan")) {
    const released = dependents.map(
      (each): CollectionStep => ({ kind: "drop-owners", object: each, uids: [object.uid] }),
    );
    return released.length > 0 ? released : [{ kind: "remove-finalizer", object, finalizer: "orphan" }];
  }
  if (!object.finalizers.includes("foregroundDeletion")) return [];
  const blocking = dependents.filter((each) =>
    each.owners.some((owner) => owner.uid === object.uid && owner.blockOwnerDeletion === true),
  );
  if (blocking.length === 0) return [{ kind: "remove-finalizer", object, finalizer: "foregroundDeletion" }];
  return blocking.filter((each) => !each.isDeleting).map((each) => ({ kind: "delete-dependent", object: each }));
}

function checkOwners(
  object: OwnedObject,
  byUid: ReadonlyMap<string, OwnedObject>,
  isCollected: (owner: OwnerReference) => boolean,
): CollectionStep[] {
  if (object.owners.length === 0) return [];
  const gone = object.owners.filter((owner) => isCollected(owner) && !isOwnerPresent(object, byUid.get(owner.uid)));
  if (gone.length === 0) return [];
  if (gone.length === object.owners.length) return [{ kind: "delete-dangling", object }];
  return [{ kind: "drop-owners", object, uids: gone.map((owner) => owner.uid) }];
}

/** An owner in another namespace is no owner: owner references do not cross namespaces. */
function isOwnerPresent(object: OwnedObject, owner: OwnedObject | undefined): boolean {
  return owner !== undefined && (owner.namespace === undefined || owner.namespace === object.namespace);
}
