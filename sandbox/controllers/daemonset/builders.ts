/** Builders for the DaemonSet controller's tests: small, sound objects that a case then changes. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Node, Pod, PodSpec, Taint } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import type { DaemonSetView } from "./node-pods.ts";
import { pinTo, revisionLabel } from "./pod-template.ts";

/** The moment at which every test takes place. */
export const now = Date.parse("2030-01-01T00:10:00Z");

function meta(name: string, namespace?: string) {
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: "1",
    creationTimestamp: "2030-01-01T00:00:00Z",
    ...(namespace !== undefined && { namespace }),
  };
}

export function daemonSet(
  parts: { spec?: Partial<DaemonSet["spec"]>; podSpec?: Partial<PodSpec> } = {},
): Live<DaemonSet> {
  return {
    metadata: { ...meta("agent", "kube-system"), generation: 3 },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: {
        metadata: { labels: { app: "agent" } },
        spec: { containers: [{ name: "main", image: "app:ok-1" }], ...parts.podSpec },
      },
      ...parts.spec,
    },
  };
}

export function node(name: string, parts: { taints?: Taint[]; labels?: Record<string, string> } = {}): Live<Node> {
  return { metadata: { ...meta(name), labels: { ...parts.labels } }, spec: { taints: parts.taints ?? [] } };
}

export interface PodParts {
  name?: string;
  hash?: string;
  ready?: boolean;
  /** Seconds before `now` at which Ready last changed. */
  readyFor?: number;
  phase?: string;
  deleting?: boolean;
  /** False: only pinned to the node, not bound to it. */
  scheduled?: boolean;
  /** Seconds before `now`. */
  age?: number;
}

/** A pod of `daemonSet()` for the node; Ready, current ("new") and bound unless said otherwise. */
export function pod(nodeName: string, parts: PodParts = {}): Live<Pod> {
  const {
    hash = "new",
    ready = true,
    readyFor = 300,
    phase = "Running",
    deleting = false,
    scheduled = true,
    age = 300,
  } = parts;
  const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString();
  return {
    metadata: {
      ...meta(parts.name ?? `agent-${nodeName}`, "kube-system"),
      creationTimestamp: at(age),
      labels: { app: "agent", [revisionLabel]: hash },
      ...(deleting && { deletionTimestamp: at(0) }),
    },
    spec: { containers: [], affinity: pinTo(undefined, nodeName), ...(scheduled && { nodeName }) },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: at(readyFor) }],
    },
  };
}

export function view(parts: Partial<DaemonSetView> = {}): DaemonSetView {
  return {
    ds: daemonSet(),
    nodes: ["n1", "n2", "n3", "n4"].map((name) => node(name)),
    pods: [],
    hash: "new",
    now,
    ...parts,
  };
}

export function revision(name: string, number: number, ds: Live<DaemonSet>, data: unknown): Live<ControllerRevision> {
  return {
    metadata: { ...meta(`${ds.metadata.name}-${name}`, "kube-system"), labels: { [revisionLabel]: name } },
    data: data as object,
    revision: number,
  };
}
