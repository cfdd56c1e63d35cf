/** The place a scenario plays in: a namespace, four nodes, one DaemonSet, and what a person does to them. */
import type { DaemonSet, DaemonSetSpec } from "kubernetes-types/apps/v1";
import type { Taint } from "kubernetes-types/core/v1";
import { isConflict } from "../../src/kube/errors.ts";
import { daemonSets, namespaces, nodes as nodeResource, pods } from "../../src/kube/resources.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import type { Cluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";
import type { AgentOptions } from "./agent.ts";
import { agent, containerName } from "./agent.ts";
import type { PodHistory } from "./pod-history.ts";
import type { PodView } from "./pod-view.ts";
import { viewOf } from "./pod-view.ts";

const faultsAnnotation = "sandbox.operarius.openfero.io/faults";

export interface Stage {
  cluster: Cluster;
  person: Kube;
  namespace: string;
  /** Of the DaemonSet. */
  name: string;
  /** The node that scenarios call n1 to n4. */
  node(number: 1 | 2 | 3 | 4): string;
  nodes: readonly string[];
  /** Value of the ground label on its nodes. */
  ground: string;
  /** Every pod that was ever in the namespace. */
  history: PodHistory;
  /** Namespaces and nodes of all stages of this cluster, its own among them, those that are gone too. */
  places: ReadonlySet<string>;
  /** What has to be undone before the place is cleaned, last first. */
  undo: (() => Promise<void>)[];
}

/** Creates the DaemonSet and waits until it is 4 of 4. */
export async function createAgent(stage: Stage, options: AgentOptions = {}): Promise<void> {
  await stage.person.create(daemonSets, agent(stage, options));
  await untilRolledOut(stage, options.image ?? "app:ok-1");
}

export async function readDaemonSet(stage: Stage): Promise<Live<DaemonSet>> {
  return stage.person.get(daemonSets, { namespace: stage.namespace, name: stage.name });
}

/** What `kubectl edit` does to the pods' template. */
export async function patchTemplate(stage: Stage, template: object): Promise<void> {
  const { namespace, name } = stage;
  const body = { spec: { template } };
  await stage.person.patch(daemonSets, { namespace, name }, { type: "strategic", body });
}

/** What `kubectl set image` does. */
export async function setImage(stage: Stage, image: string): Promise<void> {
  await patchTemplate(stage, { spec: { containers: [{ name: containerName, image }] } });
}

/** Gives a node its faults; "" = none. */
export async function setFaults(stage: Stage, node: string, faults: string): Promise<void> {
  const value = faults === "" ? null : faults;
  await stage.person.patch(
    nodeResource,
    { name: node },
    { type: "merge", body: { metadata: { annotations: { [faultsAnnotation]: value } } } },
  );
}

/** What `kubectl taint` does: the others stay. */
export async function addTaint({ person }: Stage, node: string, taint: Taint): Promise<void> {
  await changeTaints(person, node, (taints) => [...taints, taint]);
}

/** Writes what `change` makes of a node's taints; the control plane changes them at the same time, and loses none. */
export async function changeTaints(
  person: Kube,
  name: string,
  change: (taints: readonly Taint[]) => readonly Taint[],
): Promise<void> {
  await until(`the taints of node ${name} to be written`, async () => {
    const { spec, metadata } = await person.get(nodeResource, { name });
    const before = spec?.taints ?? [];
    const taints = change(before);
    if (taints.length === before.length) return true;
    const body = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { taints } };
    try {
      await person.patch(nodeResource, { name }, { type: "merge", body });
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      return false;
    }
  });
}

/** The pods that the DaemonSet's UID owns, by node. */
export async function readPods(stage: Stage): Promise<PodView[]> {
  const owner = (await readDaemonSet(stage)).metadata.uid;
  const { items } = await stage.person.list(pods, { namespace: stage.namespace });
  return items
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === owner))
    .map(viewOf)
    .sort((a, b) => stage.nodes.indexOf(a.node) - stage.nodes.indexOf(b.node));
}

/** What `kubectl delete pod` does to the pod on that node. */
export async function deletePodOn(stage: Stage, node: string): Promise<void> {
  const pod = (await readPods(stage)).find((each) => each.node === node && !each.terminating);
  if (pod === undefined) throw new Error(`there is no pod of ${stage.name} on ${node}`);
  await stage.person.delete(pods, { namespace: stage.namespace, name: pod.name }, { preconditions: { uid: pod.uid } });
}

/** The pods on these nodes go, and their successors come: what follows does not take the old ones for the new. */
export async function replacePodsOn(stage: Stage, nodes: readonly string[]): Promise<void> {
  const before = new Set((await readPods(stage)).map(({ uid }) => uid));
  for (const node of nodes) await deletePodOn(stage, node);
  await untilPods(stage, "new pods", (all) =>
    nodes.every((node) => all.some((pod) => pod.node === node && !before.has(pod.uid) && pod.scheduled)),
  );
}

/** Resolves with the pods as soon as they satisfy `holds`. */
export async function untilPods(
  stage: Stage,
  what: string,
  holds: (pods: readonly PodView[]) => boolean,
  withinMs = 90_000,
): Promise<readonly PodView[]> {
  let seen: readonly PodView[] = [];
  return until(
    `${stage.name}: ${what}`,
    async () => {
      seen = await readPods(stage);
      return holds(seen) ? seen : undefined;
    },
    { withinMs, seen: () => seen },
  );
}

/** Resolves with one pod of the DaemonSet that satisfies `holds`. */
export async function untilPod(
  stage: Stage,
  what: string,
  holds: (pod: PodView) => boolean,
  withinMs?: number,
): Promise<PodView> {
  const all = await untilPods(stage, what, (pods) => pods.some(holds), withinMs);
  const found = all.find(holds);
  if (found === undefined) throw new Error(`${what}: the pod was there and is gone`);
  return found;
}

/** Every node of the ground runs exactly one Ready pod of that image, and the controller says so too. */
export async function untilRolledOut(stage: Stage, image: string, withinMs?: number): Promise<void> {
  await untilPods(
    stage,
    `${stage.nodes.length} of ${stage.nodes.length} pods of ${image}`,
    (all) =>
      all.length === stage.nodes.length &&
      stage.nodes.every((node) => all.some((pod) => pod.node === node && pod.ready && pod.image === image)) &&
      all.every((pod) => !pod.terminating),
    withinMs,
  );
  await untilStatus(stage, "a settled status", ({ spec, status, metadata }) => {
    const desired = status?.desiredNumberScheduled;
    return (
      status?.observedGeneration === metadata.generation &&
      desired === stage.nodes.length &&
      status?.numberAvailable === desired &&
      (spec?.updateStrategy?.type === "OnDelete" || status?.updatedNumberScheduled === desired)
    );
  });
}

/** Resolves when the DaemonSet as the API shows it satisfies `holds`. */
export async function untilStatus(
  stage: Stage,
  what: string,
  holds: (daemonSet: Live<DaemonSet>) => boolean,
  withinMs = 90_000,
): Promise<void> {
  let seen: unknown;
  await until(
    `${stage.name}: ${what}`,
    async () => {
      const daemonSet = await readDaemonSet(stage);
      seen = daemonSet.status;
      return holds(daemonSet);
    },
    { withinMs, seen: () => seen },
  );
}

/** The template as the API has it now; two equal texts are two equal templates. */
export async function templateText(stage: Stage): Promise<string> {
  const spec: DaemonSetSpec | undefined = (await readDaemonSet(stage)).spec;
  return JSON.stringify(spec?.template);
}

/** Resolves when the node's condition of that type has that status. */
export async function untilNode(
  stage: Stage,
  node: string,
  { type, status }: { type: string; status: string },
): Promise<void> {
  await until(`node ${node} to have ${type}=${status}`, async () => {
    const { status: has } = await stage.person.get(nodeResource, { name: node });
    return has?.conditions?.some((each) => each.type === type && each.status === status) ?? false;
  });
}

/** Annotates the stage's namespace; null removes. */
export async function annotateNamespace(stage: Stage, annotations: Record<string, string | null>): Promise<void> {
  const body = { metadata: { annotations } };
  await stage.person.patch(namespaces, { name: stage.namespace }, { type: "merge", body });
}

/** Annotates the DaemonSet itself; null removes. */
export async function annotateAgent(stage: Stage, annotations: Record<string, string | null>): Promise<void> {
  const body = { metadata: { annotations } };
  const { namespace, name } = stage;
  await stage.person.patch(daemonSets, { namespace, name }, { type: "merge", body });
}

/**
 * `untilStatus` after a taint: since 1.33 a NoSchedule taint alone does not make the controller count anew, any write of
 * the DaemonSet does. Each look writes, because the controller may learn of one write before it learns of the taint.
 */
export async function untilCountedAnew(
  stage: Stage,
  what: string,
  holds: (daemonSet: Live<DaemonSet>) => boolean,
): Promise<void> {
  let seen: unknown;
  let look = 0;
  await until(
    `${stage.name}: ${what}`,
    async () => {
      const daemonSet = await readDaemonSet(stage);
      seen = daemonSet.status;
      if (holds(daemonSet)) return true;
      look += 1;
      await annotateAgent(stage, { "example.com/look": String(look) });
      return false;
    },
    { withinMs: 90_000, periodMs: 1000, seen: () => seen },
  );
}
