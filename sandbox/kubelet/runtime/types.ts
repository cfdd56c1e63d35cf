/** The simulated container runtime's own record of a pod. The API's status is derived from it, never the other way. */
import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import type { PullFault } from "../faults.ts";
import type { Behaviour } from "./behaviour.ts";

export interface Ended {
  exitCode: number;
  signal?: number;
  reason: string;
  message?: string;
  /** Milliseconds since the epoch, as all times here. */
  startedAt: number;
  finishedAt: number;
  containerId: string;
}

type ContainerState =
  /** Not its turn yet. */
  | { kind: "idle" }
  /** Being created; at `until` it is pulled and started. */
  | { kind: "creating"; until: number }
  /** ErrImagePull, ImagePullBackOff, CreateContainerConfigError, RunContainerError, CrashLoopBackOff, ... */
  | { kind: "waiting"; reason: string; message: string; until: number; next: "back-off" | "start" }
  | { kind: "running"; startedAt: number; behaviour: Behaviour; containerId: string; endAt: number | undefined }
  | { kind: "ended"; end: Ended; restartAt: number | undefined };

export interface ContainerRuntime {
  name: string;
  spec: Container;
  isInit: boolean;
  state: ContainerState;
  /** How its previous run ended. */
  last: Ended | undefined;
  restarts: number;
  /** Consecutive failures, for the back-off. */
  failures: number;
  pullFailures: number;
  wasPulled: boolean;
  /** What was pulled is not what the tag named before. */
  hasMoved: boolean;
  /** A fixed wait before each restart, where its image asks for one. */
  restartAfterMs: number | undefined;
  /** When a readiness probe that keeps failing is told next. */
  nextProbeAt: number | undefined;
}

interface Stopping {
  /** When whatever still runs is killed. */
  killAt: number;
  /** Containers that were told to end. */
  told: Set<string>;
}

export interface PodRuntime {
  /** As last read from the API. */
  pod: Live<Pod>;
  startedAt: number;
  ip: string;
  containers: ContainerRuntime[];
  /** Set once the pod is being deleted. */
  stopping: Stopping | undefined;
  /** Set once the pod has ended for good. Such a pod is never touched again except to finish its deletion. */
  verdict: { phase: "Succeeded" | "Failed"; reason?: string; message?: string } | undefined;
  /** Images that crash in this pod for as long as it lives (the crash-once fault). */
  cursed: Set<string>;
  /** Lost its readiness to a node fault. */
  unready: boolean;
  starts: number;
}

/** What the pod's surroundings are at one moment. */
export interface World {
  now: number;
  /** Why the container cannot be configured (a missing ConfigMap or Secret), in the kubelet's words. */
  missing: (container: string) => string | undefined;
  /** Why the pod's volumes cannot be mounted, in the kubelet's words. */
  unmounted: string | undefined;
  wedged: boolean;
  noSandbox: boolean;
  /** Why the image cannot be pulled here although it exists. */
  pullFault: (image: string) => PullFault | undefined;
  /** The tag now names another image, which crashes. */
  hasMoved: (image: string) => boolean;
  /** The node makes every container of this image crash. */
  crashes: (image: string) => boolean;
  /** The node makes this pod, and only this one, crash: asked once per container, at the pod's first start. */
  claimsCrashOnce: (image: string) => boolean;
}

/** What the kubelet has to do outside of the record. */
export type Effect =
  | { kind: "event"; type: "Normal" | "Warning"; reason: string; message: string; container?: string }
  /** A new run of the container begins: its log so far becomes the previous one. */
  | { kind: "begin"; container: string }
  | { kind: "log"; container: string; line: string }
  | { kind: "run"; container: string; args: string[]; containerId: string }
  | { kind: "signal"; container: string; signal: "SIGTERM" | "SIGKILL" };
