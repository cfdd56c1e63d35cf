/** The DaemonSet of the scenarios: four nodes, image app:ok-1, one unavailable pod at a time. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Container, PodSpec, Toleration } from "kubernetes-types/core/v1";
import { groundLabel } from "../support/cluster.ts";

export interface AgentOptions {
  image?: string;
  /** Default 1. */
  maxUnavailable?: number | string;
  /** Default 0; with it, nothing is unavailable meanwhile. */
  maxSurge?: number;
  minReadySeconds?: number;
  strategy?: "RollingUpdate" | "OnDelete";
  /** Default 10; what runs in them ends within a moment. */
  graceSeconds?: number;
  /** Selector and labels of the pods. Default { app: <name> }. */
  labels?: Readonly<Record<string, string>>;
  /** Labels and annotations of the DaemonSet itself. */
  ownLabels?: Readonly<Record<string, string>>;
  ownAnnotations?: Readonly<Record<string, string>>;
  /** Tolerates every taint. */
  toleratesAll?: boolean;
  finalizers?: readonly string[];
  /** A ConfigMap in the same namespace that controls the DaemonSet, as an operator's custom resource would. */
  controller?: { name: string; uid: string };
  container?: Partial<Container>;
  pod?: Partial<PodSpec>;
}

/** Where it runs; a stage is one. */
export interface Place {
  namespace: string;
  name: string;
  ground: string;
  cluster: { tolerations: readonly Toleration[] };
}

/** Name of the only container. */
export const containerName = "agent";

/** The manifest. It runs on the nodes of its ground and nowhere else. */
export function agent(place: Place, options: AgentOptions): DaemonSet {
  const { namespace, name } = place;
  const labels = options.labels ?? { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      namespace,
      name,
      ...(options.ownLabels && { labels: { ...options.ownLabels } }),
      ...(options.ownAnnotations && { annotations: { ...options.ownAnnotations } }),
      ...(options.finalizers && { finalizers: [...options.finalizers] }),
      ...(options.controller && {
        ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", controller: true, ...options.controller }],
      }),
    },
    spec: {
      selector: { matchLabels: { ...labels } },
      updateStrategy:
        options.strategy === "OnDelete"
          ? { type: "OnDelete" }
          : {
              type: "RollingUpdate",
              rollingUpdate:
                options.maxSurge === undefined
                  ? { maxUnavailable: options.maxUnavailable ?? 1 }
                  : { maxUnavailable: 0, maxSurge: options.maxSurge },
            },
      ...(options.minReadySeconds !== undefined && { minReadySeconds: options.minReadySeconds }),
      template: { metadata: { labels: { ...labels } }, spec: podSpec(place, options) },
    },
  };
}

function podSpec({ ground, cluster }: Place, options: AgentOptions): PodSpec {
  const tolerations = options.toleratesAll ? [{ operator: "Exists" }] : cluster.tolerations;
  const image = options.image ?? "app:ok-1";
  return {
    nodeSelector: { [groundLabel]: ground },
    // Long enough for a machine that is slow by seconds: a moment more must not look like a runtime that is stuck.
    terminationGracePeriodSeconds: options.graceSeconds ?? 10,
    ...(tolerations.length > 0 && { tolerations: [...tolerations] }),
    ...options.pod,
    containers: [{ name: containerName, image, ...options.container }],
  };
}
