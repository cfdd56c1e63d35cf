/** What a pod does to its node, read from its spec (pure): the facts by which guards/workload-class.ts tells critical workloads. */
import type { Container, PodSpec, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { amountOf } from "./quantity.ts";

export interface HostPathFacts {
  path: string;
  /** At least one container may write it. */
  writable: boolean;
  /** Mounts made below it in the container appear on the node. */
  bidirectional: boolean;
}

/** Plain JSON, sorted, so that the same spec gives the same value. Containers include init containers. */
export interface StructureFacts {
  /** Paths of the node that a container mounts. */
  hostPaths: readonly HostPathFacts[];
  /** Ports that the pod takes on its node. */
  hostPorts: readonly number[];
  hostNetwork: boolean;
  privileged: boolean;
  /** Added to a container. */
  capabilities: readonly string[];
  /** Largest volume that goes with the pod, in bytes: an emptyDir's sizeLimit, an ephemeral claim's request. 0 = none that says its size. */
  scratchBytes: number;
}

function scratch({ emptyDir, ephemeral }: Volume): number {
  return Math.max(
    amountOf(emptyDir?.sizeLimit),
    amountOf(ephemeral?.volumeClaimTemplate?.spec.resources?.requests?.storage),
  );
}

/** "/a//b/" and "/a/b" are the same place. */
function plainPath(path: string): string {
  return path.replace(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
}

function hostPathFacts(volumes: readonly Volume[], mounts: readonly VolumeMount[]): HostPathFacts[] {
  const found = new Map<string, HostPathFacts>();
  for (const { name, hostPath } of volumes) {
    const uses = mounts.filter((mount) => mount.name === name);
    if (!hostPath || uses.length === 0) continue;
    const path = plainPath(hostPath.path);
    const before = found.get(path);
    found.set(path, {
      path,
      writable: before?.writable === true || uses.some(({ readOnly }) => readOnly !== true),
      bidirectional:
        before?.bidirectional === true || uses.some(({ mountPropagation }) => mountPropagation === "Bidirectional"),
    });
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** In the node's network every port of a container is a port of the node, whether or not the template says hostPort. */
function hostPortsOf(containers: readonly Container[], hostNetwork: boolean): number[] {
  const ports = containers.flatMap(({ ports: own = [] }) =>
    own.map(({ hostPort, containerPort }) => hostPort ?? (hostNetwork ? containerPort : 0)),
  );
  return [...new Set(ports.filter((port) => port > 0))].sort((a, b) => a - b);
}

/** The facts of a pod's or a template's spec; a volume that nothing mounts does not count. */
export function structureOf(spec: PodSpec | undefined): StructureFacts {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const volumes = spec?.volumes ?? [];
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  const hostNetwork = spec?.hostNetwork ?? false;
  const used = volumes.filter(({ name }) => mounts.some((mount) => mount.name === name));
  return {
    hostPaths: hostPathFacts(volumes, mounts),
    hostPorts: hostPortsOf(containers, hostNetwork),
    hostNetwork,
    privileged: containers.some(({ securityContext }) => securityContext?.privileged === true),
    capabilities: [
      ...new Set(containers.flatMap(({ securityContext }) => securityContext?.capabilities?.add ?? [])),
    ].sort(),
    scratchBytes: Math.max(0, ...used.map(scratch)),
  };
}
