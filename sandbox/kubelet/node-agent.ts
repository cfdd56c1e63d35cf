/** The kubelet of one node: follows its Node and its pods, moves the pods' runtime on and reports their status. */
import type { Pod } from "kubernetes-types/core/v1";
import { isConflict, isNotFound } from "../../src/kube/errors.ts";
import { nodes as nodeResource, pods as podResource } from "../../src/kube/resources.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import { isTerminal, isTerminating } from "../controllers/rules/pods.ts";
import { createEventRecorder, eventTarget, secondsIso } from "../machinery/event-recorder.ts";
import { startInformer } from "../machinery/informer.ts";
import { startLoop, startTicker } from "../machinery/loop.ts";
import type { Faults } from "./faults.ts";
import { faultsOf } from "./faults.ts";
import { createHeartbeat } from "./heartbeat.ts";
import type { HeldPod, Host } from "./held-pod.ts";
import { holdPod } from "./held-pod.ts";
import type { NodeFacts } from "./node-object.ts";
import { advance, failPod, newPodRuntime } from "./runtime/advance.ts";
import { podStatus } from "./runtime/pod-status.ts";
import { statusPatch } from "./runtime/status-patch.ts";
import { beginStop, hasStopped } from "./runtime/stop.ts";
import type { Effect, World } from "./runtime/types.ts";
import type { KubeletTuning } from "./tuning.ts";

export interface NodeAgent {
  /** The pod of that name which runs here, for its logs. */
  find(namespace: string, name: string): HeldPod | undefined;
  /** Ends the loops and kills the processes. */
  stop(): Promise<void>;
}

export interface NodeAgentOptions {
  /** Acts as system:node:<name>. */
  kube: Kube;
  facts: NodeFacts;
  host: Host;
  /** A free address for each call. */
  nextIp: () => string;
  tuning: KubeletTuning;
  log: (line: string) => void;
}

/** Starts it: the node is registered and its pods are run from now on. */
export function startNodeAgent(options: NodeAgentOptions): NodeAgent {
  const { kube, facts, host, tuning, log } = options;
  const { now } = host;
  const held = new Map<string, HeldPod>();
  const recorder = createEventRecorder({ kube, component: "kubelet", host: facts.name, log, now });
  const heartbeat = createHeartbeat({ kube, facts, now });
  const crashOnceTaken = new Map<string, string>();
  let faults: Faults = faultsOf(undefined);

  const podLoop = startLoop({ name: `kubelet ${facts.name}`, reconcile: syncPod, log, capMs: 2_000 });
  const nodeInformer = startInformer({
    kube,
    resource: nodeResource,
    fieldSelector: `metadata.name=${facts.name}`,
    log,
  });
  const podInformer = startInformer({ kube, resource: podResource, fieldSelector: `spec.nodeName=${facts.name}`, log });
  // Last of all: its first round begins at once and needs what is above.
  const beats = startTicker({ name: `heartbeat ${facts.name}`, periodMs: tuning.heartbeatMs, work: beat, log });
  nodeInformer.subscribe((node, change) => {
    if (change.type !== "deleted") applyFaults(faultsOf(node));
  });
  podInformer.subscribe((pod, change) => {
    if (change.previous !== undefined && change.type !== "modified") drop(change.previous.metadata.uid);
    if (change.type !== "deleted") take(pod);
  });

  async function beat(): Promise<void> {
    // Not before the faults are known: a node that is meant to be dead must not show a sign of life.
    await nodeInformer.synced;
    if (faults.dead) return;
    await heartbeat.beat({ node: nodeInformer.get(undefined, facts.name), diskPressure: faults.diskPressure });
  }

  function take(pod: Live<Pod>): void {
    const { uid } = pod.metadata;
    const known = held.get(uid);
    if (known !== undefined) {
      // An echo of an older state must not undo what our own last write returned.
      if (Number(pod.metadata.resourceVersion) < Number(known.runtime.pod.metadata.resourceVersion)) return;
      known.runtime.pod = pod;
      podLoop.add(uid);
      return;
    }
    if (isTerminal(pod) && !isTerminating(pod)) return;
    const runtime = newPodRuntime(pod, { now: now(), ip: options.nextIp(), tuning });
    if (faults.diskPressure && !isTerminating(pod)) runtime.verdict = { phase: "Failed", ...rejection };
    held.set(uid, holdPod({ runtime, kube, host, onChange: () => podLoop.add(uid) }));
    podLoop.add(uid);
  }

  /** The object is gone: whatever still runs of it must go as well. */
  function drop(uid: string): void {
    const pod = held.get(uid);
    if (pod === undefined) return;
    held.delete(uid);
    pod.killAll();
    pod
      .remove()
      .catch((error: unknown) => log(`kubelet ${facts.name}: files of pod ${uid} not removed: ${String(error)}`));
  }

  function applyFaults(next: Faults): void {
    const before = faults;
    faults = next;
    if (JSON.stringify(before) === JSON.stringify(next)) return;
    for (const word of next.unknown) log(`kubelet ${facts.name}: unknown fault "${word}" is ignored`);
    for (const image of crashOnceTaken.keys()) if (!next.crashOnce.includes(image)) crashOnceTaken.delete(image);
    for (const [uid, pod] of held) {
      if (next.dead && !before.dead) pod.killAll();
      if (next.unready !== before.unready) pod.runtime.unready = next.unready;
      if (next.diskPressure && !before.diskPressure) evict(pod);
      podLoop.add(uid);
    }
    beats.wake();
  }

  function evict(pod: HeldPod): void {
    const { runtime } = pod;
    if (runtime.verdict !== undefined || runtime.stopping !== undefined) return;
    const effects: Effect[] = [];
    failPod(runtime, eviction, now(), effects);
    effects.push({ kind: "event", type: "Warning", reason: "Evicted", message: eviction.message });
    perform(pod, effects);
  }

  function worldOf(pod: HeldPod): World {
    return {
      now: now(),
      missing: (container) => pod.missing(container),
      unmounted: pod.unmounted(),
      wedged: faults.wedged,
      crashes: (image) => faults.crash.includes(image),
      claimsCrashOnce: (image) => {
        if (!faults.crashOnce.includes(image)) return false;
        const { uid } = pod.runtime.pod.metadata;
        if (!crashOnceTaken.has(image)) crashOnceTaken.set(image, uid);
        return crashOnceTaken.get(image) === uid;
      },
    };
  }

  async function syncPod(uid: string): Promise<number | undefined> {
    const pod = held.get(uid);
    if (pod === undefined || faults.dead) return undefined;
    const { runtime } = pod;
    noticeDeletion(pod);
    await pod.prepare();
    if (faults.dead || held.get(uid) !== pod) return undefined;
    const { effects, wakeAt } = advance(runtime, worldOf(pod), tuning);
    perform(pod, effects);
    pod.endLogs();
    await report(pod);
    await finishDeletion(pod);
    const next = Math.min(
      wakeAt ?? Number.POSITIVE_INFINITY,
      runtime.verdict === undefined ? (pod.renewAt() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(next) ? Math.max(1, next - now()) : undefined;
  }

  function noticeDeletion({ runtime }: HeldPod): void {
    const { deletionTimestamp, deletionGracePeriodSeconds } = runtime.pod.metadata;
    if (deletionTimestamp === undefined) return;
    // The timestamp is in whole seconds and already contains the grace period.
    const graceMs = (deletionGracePeriodSeconds ?? 30) * 1000;
    beginStop(runtime, runtime.stopping === undefined ? now() + graceMs : Date.parse(deletionTimestamp) + 1_000);
  }

  function perform(pod: HeldPod, effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case "event": {
          const { type, reason, message, container } = effect;
          const fieldPath = container === undefined ? undefined : fieldPathOf(pod, container);
          const target = eventTarget(podResource, pod.runtime.pod);
          recorder.record(target, { type, reason, message, ...(fieldPath !== undefined && { fieldPath }) });
          break;
        }
        case "begin":
          pod.beginLog(effect.container);
          break;
        case "log":
          pod.log(effect.container)?.current.append(`${effect.line}\n`);
          break;
        case "run":
          pod.run(effect.container, effect.args, effect.containerId);
          break;
        case "signal":
          pod.signal(effect.container, effect.signal);
          break;
      }
    }
  }

  async function report({ runtime }: HeldPod): Promise<void> {
    const { pod } = runtime;
    // A pod that has ended is never touched again, except to finish its deletion.
    if (isTerminal(pod)) return;
    const { name, namespace = "", uid } = pod.metadata;
    const body = statusPatch({ uid, have: pod.status, want: podStatus(runtime, now()), at: secondsIso(now()) });
    if (body === undefined) return;
    try {
      runtime.pod = await kube.patchStatus(podResource, { name, namespace }, { type: "strategic", body });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async function finishDeletion(pod: HeldPod): Promise<void> {
    const { runtime } = pod;
    if (runtime.stopping === undefined || faults.wedged || !hasStopped(runtime) || pod.isDeletionSent) return;
    const { name, namespace = "", uid } = runtime.pod.metadata;
    try {
      await kube.delete(podResource, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    pod.isDeletionSent = true;
  }

  return {
    find(namespace, name) {
      for (const pod of held.values()) {
        const { metadata } = pod.runtime.pod;
        if (metadata.namespace === namespace && metadata.name === name) return pod;
      }
      return undefined;
    },
    async stop() {
      nodeInformer.stop();
      podInformer.stop();
      await Promise.all([beats.stop(), podLoop.stop()]);
      for (const pod of held.values()) pod.killAll();
      await recorder.flush();
      await Promise.all([...held.values()].map((pod) => pod.remove()));
      kube.close();
    },
  };
}

const eviction = {
  reason: "Evicted",
  message: "The node was low on resource: ephemeral-storage. Threshold quantity: 5Gi, available: 1Gi. ",
};

const rejection = { reason: "Evicted", message: "Pod was rejected: The node had condition: [DiskPressure]. " };

function fieldPathOf(pod: HeldPod, container: string): string {
  const isInit = pod.runtime.containers.find((each) => each.name === container)?.isInit === true;
  return `spec.${isInit ? "initContainers" : "containers"}{${container}}`;
}
