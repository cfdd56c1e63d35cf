/** What the diagnosis may know: plain, frozen JSON, only the fields it reads. Times are milliseconds since the epoch. */
import type { NodeSelectorTerm, Taint, Toleration } from "kubernetes-types/core/v1";
import type { StructureFacts } from "../../engine/structure.ts";
import type { ObservationBase } from "../../engine/types.ts";

export interface ContainerFacts {
  name: string;
  init: boolean;
  image: string;
  imageId: string;
  ready: boolean;
  restartCount: number;
  waiting?: { reason: string; message: string };
  runningSince?: number;
  terminated?: TerminationFacts;
  lastTerminated?: TerminationFacts;
}

export interface TerminationFacts {
  exitCode: number;
  reason: string;
  startedAt?: number;
  finishedAt?: number;
  /** The container runtime's own words where it could not start the container at all; never what a program wrote. */
  message?: string;
}

export interface PodFacts {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  /** The node it runs on or is meant for: spec.nodeName, else the controller's own affinity on metadata.name. */
  node: string;
  bound: boolean;
  /** Label controller-revision-hash. */
  revisionHash: string;
  createdAt: number;
  phase: string;
  /** status.reason and status.message, as set on Failed pods. */
  reason: string;
  message: string;
  ready: boolean;
  /** When the Ready condition last changed. */
  readyChangedAt?: number;
  readyReason: string;
  /** PodScheduled=False: why. */
  unscheduled?: { reason: string; message: string };
  /** Deadline of the termination, grace period included. */
  deletionDeadline?: number;
  finalizers: readonly string[];
  containers: readonly ContainerFacts[];
  /** Per container of the spec: what must equal the template's. */
  specs: Readonly<Record<string, string>>;
}

export interface NodeFacts {
  name: string;
  createdAt: number;
  ready: "True" | "False" | "Unknown";
  readyChangedAt?: number;
  /** Names of the pressure conditions that hold. */
  pressures: readonly string[];
  taints: readonly Taint[];
  labels: Readonly<Record<string, string>>;
  /** What the node says of itself (status.nodeInfo); "" = it does not. */
  info: {
    architecture: string;
    operatingSystem: string;
    osImage: string;
    kernel: string;
    runtime: string;
    kubelet: string;
  };
}

/** What a template and a revision of it have in common. */
export interface ContentFacts {
  /** Container name to image. */
  images: Readonly<Record<string, string>>;
  /** Per container: what must equal a pod's. */
  specs: Readonly<Record<string, string>>;
  admission: AdmissionFacts;
  /** What must be there for the pod to start, by name: "configmap/a", "configmap/a:key", "claim/c", "csi/driver", "hostPath//path". */
  references: readonly string[];
  /** Names of the volumes. */
  volumes: readonly string[];
  /** Digest without restartedAt and without what equals an API default: two templates with the same make the same pods. */
  essence: string;
}

export interface RevisionFacts extends ContentFacts {
  name: string;
  hash: string;
  number: number;
  /** When it was made, or when it got its present number: a template that comes back gets its old object back, renumbered. */
  createdAt: number;
  /** When its object was made: before `createdAt` where the template has come back. */
  madeAt: number;
  /** Digest of the template without restartedAt. */
  templateHash: string;
}

/** What the scheduler and admission judge a pod by; digests where only "changed or not" matters. */
export interface AdmissionFacts {
  serviceAccount: string;
  priorityClass: string;
  runtimeClass: string;
  /** Names of the imagePullSecrets. */
  pullSecrets: string;
  /** "8080/TCP,9000/UDP" */
  hostPorts: string;
  /** Sum of the containers' requests. */
  cpuMilli: number;
  memoryBytes: number;
  /** Resource requests and limits, claims. */
  requests: string;
  /** Security contexts, host namespaces, volume kinds. */
  security: string;
}

export interface TemplateFacts extends ContentFacts {
  /** Digest without restartedAt. */
  hash: string;
  /** A readinessProbe, or minReadySeconds: a broken pod then stops the rollout instead of letting it walk on. */
  gated: boolean;
  /** Longest allowance of a startupProbe, in milliseconds. */
  startupAllowanceMs: number;
  gracePeriodMs: number;
  nodeName: string;
  nodeSelector: Readonly<Record<string, string>>;
  /** requiredDuringScheduling node affinity; undefined = none. */
  affinityTerms?: readonly NodeSelectorTerm[];
  tolerations: readonly Toleration[];
  hostNetwork: boolean;
  /** What its pods do to their node; the critical class is told by it. */
  structure: StructureFacts;
  schedulerName: string;
}

export interface StatusCounters {
  desired: number;
  current: number;
  updated: number;
  ready: number;
  available: number;
  misscheduled: number;
}

export interface DaemonSetFacts {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  observedGeneration: number;
  /** When a manager last wrote something other than the status; undefined when managedFields do not say. */
  specChangedAt?: number;
  /** The newest change of the spec by anybody but us; absent when managedFields know of none. */
  edit?: { by: string; at: number };
  deleting: boolean;
  strategy: "RollingUpdate" | "OnDelete";
  /** Number or percentage, as written. */
  maxUnavailable: number | string;
  /** 0 = pods are deleted before their successors are made. */
  maxSurge: number | string;
  minReadySeconds: number;
  status: StatusCounters;
  template: TemplateFacts;
  /** Hash label of the revision that equals the template; "" while the controller has not made it. */
  currentHash: string;
  annotations: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** Controller ownerReference, "Kind/name". */
  controller: string;
  /** Managers that own fields of spec.template. */
  templateManagers: readonly string[];
}

export interface EventFacts {
  reason: string;
  message: string;
  /** "Kind/name" of what it is about. */
  about: string;
  lastAt: number;
}

export interface Observation extends ObservationBase {
  daemonSet: DaemonSetFacts;
  /** Pods whose controller is this DaemonSet, by UID. */
  pods: readonly PodFacts[];
  nodes: readonly NodeFacts[];
  revisions: readonly RevisionFacts[];
  /** Warnings about the DaemonSet and its pods; read only when a node lacks its pod or a pod's status does not explain itself. */
  events: readonly EventFacts[];
  /** Annotations of the namespace; undefined when they could not be read (the reason says why). */
  namespaceAnnotations?: Readonly<Record<string, string>>;
  unread: readonly string[];
  /** Since when this view has seen an eligible node without any pod. */
  podlessSince: Readonly<Record<string, number>>;
  /** Since when this view has seen a status that differs from the recount, unchanged; absent = it does not. */
  staleSince?: number;
  /** When the controller last wrote the status of another DaemonSet; read only while it is behind this one's spec. */
  controllerSeenAt?: number;
  /** Since when this view has seen a pod, by uid, whose node object does not exist. */
  orphanedSince: Readonly<Record<string, number>>;
}
