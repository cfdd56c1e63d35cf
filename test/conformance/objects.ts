/** Objects that the cases create. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Job } from "kubernetes-types/batch/v1";
import type { ConfigMap, Container, Pod, PodSpec } from "kubernetes-types/core/v1";
import { controllerRevisions, daemonSets, pods } from "../../src/kube/resources.ts";
import type { Live } from "../../src/kube/types.ts";
import type { Bench } from "./case.ts";
import { groundLabel } from "./case.ts";

export interface DaemonSetParts {
  name?: string;
  image?: string;
  container?: Partial<Container>;
  pod?: Partial<PodSpec>;
  spec?: Partial<NonNullable<DaemonSet["spec"]>>;
}

/** A DaemonSet for the case's own nodes: image app:ok-1, terminated within a second. */
export function aDaemonSet({ namespace }: Bench, parts: DaemonSetParts = {}): DaemonSet {
  const { name = "agent", image = "app:ok-1", container, pod, spec } = parts;
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          nodeSelector: { [groundLabel]: namespace },
          containers: [{ name: "main", image, ...container }],
          ...pod,
        },
      },
      ...spec,
    },
  };
}

export function aPod({ namespace }: Bench, name: string, spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "main", image: "app:ok-1" }], ...spec },
  };
}

/** A pod that no scheduler will ever look at. */
export function idlePod(bench: Bench, name: string, spec: Partial<PodSpec> = {}): Pod {
  return aPod(bench, name, { schedulerName: "nobody", ...spec });
}

export function aConfigMap({ namespace }: Bench, name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

/** A Job on the case's own nodes whose one container ends with `exit`. */
export function aJob({ namespace }: Bench, exit: number, spec: Partial<NonNullable<Job["spec"]>> = {}): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "work", namespace },
    spec: {
      ...spec,
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 1,
          nodeSelector: { [groundLabel]: namespace },
          containers: [{ name: "main", image: `app:exit-${exit}` }],
          ...spec.template?.spec,
        },
      },
    },
  };
}

/** Creates it and resolves when all its pods are available and its status says so. */
export async function settledDaemonSet(bench: Bench, parts: DaemonSetParts = {}): Promise<Live<DaemonSet>> {
  const { name } = (await bench.kube.create(daemonSets, aDaemonSet(bench, parts))).metadata;
  return untilStatus(bench, "all available", ({ numberAvailable }) => numberAvailable === bench.nodes.length, name);
}

type Status = NonNullable<DaemonSet["status"]>;

/** Resolves when the controller has observed the present spec and `holds`. */
export async function untilStatus(
  bench: Bench,
  what: string,
  holds: (status: Status) => boolean,
  name = "agent",
): Promise<Live<DaemonSet>> {
  const { kube, namespace } = bench;
  const last: { status?: Status; pods?: string[] } = {};
  return bench.until(
    `DaemonSet ${name}: ${what}`,
    async () => {
      const found = await kube.get(daemonSets, { namespace, name });
      if (found.status !== undefined) last.status = found.status;
      last.pods = (await podsOf(bench, name)).map(wordsOf);
      const { status, metadata } = found;
      return status?.observedGeneration === metadata.generation && status !== undefined && holds(status) && found;
    },
    { seen: () => last },
  );
}

/** A pod in a line, for the message of a wait that was in vain. */
function wordsOf(pod: Live<Pod>): string {
  const { name, deletionTimestamp, labels } = pod.metadata;
  const ready = conditionOf(pod, "Ready")?.status ?? "none";
  const going = deletionTimestamp === undefined ? "" : ` terminating since ${deletionTimestamp}`;
  return `${name} on ${nodeOf(pod)} ${labels?.["controller-revision-hash"]} ${pod.status?.phase} Ready=${ready}${going}`;
}

/** The pods with the label app=`name`, by node: the one they are bound to, or meant for. */
export async function podsOf({ kube, namespace }: Bench, name = "agent"): Promise<Live<Pod>[]> {
  const { items } = await kube.list(pods, { namespace, labelSelector: `app=${name}` });
  return items.toSorted((a, b) => nodeOf(a).localeCompare(nodeOf(b)));
}

/** The node of a pod, also before it is bound. */
export function nodeOf({ spec }: Pod): string {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return spec?.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? "";
}

/** The revisions with the label app=`name`, oldest first. */
export async function revisionsOf({ kube, namespace }: Bench, name = "agent"): Promise<Live<ControllerRevision>[]> {
  const { items } = await kube.list(controllerRevisions, { namespace, labelSelector: `app=${name}` });
  return items.toSorted((a, b) => a.revision - b.revision);
}

/** Sets the image of the container "main". */
export async function setImage({ kube, namespace }: Bench, image: string, name = "agent"): Promise<Live<DaemonSet>> {
  const body = { spec: { template: { spec: { containers: [{ name: "main", image }] } } } };
  return kube.patch(daemonSets, { namespace, name }, { type: "strategic", body });
}

export function conditionOf(object: { status?: { conditions?: { type: string }[] } }, type: string) {
  return object.status?.conditions?.find((condition) => condition.type === type) as
    | { type: string; status: string; reason?: string; message?: string }
    | undefined;
}

/** Makes the controller look at the DaemonSet again: since 1.33 a NoSchedule taint alone does not. */
export async function lookAgain({ kube, namespace }: Bench, name = "agent"): Promise<void> {
  const body = { metadata: { annotations: { "example.com/look": String(Date.now()) } } };
  await kube.patch(daemonSets, { namespace, name }, { type: "merge", body });
}
