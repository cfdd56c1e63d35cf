import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod, PodSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { MINUTE, NOW, settings } from "../../../test/support/daemonset-builders.ts";
import type { MemoryKube } from "../../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../../test/support/memory-kube.ts";
import type { SurroundingsQuery } from "../../engine/guards/common-cause.ts";
import { StatusError, TransportError } from "../../kube/errors.ts";
import { daemonSets, pods } from "../../kube/resources.ts";
import { readSurroundings } from "./neighbours.ts";

const target = { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const node: SurroundingsQuery = { kind: "node", node: "n1" };
const cluster: SurroundingsQuery = { kind: "cluster", since: NOW - 20 * MINUTE, oneZone: false };
const iso = (ms: number): string => new Date(ms).toISOString();

const cni: PodSpec = {
  volumes: [{ name: "cni", hostPath: { path: "/opt/cni/bin" } }],
  containers: [{ name: "main", image: "cni:1", volumeMounts: [{ name: "cni", mountPath: "/opt/cni/bin" }] }],
};
const plain: PodSpec = { containers: [{ name: "main", image: "app:1" }] };

interface PodOptions {
  namespace?: string;
  nodeName?: string;
  spec?: PodSpec;
  kind?: string;
  phase?: string;
  ready?: boolean;
  restartCount?: number;
  waiting?: string;
  /** Minutes. */
  age?: number;
  deleting?: boolean;
  uid?: string;
}

/** Crashes on n1 since twenty minutes unless said otherwise. */
function aPod(owner: string, options: PodOptions = {}): Pod {
  const { namespace = "kube-system", nodeName = "n1", spec = plain, kind = "DaemonSet", age = 20 } = options;
  const began = iso(NOW - age * MINUTE);
  return {
    metadata: {
      namespace,
      name: `${owner}-${nodeName}`,
      labels: { app: owner },
      ownerReferences: [
        { apiVersion: "apps/v1", kind, name: owner, uid: options.uid ?? `uid-${owner}`, controller: true },
      ],
      ...(options.deleting ? { deletionTimestamp: began } : {}),
    },
    spec: { ...spec, nodeName },
    status: {
      phase: options.phase ?? "Running",
      conditions: [{ type: "Ready", status: options.ready ? "True" : "False", lastTransitionTime: began }],
      containerStatuses: [
        {
          name: "main",
          image: "x",
          imageID: "",
          ready: options.ready ?? false,
          restartCount: options.restartCount ?? 3,
          ...(options.waiting ? { state: { waiting: { reason: options.waiting } } } : {}),
        },
      ],
    },
  };
}

function aDaemonSet(
  name: string,
  spec: PodSpec,
  { available = 3, countedAt = NOW as number | undefined } = {},
): DaemonSet {
  return {
    metadata: {
      namespace: "kube-system",
      name,
      managedFields: countedAt === undefined ? [] : [{ subresource: "status", time: iso(countedAt) }],
    },
    spec: { selector: { matchLabels: { app: name } }, template: { spec } },
    status: { desiredNumberScheduled: 4, numberAvailable: available } as NonNullable<DaemonSet["status"]>,
  };
}

async function holding(own: readonly Pod[], sets: readonly DaemonSet[] = []): Promise<MemoryKube> {
  const kube = createMemoryKube(() => NOW - 20 * MINUTE);
  for (const set of sets) await kube.create(daemonSets, set);
  const uids = new Map(kube.all(daemonSets).map(({ metadata }) => [metadata.name, metadata.uid]));
  for (const pod of own) {
    for (const owner of pod.metadata?.ownerReferences ?? []) owner.uid = uids.get(owner.name) ?? owner.uid;
    await kube.create(pods, pod);
  }
  kube.calls.length = 0;
  return kube;
}

function read(kube: MemoryKube, query: SurroundingsQuery) {
  return readSurroundings({ kube, target, settings, at: NOW }, query);
}

async function refs(kube: MemoryKube, query: SurroundingsQuery): Promise<string[]> {
  const found = await read(kube, query);
  return found.kind === "read" ? found.neighbours.map(({ ref }) => ref) : [found.scope];
}

describe("on one node", () => {
  it("takes the pods of other DaemonSets there, with class and since when, in one request", async () => {
    const kube = await holding([aPod("cni", { spec: cni }), aPod("cni", { spec: cni, nodeName: "n2" }), aPod("agent")]);
    expect(await read(kube, node)).toEqual({
      kind: "read",
      neighbours: [
        {
          ref: "kube-system/cni",
          classified: { class: "path", evidence: expect.stringContaining("/opt/cni/bin") },
          pods: [{ node: "n1", since: NOW - 20 * MINUTE }],
        },
      ],
    });
    expect(kube.calls).toEqual([{ verb: "list", plural: "pods", name: "" }]);
  });

  it.each<[string, PodOptions, boolean]>([
    ["crashing", {}, true],
    ["cannot pull", { restartCount: 0, age: 1, waiting: "ImagePullBackOff" }, true],
    ["Failed", { restartCount: 0, age: 1, phase: "Failed" }, true],
    ["not Ready for longer than a start takes", { restartCount: 0, age: 5 }, true],
    ["starting", { restartCount: 0, age: 4 }, false],
    ["starting, as its containers are created", { restartCount: 0, age: 1, waiting: "ContainerCreating" }, false],
    ["Ready", { ready: true }, false],
    ["being deleted", { deleting: true }, false],
    ["done", { phase: "Succeeded" }, false],
    ["of a ReplicaSet", { kind: "ReplicaSet" }, false],
    ["of the same name in another namespace", { namespace: "logging" }, true],
  ])("%s: %s", async (_name, options, want) => {
    const name = options.namespace === "logging" ? "agent" : "other";
    expect(await refs(await holding([aPod(name, options)]), node)).toHaveLength(want ? 1 : 0);
  });
});

describe("in the cluster", () => {
  it("reads pods only of what others depend on and lacks some of its own", async () => {
    const kube = await holding(
      [aPod("cni", { spec: cni, nodeName: "n3" }), aPod("other")],
      [
        aDaemonSet("agent", cni),
        aDaemonSet("cni", cni),
        aDaemonSet("other", plain),
        aDaemonSet("well", cni, { available: 4 }),
        aDaemonSet("ill-for-long", cni, { countedAt: NOW - 36 * MINUTE }),
      ],
    );
    expect(await read(kube, cluster)).toMatchObject({
      neighbours: [{ ref: "kube-system/cni", classified: { class: "path" }, pods: [{ node: "n3" }] }],
    });
    expect(kube.calls.map(({ verb, plural }) => `${verb} ${plural}`)).toEqual(["list daemonsets", "list pods"]);
  });

  it("reads ordinary ones, too, where the trouble is in one zone; five at most, roots first", async () => {
    const many = ["a", "b", "c", "d", "e"].map((name) => aDaemonSet(name, plain));
    const kube = await holding([], [...many, aDaemonSet("cni", cni)]);
    const found = await refs(kube, { ...cluster, oneZone: true });
    expect(found).toHaveLength(5);
    expect(found[0]).toBe("kube-system/cni");
  });

  it("counts one of which it is not known when it was counted", async () => {
    expect(await refs(await holding([], [aDaemonSet("cni", cni, { countedAt: undefined })]), cluster)).toEqual([
      "kube-system/cni",
    ]);
  });

  it("takes no pod that another one controls", async () => {
    const kube = await holding([], [aDaemonSet("cni", cni)]);
    await kube.create(pods, aPod("cni", { uid: "somebody-else" }));
    expect(await read(kube, cluster)).toMatchObject({ neighbours: [{ pods: [] }] });
  });
});

describe("what cannot be read", () => {
  it.each<[SurroundingsQuery, string]>([
    [node, "the other pods on the node"],
    [cluster, "the other DaemonSets"],
  ])("without the right: %o", async (query, scope) => {
    const kube = await holding([]);
    kube.failWith(() => new StatusError({ code: 403, reason: "Forbidden", message: "no" }));
    expect(await read(kube, query)).toEqual({ kind: "unread", scope });
  });

  it.each([
    new StatusError({ code: 500, reason: "InternalError", message: "etcd" }),
    new TransportError("connection reset"),
  ])("every other error is thrown: %s", async (error) => {
    const kube = await holding([]);
    kube.failWith(() => error);
    await expect(read(kube, node)).rejects.toBe(error);
  });
});
