/**
 * One look at many DaemonSets, or at one, from a handful of lists that all of them share. Nothing is watched and nothing
 * is written. Of each page only the facts are kept, so memory follows the DaemonSets' pods, not the size of the objects.
 */
import { randomBytes } from "node:crypto";
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Event, Pod } from "kubernetes-types/core/v1";
import type { Mask } from "../../engine/redact.ts";
import { controllerRevisions, events, nodes, pods } from "../../kube/resources.ts";
import type { ListOptions, Live } from "../../kube/types.ts";
import { assemble, eventsNeeded, isPodOf, missing } from "./assemble.ts";
import type { DaemonSetFacts, EventFacts, NodeFacts, Observation, PodFacts } from "./facts.ts";
import { createInterner } from "./intern.ts";
import { templateMask } from "./pod-literals.ts";
import { daemonSetFacts, eventFacts, labelSelector, nodeFacts } from "./project.ts";
import { podFacts } from "./project-pod.ts";
import type { Reader, SurveyOptions, Unread } from "./survey-lists.ts";
import { collect, inNamespace, readDaemonSets, readNamespaces, unlessForbidden } from "./survey-lists.ts";

/** One DaemonSet as seen. Without its pods, nodes or revisions it cannot be counted or judged: then only these facts are known. */
export type Surveyed =
  | { kind: "observed"; observation: Observation }
  | { kind: "partly"; daemonSet: DaemonSetFacts; pods: readonly PodFacts[] | undefined };

export interface Survey {
  at: number;
  found: readonly Surveyed[];
  unread: readonly Unread[];
}

/**
 * Resolves with every DaemonSet of the scope, in the order of namespace and name. Rejects with `Stalled` (`NotFound`)
 * when the one that is asked for does not exist, and with the API's error when DaemonSets themselves cannot be read.
 */
export async function survey(options: SurveyOptions): Promise<Survey> {
  const reader: Reader = { ...options, unread: [] };
  const { remember = withMissing } = options;
  const salt = randomBytes(16).toString("hex");
  const sets = await readDaemonSets(reader);
  if (sets.length === 0) return { at: options.now(), found: [], unread: [] };
  const [podsBySet, allNodes, revisionsBySet, annotations] = await Promise.all([
    readPods(reader, sets, salt),
    readNodes(reader),
    readRevisions(reader, sets),
    readNamespaces(reader),
  ]);
  const at = options.now();
  const found = sets.map((daemonSet): Surveyed => {
    const { uid, namespace = "" } = daemonSet.metadata;
    const revisions = revisionsBySet?.get(uid) ?? [];
    const own = podsBySet && (podsBySet.get(uid) ?? []);
    if (!own || !allNodes || !revisionsBySet)
      return { kind: "partly", daemonSet: daemonSetFacts(daemonSet, revisions, salt), pods: own };
    const namespaceAnnotations = annotations.get(namespace);
    const parts = { at, daemonSet, revisions, pods: own, nodes: allNodes, namespaceAnnotations, salt };
    return { kind: "observed", observation: remember(assemble(parts)) };
  });
  const masks = new Map(sets.map((set) => [set.metadata.uid, templateMask(set)]));
  const explained = await withEvents(found, reader, masks);
  return { at, found: explained, unread: reader.unread };
}

/** A single look has no memory: what is missing is known to be missing since now. */
function withMissing(observation: Observation): Observation {
  const { podless, orphaned } = missing(observation);
  const sinceNow = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, observation.at]));
  return { ...observation, podlessSince: sinceNow(podless), orphanedSince: sinceNow(orphaned) };
}

/** Selectors make the API server's work harder where many DaemonSets are asked for, and lighter for one. */
function ofSets(reader: Reader, sets: readonly Live<DaemonSet>[]): ListOptions {
  const [only] = sets;
  const selected = reader.scope.kind === "one" && only ? { labelSelector: labelSelector(only) } : {};
  return { ...inNamespace(reader), ...selected };
}

function controllerOf({ metadata }: Live<Pod> | Live<ControllerRevision>): string {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid ?? "";
}

function grouped<T>(pairs: readonly (readonly [string, T])[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

async function readPods(
  reader: Reader,
  sets: readonly Live<DaemonSet>[],
  salt: string,
): Promise<Map<string, PodFacts[]> | undefined> {
  const uids = new Set(sets.map(({ metadata }) => metadata.uid));
  const intern = createInterner();
  const pairs = await collect(reader, pods, ofSets(reader, sets), (pod) => {
    const owner = controllerOf(pod);
    return uids.has(owner) ? ([owner, intern(podFacts(pod, salt))] as const) : undefined;
  });
  return pairs && grouped(pairs);
}

/** Facts of every node of the cluster, for those who share them between surveys. Rejects as `Kube.pages` does. */
export async function listNodes({ kube, signal }: Pick<SurveyOptions, "kube" | "signal">): Promise<NodeFacts[]> {
  const intern = createInterner();
  let kept: NodeFacts[] = [];
  for await (const page of kube.pages(nodes, { signal })) {
    if (page.first) kept = [];
    for (const node of page.items) kept.push(intern(nodeFacts(node)));
  }
  return kept;
}

async function readNodes(reader: Reader): Promise<readonly NodeFacts[] | undefined> {
  const intern = createInterner();
  return reader.nodes === undefined
    ? collect(reader, nodes, {}, (node) => intern(nodeFacts(node)))
    : unlessForbidden(reader, nodes.plural, reader.nodes);
}

async function readRevisions(
  reader: Reader,
  sets: readonly Live<DaemonSet>[],
): Promise<Map<string, Live<ControllerRevision>[]> | undefined> {
  const uids = new Set(sets.map(({ metadata }) => metadata.uid));
  const pairs = await collect(reader, controllerRevisions, ofSets(reader, sets), (revision) => {
    const owner = controllerOf(revision);
    return uids.has(owner) ? ([owner, revision] as const) : undefined;
  });
  return pairs && grouped(pairs);
}

/** Adds events to the observations that need them; nothing is read when none does. */
async function withEvents(
  found: readonly Surveyed[],
  reader: Reader,
  masks: ReadonlyMap<string, Mask>,
): Promise<Surveyed[]> {
  const aboutSets = new Set<string>();
  const byPod = new Map<string, string>();
  const displaced: DaemonSetFacts[] = [];
  for (const each of found) {
    if (each.kind === "partly") continue;
    const { uid, namespace } = each.observation.daemonSet;
    const needed = eventsNeeded(each.observation, reader.settings);
    if (needed.aboutSet) aboutSets.add(uid);
    if (needed.displaced) displaced.push(each.observation.daemonSet);
    for (const name of needed.pods) byPod.set(`${namespace}/${name}`, uid);
  }
  const read = async (
    isNeeded: boolean,
    fieldSelector: string,
    ownerOf: (event: Live<Event>) => string | undefined,
  ): Promise<(readonly [string, EventFacts])[] | undefined> =>
    isNeeded
      ? collect(reader, events, { ...inNamespace(reader), fieldSelector }, (event) => {
          const owner = ownerOf(event);
          return owner === undefined ? undefined : ([owner, eventFacts(event, masks.get(owner))] as const);
        })
      : [];
  const sets = await read(aboutSets.size > 0, "involvedObject.kind=DaemonSet", ({ involvedObject: { uid = "" } }) =>
    aboutSets.has(uid) ? uid : undefined,
  );
  const own = await read(
    byPod.size > 0 && sets !== undefined,
    "type=Warning,involvedObject.kind=Pod",
    ({ involvedObject: { namespace, name } }) => byPod.get(`${namespace}/${name}`),
  );
  const preempted = await read(
    displaced.length > 0 && own !== undefined,
    "reason=Preempted",
    ({ involvedObject: { kind, name, namespace } }) =>
      displaced.find((each) => each.namespace === namespace && isPodOf(each.name, `${kind}/${name}`))?.uid,
  );
  const bySet = sets && own && preempted && grouped([...sets, ...own, ...preempted]);
  return found.map((each): Surveyed => {
    if (each.kind === "partly") return each;
    const { observation } = each;
    const { uid } = observation.daemonSet;
    if (bySet) return { kind: "observed", observation: { ...observation, events: bySet.get(uid) ?? [] } };
    const needs =
      aboutSets.has(uid) || displaced.some((daemonSet) => daemonSet.uid === uid) || [...byPod.values()].includes(uid);
    return needs
      ? { kind: "observed", observation: { ...observation, unread: [...observation.unread, "events"] } }
      : each;
  });
}
