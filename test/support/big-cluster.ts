/**
 * An API server that makes up a big cluster page by page: nodes, DaemonSets and their pods, of the size that real objects
 * have. It serves what a look reads and refuses everything else, so that a request too many shows.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface BigClusterOptions {
  nodes: number;
  daemonSets: number;
  /** Of the last of them: nodes whose pod cannot pull its image. */
  brokenPods: number;
}

export interface BigCluster {
  url: string;
  /** "GET /api/v1/pods", in the order of arrival; pages of one list are one entry each. */
  requests: readonly string[];
  bytes(): number;
  stop(): Promise<void>;
}

const HOUR = 3600_000;

/** About what a kubelet and a controller leave behind in every pod. */
const managedFields = Array.from({ length: 2 }, (_, index) => ({
  manager: index === 0 ? "kube-controller-manager" : "kubelet",
  operation: "Update",
  apiVersion: "v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:spec": Object.fromEntries(Array.from({ length: 60 }, (_each, field) => [`f:field${field}`, {}])) },
}));

function nodeName(index: number): string {
  return `ip-10-${Math.floor(index / 250)}-${index % 250}.compute.internal`;
}

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

interface Page {
  items: object[];
  /** How many there are in all. */
  total: number;
}

/** Items `from` to `from + limit` of `total`, made one by one. */
function page(from: number, limit: number, total: number, make: (index: number) => object): Page {
  const count = Math.max(0, Math.min(limit, total - from));
  return { total, items: Array.from({ length: count }, (_, offset) => make(from + offset)) };
}

function meta(name: string, namespace: string | undefined, uid: string): Record<string, unknown> {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
    resourceVersion: "1000",
    creationTimestamp: ago(HOUR),
    managedFields,
  };
}

function owned(set: number): object {
  return {
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "DaemonSet", name: `agent-${set}`, uid: `uid-set-${set}`, controller: true },
    ],
  };
}

function template(set: number, image: string): object {
  return {
    metadata: { labels: { app: `agent-${set}` } },
    spec: {
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "app", image, command: ["/agent"], args: ["--node", "$(NODE)"], readinessProbe: {} }],
    },
  };
}

/** Revision 1 everywhere; where pods are broken, revision 2 came later. */
function revisions(set: number, isBroken: boolean): object[] {
  const one = (number: number, image: string, age: number): object => ({
    metadata: {
      ...meta(`agent-${set}-${number}`, "kube-system", `uid-rev-${set}-${number}`),
      creationTimestamp: ago(age),
      labels: { "controller-revision-hash": `hash-${set}-${number}` },
      ...owned(set),
    },
    revision: number,
    data: { spec: { template: { ...template(set, image), $patch: "replace" } } },
  });
  return [one(1, "registry/agent:1", 5 * HOUR), ...(isBroken ? [one(2, "registry/agent:2", HOUR / 2)] : [])];
}

/** Listens on a free port of the loopback until `stop`. */
export async function startBigCluster({ nodes, daemonSets, brokenPods }: BigClusterOptions): Promise<BigCluster> {
  const broken = daemonSets - 1;
  const isBroken = (set: number): boolean => set === broken && brokenPods > 0;

  function daemonSet(set: number): object {
    const updated = isBroken(set) ? brokenPods : nodes;
    const running = isBroken(set) ? nodes - brokenPods : nodes;
    return {
      metadata: { ...meta(`agent-${set}`, "kube-system", `uid-set-${set}`), generation: isBroken(set) ? 2 : 1 },
      spec: {
        selector: { matchLabels: { app: `agent-${set}` } },
        template: template(set, `registry/agent:${isBroken(set) ? 2 : 1}`),
      },
      status: {
        observedGeneration: isBroken(set) ? 2 : 1,
        desiredNumberScheduled: nodes,
        currentNumberScheduled: nodes,
        updatedNumberScheduled: updated,
        numberReady: running,
        numberAvailable: running,
        numberMisscheduled: 0,
      },
    };
  }

  function pod(index: number): object {
    const set = index % daemonSets;
    const node = Math.floor(index / daemonSets);
    const bad = isBroken(set) && node < brokenPods;
    const since = ago(bad ? HOUR / 3 : 4 * HOUR);
    const image = `registry/agent:${bad ? 2 : 1}`;
    const message = `Back-off pulling image "${image}": ErrImagePull: failed to pull and unpack image: ${image}: not found`;
    const state = bad ? { waiting: { reason: "ImagePullBackOff", message } } : { running: { startedAt: since } };
    return {
      metadata: {
        ...meta(`agent-${set}-${node.toString(36)}`, "kube-system", `uid-pod-${index}`),
        creationTimestamp: since,
        labels: {
          app: `agent-${set}`,
          "controller-revision-hash": `hash-${set}-${bad ? 2 : 1}`,
          "pod-template-generation": "1",
        },
        ...owned(set),
      },
      spec: {
        nodeName: nodeName(node),
        containers: [
          {
            name: "app",
            image,
            command: ["/agent"],
            args: ["--node", "$(NODE)"],
            env: Array.from({ length: 12 }, (_, each) => ({
              name: `VARIABLE_${each}`,
              value: `value-${each}-of-the-agent`,
            })),
            volumeMounts: Array.from({ length: 4 }, (_, each) => ({
              name: `volume-${each}`,
              mountPath: `/var/lib/agent/${each}`,
            })),
          },
        ],
        volumes: Array.from({ length: 4 }, (_, each) => ({
          name: `volume-${each}`,
          hostPath: { path: `/var/lib/agent/${each}` },
        })),
      },
      status: {
        phase: bad ? "Pending" : "Running",
        conditions: [{ type: "Ready", status: bad ? "False" : "True", lastTransitionTime: since }],
        containerStatuses: [
          { name: "app", image, imageID: bad ? "" : "sha256:0123456789abcdef", ready: !bad, restartCount: 0, state },
        ],
      },
    };
  }

  function node(index: number): object {
    return {
      metadata: {
        ...meta(nodeName(index), undefined, `uid-node-${index}`),
        labels: {
          "kubernetes.io/hostname": nodeName(index),
          "kubernetes.io/os": "linux",
          "topology.kubernetes.io/zone": `zone-${index % 3}`,
        },
      },
      status: {
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: ago(4 * HOUR) }],
        images: Array.from({ length: 50 }, (_, each) => ({
          names: [`registry/image-${each}@sha256:${"0".repeat(64)}`],
          sizeBytes: 1,
        })),
      },
    };
  }

  const lists: Readonly<Record<string, (from: number, limit: number) => Page>> = {
    "/apis/apps/v1/daemonsets": (from, limit) => page(from, limit, daemonSets, daemonSet),
    "/apis/apps/v1/controllerrevisions": (from) => {
      const all = Array.from({ length: daemonSets }, (_, set) => revisions(set, isBroken(set))).flat();
      return { total: all.length, items: all.slice(from) };
    },
    "/api/v1/pods": (from, limit) => page(from, limit, nodes * daemonSets, pod),
    "/api/v1/nodes": (from, limit) => page(from, limit, nodes, node),
    "/api/v1/namespaces": () => ({ total: 1, items: [{ metadata: meta("kube-system", undefined, "uid-ns") }] }),
    "/api/v1/events": () => ({ total: 0, items: [] }),
    "/apis/coordination.k8s.io/v1/leases": () => ({ total: 0, items: [] }),
  };

  const requests: string[] = [];
  let bytes = 0;
  const answer = (response: ServerResponse, code: number, body: object): void => {
    const text = Buffer.from(JSON.stringify(body));
    bytes += text.length;
    response.writeHead(code, { "content-type": "application/json", "content-length": text.length }).end(text);
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://big");
    requests.push(`${request.method} ${url.pathname}`);
    const list = lists[url.pathname];
    if (request.method !== "GET" || list === undefined || url.searchParams.has("watch"))
      return answer(response, 404, {
        kind: "Status",
        code: 404,
        reason: "NotFound",
        message: `${url.pathname} not found`,
      });
    const from = Number(url.searchParams.get("continue") ?? 0);
    const limit = Number(url.searchParams.get("limit") ?? Number.POSITIVE_INFINITY);
    const { items, total } = list(from, limit);
    const next = from + items.length;
    const rest = next < total ? { continue: String(next) } : {};
    answer(response, 200, { kind: "List", metadata: { resourceVersion: "1000", ...rest }, items });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    bytes: () => bytes,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
