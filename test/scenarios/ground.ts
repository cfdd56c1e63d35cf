/** Four nodes and a fresh namespace for one scenario at a time, and the cleaning up after it. */
import { isNotFound } from "../../src/kube/errors.ts";
import { daemonSets, namespaces, pods } from "../../src/kube/resources.ts";
import type { Cluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";
import { untilDefaultAccount } from "./decoys.ts";
import { keepPodHistory } from "./pod-history.ts";
import type { Stage } from "./stage.ts";
import { changeTaints, setFaults, untilNode } from "./stage.ts";

export interface Grounds {
  /** Waits for a free group of nodes, plays on it, and leaves it as it was. */
  on<T>(id: string, play: (stage: Stage) => Promise<T>): Promise<T>;
}

/** Hands out the groups of nodes of a cluster. */
export function createGrounds(cluster: Cluster): Grounds {
  const places = new Set(cluster.grounds.flat());
  const free = cluster.grounds.map((_, number) => number);
  const waiting: ((ground: number) => void)[] = [];
  const take = async (): Promise<number> =>
    free.shift() ?? (await new Promise<number>((resolve) => waiting.push(resolve)));
  const giveBack = (ground: number): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(ground);
    else next(ground);
  };
  return {
    async on(id, play) {
      const ground = await take();
      try {
        const stage = await setUp(cluster, ground, { id, places });
        try {
          return await play(stage);
        } finally {
          stage.history.stop();
          await cleanUp(stage);
        }
      } finally {
        giveBack(ground);
      }
    },
  };
}

interface Play {
  id: string;
  /** Gets the new stage's namespace. */
  places: Set<string>;
}

async function setUp(cluster: Cluster, ground: number, { id, places }: Play): Promise<Stage> {
  const nodes = cluster.grounds[ground] ?? [];
  const slug = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const { person } = cluster;
  const namespace = await cluster.createNamespace(slug);
  places.add(namespace);
  await untilDefaultAccount(person, namespace);
  return {
    cluster,
    person,
    namespace,
    name: `agent-${slug}`,
    nodes,
    node(number) {
      const name = nodes[number - 1];
      if (name === undefined) throw new Error(`ground ${ground} has no node n${number}`);
      return name;
    },
    ground: cluster.groundName(ground),
    history: await keepPodHistory(person, namespace),
    places,
    undo: [],
  };
}

/** Nodes sound, no object left. Rejects when that does not come about: the next scenario would inherit the trouble. */
async function cleanUp(stage: Stage): Promise<void> {
  const { person, namespace, nodes } = stage;
  for (const undo of stage.undo.reverse()) await undo();
  for (const node of nodes) {
    await setFaults(stage, node, "");
    await withoutOwnTaints(stage, node);
  }
  for (const { metadata } of (await person.list(daemonSets, { namespace })).items) {
    const ref = { namespace, name: metadata.name };
    if (metadata.finalizers !== undefined)
      await person.patch(daemonSets, ref, { type: "merge", body: { metadata: { finalizers: null } } });
    await person.delete(daemonSets, ref, { preconditions: { uid: metadata.uid } }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  await person.delete(namespaces, { name: namespace });
  for (const node of nodes) await untilNode(stage, node, { type: "Ready", status: "True" });
  const isGone = () =>
    person.get(namespaces, { name: namespace }).then(
      () => false,
      (error: unknown) => isNotFound(error),
    );
  await until(`namespace ${namespace} to go`, isGone, { withinMs: 240_000 });
  const rest = await person.list(pods, { namespace });
  if (rest.items.length > 0) throw new Error(`${rest.items.length} pods are left in ${namespace}`);
}

/** Removes the taints that neither the control plane nor the cluster's own keeper has set. */
async function withoutOwnTaints({ person, cluster }: Stage, name: string): Promise<void> {
  const keepers = cluster.tolerations.map(({ key }) => key);
  await changeTaints(person, name, (taints) =>
    taints.filter(({ key }) => key.startsWith("node.kubernetes.io/") || keepers.includes(key)),
  );
}
