/** What there is of ours on a user's cluster, and its removal. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Namespace, Node, Pod } from "kubernetes-types/core/v1";
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import { daemonSets, namespaces, nodes, pods } from "../../../src/kube/resources.ts";
import type { Kube, Live, Resource } from "../../../src/kube/types.ts";
import { ClusterProblem } from "../problem.ts";
import { isUnder, markKey } from "./names.ts";

interface Named {
  metadata: { name: string };
}

function clusterScoped(group: string, plural: string, kind: string): Resource<Named> {
  return { group, version: "v1", plural, kind, namespaced: false };
}

const rbac = "rbac.authorization.k8s.io";
const namespaceKind: Resource<Namespace> = namespaces;
const nodeKind: Resource<Node> = nodes;

/** Every kind that we make outside of namespaces, in the order of removal: pods end while their nodes are there. */
const kinds: readonly Resource<unknown>[] = [
  namespaceKind,
  clusterScoped("admissionregistration.k8s.io", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
  clusterScoped(rbac, "clusterrolebindings", "ClusterRoleBinding"),
  clusterScoped(rbac, "clusterroles", "ClusterRole"),
  clusterScoped("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition"),
  nodeKind,
];

export interface Remainder {
  resource: Resource<unknown>;
  name: string;
  uid: string;
  /** It carries our label. What does not is somebody else's, or was made by a test on the way. */
  isMarked: boolean;
}

/** What carries our label, and what is named as if it were ours. */
export function findRemains(kube: Kube, namespace: string): Promise<Remainder[]> {
  return findAll(
    kube,
    (value) => value === namespace,
    (resource, name) => isNamedAsOurs(namespace, resource, name),
  );
}

/** What carries our label, whatever namespace it was given for. */
export function findMarked(kube: Kube): Promise<Remainder[]> {
  return findAll(
    kube,
    (value) => value !== undefined,
    () => false,
  );
}

async function findAll(
  kube: Kube,
  isMark: (value: string | undefined) => boolean,
  isName: (resource: Resource<unknown>, name: string) => boolean,
): Promise<Remainder[]> {
  const found: Remainder[] = [];
  for (const resource of kinds) {
    const { items } = await kube.list(resource);
    for (const { metadata } of items) {
      const { name, uid, labels } = metadata;
      const isMarked = isMark(labels?.[markKey]);
      if (isMarked || isName(resource, name)) found.push({ resource, name, uid, isMarked });
    }
  }
  return found;
}

/** Definitions are named by their group, and a test's group is "NAME-....example.com". */
function isNamedAsOurs(namespace: string, { kind }: Resource<unknown>, name: string): boolean {
  if (kind !== "CustomResourceDefinition") return isUnder(namespace, name);
  const group = name.slice(name.indexOf(".") + 1);
  return group.endsWith(".example.com") && isUnder(namespace, group.slice(0, -".example.com".length));
}

/** "namespace NAME", as kubectl would be told. */
export function wordsOfRemainder({ resource, name }: Remainder): string {
  return `${resource.kind.toLowerCase()} ${name}`;
}

/**
 * Errors: `ClusterProblem` when nodes of ours show signs of life: another run plays here, and its things are not left over.
 * `pause` takes longer than a heartbeat.
 */
export async function checkNobodyIsAtWork(
  kube: Kube,
  remains: readonly Remainder[],
  pause: () => Promise<void>,
): Promise<void> {
  const names = remains.filter(({ resource }) => resource.kind === "Node").map(({ name }) => name);
  if (names.length === 0) return;
  const before = await heartbeats(kube, names);
  await pause();
  const after = await heartbeats(kube, names);
  const alive = names.find((name) => after.get(name) !== undefined && after.get(name) !== before.get(name));
  if (alive === undefined) return;
  throw new ClusterProblem(
    `another run is at work there: its node ${alive} is alive. Wait for it to end, or choose another --namespace.`,
  );
}

async function heartbeats(kube: Kube, names: readonly string[]): Promise<Map<string, string | undefined>> {
  const { items } = await kube.list(nodes);
  return new Map(
    items
      .filter(({ metadata }) => names.includes(metadata.name))
      .map(({ metadata, status }) => {
        const ready = status?.conditions?.find(({ type }) => type === "Ready");
        return [metadata.name, ready?.lastHeartbeatTime];
      }),
  );
}

export interface Removal {
  deadlineMs: number;
  now: () => number;
  pause: () => Promise<void>;
}

/** Removes these and waits until they are gone. Resolves with what is left at the deadline. Rejects when the cluster does not answer. */
export async function removeRemains(
  kube: Kube,
  remains: readonly Remainder[],
  { deadlineMs, now, pause }: Removal,
): Promise<Remainder[]> {
  const end = now() + deadlineMs;
  for (const each of remains) await remove(kube, each);
  for (;;) {
    const left: Remainder[] = [];
    for (const each of remains) if (await isThere(kube, each)) left.push(each);
    if (left.length === 0 || now() > end) return left;
    for (const each of left) if (each.resource.kind === "Namespace") await emptyNamespace(kube, each.name);
    await pause();
  }
}

async function remove(kube: Kube, { resource, name, uid }: Remainder): Promise<void> {
  await kube.delete(resource, { name }, { preconditions: { uid } }).catch(unlessGone);
}

async function isThere(kube: Kube, { resource, name, uid }: Remainder): Promise<boolean> {
  const found = await kube.get(resource, { name }).catch(unlessGone);
  return found?.metadata.uid === uid;
}

/** The kubelets of these pods are ours and gone: nobody else will end the pods, or take away what scenarios hold them by. */
async function emptyNamespace(kube: Kube, namespace: string): Promise<void> {
  for (const resource of [daemonSets, pods] as const) {
    const { items } = await kube.list<DaemonSet | Pod>(resource, { namespace });
    for (const each of items) await letGo(kube, resource, each);
  }
}

async function letGo(kube: Kube, resource: Resource<DaemonSet | Pod>, { metadata }: Live<unknown>): Promise<void> {
  const { namespace = "", name, uid, finalizers } = metadata;
  const ref = { namespace, name };
  if (finalizers !== undefined) {
    const body = { metadata: { uid, finalizers: null } };
    await kube.patch(resource, ref, { type: "merge", body }).catch(unlessGone);
  }
  if (resource.kind !== "Pod") return;
  await kube.delete(resource, ref, { gracePeriodSeconds: 0, preconditions: { uid } }).catch(unlessGone);
}

/** A conflict: another object of the same name has taken its place, which is not ours to touch. */
function unlessGone(error: unknown): undefined {
  if (isNotFound(error) || isConflict(error)) return undefined;
  throw error;
}
