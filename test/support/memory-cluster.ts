/** A small cluster in memory, as Kubernetes objects. */
import type { Pod } from "kubernetes-types/core/v1";
import { controllerRevisions, daemonSets, namespaces, nodes, pods } from "../../src/kube/resources.ts";
import type { MemoryKube } from "./memory-kube.ts";
import { createMemoryKube } from "./memory-kube.ts";

/** A DaemonSet on n1 and n2 with its revision and pods; resolves with its uid. `waiting`: why its pod on n2 does not run. */
export async function aSet(kube: MemoryKube, namespace: string, name: string, waiting?: string): Promise<string> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app:1" }] } };
  const set = await kube.create(daemonSets, {
    metadata: { namespace, name, labels },
    spec: { selector: { matchLabels: labels }, template },
    status: {
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      numberReady: waiting === undefined ? 2 : 1,
      numberAvailable: waiting === undefined ? 2 : 1,
      updatedNumberScheduled: 2,
      numberMisscheduled: 0,
      observedGeneration: 1,
    },
  });
  const { uid } = set.metadata;
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "DaemonSet", name, uid, controller: true }];
  const hash = `hash-${name}`;
  await kube.create(controllerRevisions, {
    metadata: {
      namespace,
      name: `${name}-1`,
      labels: { ...labels, "controller-revision-hash": hash },
      ownerReferences,
    },
    revision: 1,
    data: { spec: { template } } as unknown as Record<string, never>,
  });
  for (const node of ["n1", "n2"]) {
    const broken = waiting !== undefined && node === "n2";
    await kube.create<Pod>(pods, {
      metadata: {
        namespace,
        name: `${name}-${node}`,
        labels: { ...labels, "controller-revision-hash": hash },
        ownerReferences,
      },
      spec: { nodeName: node, containers: template.spec.containers },
      status: {
        phase: broken ? "Pending" : "Running",
        conditions: [{ type: "Ready", status: broken ? "False" : "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
        containerStatuses: [
          {
            name: "app",
            image: "app:1",
            imageID: "",
            ready: !broken,
            restartCount: 0,
            state: broken ? { waiting: { reason: waiting, message: "app:1: not found" } } : { running: {} },
          },
        ],
      },
    });
  }
  return uid;
}

/** Two nodes; shop/well is well, kube-system/ill cannot pull its image on n2. */
export async function aCluster(now: () => number = Date.now): Promise<MemoryKube> {
  const kube = createMemoryKube(now);
  for (const name of ["n1", "n2"])
    await kube.create(nodes, { metadata: { name }, status: { conditions: [{ type: "Ready", status: "True" }] } });
  for (const name of ["kube-system", "shop"])
    await kube.create(namespaces, { metadata: { name, annotations: { of: name } } });
  await aSet(kube, "shop", "well");
  await aSet(kube, "kube-system", "ill", "ImagePullBackOff");
  await kube.create<Pod>(pods, { metadata: { namespace: "shop", name: "stranger", labels: { app: "well" } } });
  kube.calls.length = 0;
  return kube;
}
