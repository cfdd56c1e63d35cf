/** What the engine's guards judge by, drawn from an observation by its remedy. */
import type { StructureFacts } from "./structure.ts";

export interface GuardFacts {
  namespace: string;
  name: string;
  annotations: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** Undefined when they could not be read. */
  namespaceAnnotations: Readonly<Record<string, string>> | undefined;
  /** Controller ownerReference, "Kind/name"; "" = none. */
  controller: string;
  /** Managers that own fields of the template. */
  templateManagers: readonly string[];
  /** By which the critical class is told; see guards/workload-class.ts. */
  structure: StructureFacts;
  /** Images of the template. */
  images: readonly string[];
  updateStrategy: "RollingUpdate" | "OnDelete";
  /** How many pods the target should have. */
  desired: number;
  /** Uids of pods in phase Failed: they run nothing and hold nothing that still works. */
  failedPods: readonly string[];
  /** Nodes that should run the target. */
  nodes: readonly {
    name: string;
    ready: boolean;
    createdAt: number;
    readyChangedAt: number | undefined;
    leaving: boolean;
    /** When its pod of the current revision started; undefined when there is none. */
    podStartedAt: number | undefined;
    /** Failure domain (label topology.kubernetes.io/zone); "" = not known. */
    zone: string;
    /** Since when its pod has been in trouble; undefined when it is not. */
    troubledSince: number | undefined;
  }[];
  /** Nodes with trouble. */
  troubledNodes: readonly string[];
}
