/** Which pods belong to an owner: by controller reference, adopting orphans that match and releasing what no longer does. */
import type { Pod } from "kubernetes-types/core/v1";
import type { LabelSelector } from "kubernetes-types/meta/v1";
import { isInvalid, isNotFound } from "../../../src/kube/errors.ts";
import { pods as podResource } from "../../../src/kube/resources.ts";
import type { Kube, Live, LiveMeta, Resource } from "../../../src/kube/types.ts";
import { matchesSelector } from "./labels.ts";
import { controllerOf, isTerminal, isTerminating } from "./pods.ts";

/**
 * The owner's pods, after PodControllerRefManager.ClaimPods. Before the first adoption the owner is read again: one that
 * is going or was replaced adopts nothing.
 */
export async function claim<T>(input: {
  kube: Kube;
  resource: Resource<T>;
  owner: { metadata: LiveMeta };
  selector: LabelSelector | undefined;
  pods: readonly Live<Pod>[];
}): Promise<Live<Pod>[]> {
  const { kube, resource, owner, selector, pods } = input;
  const mine: Live<Pod>[] = [];
  let canAdopt: boolean | undefined;
  for (const pod of pods) {
    const controller = controllerOf(pod);
    const matches = matchesSelector(selector, pod.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (matches || isTerminating(pod)) mine.push(pod);
      else await release(kube, pod, owner.metadata.uid);
    } else if (controller === undefined && matches && !isTerminating(pod) && !isTerminal(pod)) {
      canAdopt ??= await mayAdopt(kube, resource, owner);
      if (canAdopt) mine.push(await adopt(kube, pod, ownerReference(resource, owner)));
    }
  }
  return mine;
}

async function mayAdopt<T>(kube: Kube, resource: Resource<T>, owner: { metadata: LiveMeta }): Promise<boolean> {
  const { name, namespace, uid } = owner.metadata;
  const live = await kube.get(resource, { name, ...(namespace !== undefined && { namespace }) });
  return live.metadata.uid === uid && live.metadata.deletionTimestamp === undefined;
}

function ownerReference<T>(resource: Resource<T>, owner: { metadata: LiveMeta }) {
  const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
  const { name, uid } = owner.metadata;
  return { apiVersion, kind: resource.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function adopt(kube: Kube, pod: Live<Pod>, reference: object): Promise<Live<Pod>> {
  const owners = [...(pod.metadata.ownerReferences ?? []), reference];
  return kube.patch(podResource, refOf(pod), {
    type: "merge",
    body: { metadata: { resourceVersion: pod.metadata.resourceVersion, ownerReferences: owners } },
  });
}

async function release(kube: Kube, pod: Live<Pod>, ownerUid: string): Promise<void> {
  const owners = (pod.metadata.ownerReferences ?? []).filter((each) => each.uid !== ownerUid);
  const { resourceVersion } = pod.metadata;
  try {
    const body = { metadata: { resourceVersion, ownerReferences: owners } };
    await kube.patch(podResource, refOf(pod), { type: "merge", body });
  } catch (error) {
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}

function refOf(pod: Live<Pod>): { name: string; namespace: string } {
  return { name: pod.metadata.name, namespace: pod.metadata.namespace ?? "" };
}
