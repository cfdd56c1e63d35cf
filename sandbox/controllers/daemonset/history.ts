/** Keeps a DaemonSet's ControllerRevisions: the current one exists and is the newest, surplus ones go. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isAlreadyExists, isNotFound } from "../../../src/kube/errors.ts";
import { controllerRevisions, daemonSets } from "../../../src/kube/resources.ts";
import type { Kube, Live } from "../../../src/kube/types.ts";
import { matchesSelector } from "../rules/labels.ts";
import { controllerOf } from "../rules/pods.ts";
import { ownerReference, revisionLabel } from "./pod-template.ts";
import { matchesTemplate, planHistory, surplusRevisions } from "./revisions.ts";

export interface History {
  current: Live<ControllerRevision>;
  old: Live<ControllerRevision>[];
  hash: string;
}

/** Creates or renumbers the current revision. Rejects when it cannot; the DaemonSet is not touched further then. */
export async function syncHistory(
  kube: Kube,
  ds: Live<DaemonSet>,
  known: readonly Live<ControllerRevision>[],
): Promise<History> {
  const plan = planHistory(ds, known);
  let current: Live<ControllerRevision>;
  if (plan.kind === "create") current = await create(kube, ds, plan.revision);
  else if (plan.raiseTo === undefined) current = plan.current;
  else current = await kube.replace(controllerRevisions, { ...plan.current, revision: plan.raiseTo });
  const old = known.filter((each) => each.metadata.uid !== current.metadata.uid);
  return { current, old, hash: current.metadata.labels?.[revisionLabel] ?? "" };
}

/** The DaemonSet's own revisions and those without a controller that its selector matches: these are adopted. */
export async function claimRevisions(
  kube: Kube,
  ds: Live<DaemonSet>,
  all: readonly Live<ControllerRevision>[],
): Promise<Live<ControllerRevision>[]> {
  const mine: Live<ControllerRevision>[] = [];
  for (const each of all) {
    const { name, namespace, resourceVersion, labels, ownerReferences = [], deletionTimestamp } = each.metadata;
    const controller = controllerOf(each);
    if (controller?.uid === ds.metadata.uid) {
      mine.push(each);
    } else if (namespace === ds.metadata.namespace && controller === undefined && deletionTimestamp === undefined) {
      if (!matchesSelector(ds.spec?.selector, labels)) continue;
      const body = { metadata: { resourceVersion, ownerReferences: [...ownerReferences, ownerReference(ds)] } };
      mine.push(await kube.patch(controllerRevisions, { name, namespace: namespace ?? "" }, { type: "merge", body }));
    }
  }
  return mine;
}

/** Removes old revisions beyond the limit that no pod runs. */
export async function cleanHistory(
  kube: Kube,
  input: { ds: Live<DaemonSet>; old: readonly Live<ControllerRevision>[]; pods: readonly Pod[] },
): Promise<void> {
  for (const { metadata } of surplusRevisions(input)) {
    const ref = { name: metadata.name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) };
    try {
      await kube.delete(controllerRevisions, ref, { preconditions: { uid: metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

async function create(
  kube: Kube,
  ds: Live<DaemonSet>,
  revision: ControllerRevision,
): Promise<Live<ControllerRevision>> {
  try {
    return await kube.create(controllerRevisions, revision);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const ref = { name: revision.metadata?.name ?? "", namespace: ds.metadata.namespace ?? "" };
    const existing = await kube.get(controllerRevisions, ref);
    if (matchesTemplate(existing, ds) && isOwnedBy(existing, ds)) return existing;
    await countCollision(kube, ds);
    throw error;
  }
}

/** Another template has taken the name: the raised count changes the hash at the next try. */
async function countCollision(kube: Kube, ds: Live<DaemonSet>): Promise<void> {
  const ref = { name: ds.metadata.name, namespace: ds.metadata.namespace ?? "" };
  const live = await kube.get(daemonSets, ref);
  if ((live.status?.collisionCount ?? 0) !== (ds.status?.collisionCount ?? 0)) return;
  const collisionCount = (live.status?.collisionCount ?? 0) + 1;
  await kube.patchStatus(daemonSets, ref, { type: "merge", body: { status: { collisionCount } } });
}

function isOwnedBy(revision: Live<ControllerRevision>, ds: Live<DaemonSet>): boolean {
  return revision.metadata.ownerReferences?.some((owner) => owner.uid === ds.metadata.uid) === true;
}
