/** Reads which other DaemonSets are in trouble near the target; engine/guards/common-cause.ts judges it. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Neighbour, Surroundings, SurroundingsQuery } from "../../engine/guards/common-cause.ts";
import { TOGETHER_MS } from "../../engine/guards/common-cause.ts";
import { classOf } from "../../engine/guards/workload-class.ts";
import { structureOf } from "../../engine/structure.ts";
import type { SurroundingsOptions } from "../../engine/types.ts";
import { isForbidden } from "../../kube/errors.ts";
import { daemonSets, pods } from "../../kube/resources.ts";
import type { Live } from "../../kube/types.ts";
import { labelSelector } from "./project.ts";
import { isControlledBy, podFacts } from "./project-pod.ts";
import { time } from "./project-values.ts";

/** Pods are read of so many DaemonSets at most, those that others depend on first. */
const MOST_SUSPECTS = 5;

/** Resolves with what these rights reach; every other error of the API rejects. */
export async function readSurroundings(options: SurroundingsOptions, query: SurroundingsQuery): Promise<Surroundings> {
  try {
    const neighbours = query.kind === "node" ? await onNode(options, query.node) : await inCluster(options, query);
    return { kind: "read", neighbours };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return { kind: "unread", scope: query.kind === "node" ? "the other pods on the node" : "the other DaemonSets" };
  }
}

/** The names and structure of a DaemonSet, or of one of its pods, which has the same. */
function classified(name: string, spec: Pod["spec"]): Neighbour["classified"] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return classOf(structureOf(spec), { name, images: containers.map(({ image }) => image ?? "") });
}

/** Where and since when a pod is in trouble; undefined while it works, starts or goes. */
function trouble(pod: Live<Pod>, { at, settings }: SurroundingsOptions): Neighbour["pods"][number] | undefined {
  const { node, phase, ready, createdAt, readyChangedAt, deletionDeadline, containers } = podFacts(pod);
  if (ready || phase === "Succeeded" || deletionDeadline !== undefined) return undefined;
  const since = Math.max(createdAt, readyChangedAt ?? 0);
  const failing = containers.some(
    ({ restartCount, waiting }) => restartCount > 0 || /BackOff|Err|Invalid/.test(waiting?.reason ?? ""),
  );
  return phase === "Failed" || failing || at - since >= settings.minAgeMs ? { node, since } : undefined;
}

async function onNode(options: SurroundingsOptions, node: string): Promise<Neighbour[]> {
  const { kube, target } = options;
  const { items } = await kube.list(pods, { fieldSelector: `spec.nodeName=${node}` });
  return items.flatMap((pod) => {
    const owner = pod.metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === "DaemonSet");
    const ill = trouble(pod, options);
    const own = owner?.name === target.name && pod.metadata.namespace === target.namespace;
    if (!owner || !ill || own) return [];
    const ref = `${pod.metadata.namespace}/${owner.name}`;
    return [{ ref, classified: classified(owner.name, pod.spec), pods: [ill] }];
  });
}

/** Pods are missing, and the controller has counted something new since shortly before the target fell ill. */
function isSuspect({ metadata, status }: Live<DaemonSet>, since: number): boolean {
  if ((status?.desiredNumberScheduled ?? 0) <= (status?.numberAvailable ?? 0)) return false;
  const counted = ((metadata.managedFields ?? []) as { subresource?: string; time?: string }[])
    .filter(({ subresource }) => subresource === "status")
    .map((entry) => time(entry.time) ?? since);
  return Math.max(...counted, counted.length === 0 ? since : 0) >= since - TOGETHER_MS;
}

async function inCluster(
  options: SurroundingsOptions,
  { since, oneZone }: Extract<SurroundingsQuery, { kind: "cluster" }>,
): Promise<Neighbour[]> {
  const { kube, target } = options;
  const { items } = await kube.list(daemonSets);
  const suspects = items
    .filter(({ metadata }) => metadata.name !== target.name || metadata.namespace !== target.namespace)
    .filter((daemonSet) => isSuspect(daemonSet, since))
    .map((daemonSet) => ({
      daemonSet,
      classified: classified(daemonSet.metadata.name, daemonSet.spec?.template.spec),
    }));
  const roots = suspects.filter(({ classified: { class: kind } }) => kind === "path" || kind === "driver");
  const rest = oneZone ? suspects.filter((suspect) => !roots.includes(suspect)) : [];
  return Promise.all(
    [...roots, ...rest].slice(0, MOST_SUSPECTS).map(async ({ daemonSet, classified: kind }) => {
      const { namespace = "", name, uid } = daemonSet.metadata;
      const own = await kube.list(pods, { namespace, labelSelector: labelSelector(daemonSet) });
      const ill = own.items.filter((pod) => isControlledBy(pod, uid)).map((pod) => trouble(pod, options));
      return {
        ref: `${namespace}/${name}`,
        classified: kind,
        pods: ill.filter((each) => each !== undefined),
      };
    }),
  );
}
