/** The kubelet of one node: follows its Node and its pods, moves the pods' runtime on and reports their status. */
import type { Pod } from "kubernetes-types/core/v1";
import { nodes as nodeResource, pods as podResource } from "../../src/kube/resources.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import { isTerminal, isTerminating } from "../controllers/rules/pods.ts";
import { createEventRecorder } from "../machinery/event-recorder.ts";
import { startInformer } from "../machinery/informer.ts";
import { startLoop, startTicker } from "../machinery/loop.ts";
import { faultsOf } from "./faults.ts";
import { createHeartbeat } from "./heartbeat.ts";
import type { HeldPod, Host } from "./held-pod.ts";
import { holdPod } from "./held-pod.ts";
import { createNodeFaults, rejection } from "./node-faults.ts";
import type { NodeFacts } from "./node-object.ts";
import { finishDeletion, keepNewer, perform, report } from "./pod-writes.ts";
import { advance, newPodRuntime } from "./runtime/advance.ts";
import { beginStop } from "./runtime/stop.ts";
import type { PodRuntime } from "./runtime/types.ts";
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
  /** Default: pods of every namespace. */
  runs?: (namespace: string) => boolean;
  log: (line: string) => void;
}

/** Starts it: the node is registered and its pods are run from now on. */
export function startNodeAgent(options: NodeAgentOptions): NodeAgent {
  const { kube, facts, host, nextIp, tuning, runs = () => true, log } = options;
  const { now } = host;
  const held = new Map<string, HeldPod>();
  const recorder = createEventRecorder({ kube, component: "kubelet", host: facts.name, log, now });
  const heartbeat = createHeartbeat({ kube, facts, now });
  const faults = createNodeFaults(now);
  const writer = { kube, recorder, now, clock: () => now() + faults.current.clockAheadMs };

  async function beat(): Promise<void> {
    // Not before the faults are known: a node that is meant to be dead must not show a sign of life.
    await nodeInformer.synced;
    const { dead, diskPressure } = faults.current;
    if (!dead) await heartbeat.beat({ node: nodeInformer.get(undefined, facts.name), diskPressure });
  }

  function take(pod: Live<Pod>): void {
    const { uid } = pod.metadata;
    const known = held.get(uid)?.runtime;
    if (known === undefined) {
      if (isTerminal(pod) && !isTerminating(pod)) return;
      const runtime = newPodRuntime(pod, { now: now(), ip: nextIp(), tuning });
      if (faults.current.diskPressure && !isTerminating(pod)) runtime.verdict = { phase: "Failed", ...rejection };
      held.set(uid, holdPod({ runtime, kube, host, onChange: () => podLoop.add(uid) }));
    } else keepNewer(known, pod);
    podLoop.add(uid);
  }

  /** The object is gone: whatever still runs of it must go as well. */
  function drop(uid: string): void {
    const pod = held.get(uid);
    if (pod === undefined) return;
    held.delete(uid);
    pod.killAll();
    const tell = (error: unknown): void =>
      log(`kubelet ${facts.name}: files of pod ${uid} not removed: ${String(error)}`);
    pod.remove().catch(tell);
  }

  async function syncPod(uid: string): Promise<number | undefined> {
    await nodeInformer.synced;
    const pod = held.get(uid);
    if (pod === undefined || faults.current.dead) return undefined;
    if (faults.current.deaf && pod.runtime.starts === 0 && !isTerminating(pod.runtime.pod)) return undefined;
    noticeDeletion(pod.runtime, now());
    await pod.prepare();
    if (faults.current.dead || held.get(uid) !== pod) return undefined;
    const { effects, wakeAt } = advance(pod.runtime, faults.world(pod), tuning);
    perform(pod, effects, recorder);
    pod.endLogs();
    await report(pod, writer);
    if (!faults.current.wedged) await finishDeletion(pod, writer);
    const renewAt = pod.runtime.verdict === undefined ? pod.renewAt() : undefined;
    const next = [wakeAt, renewAt].filter((at) => at !== undefined);
    return next.length === 0 ? undefined : Math.max(1, Math.min(...next) - now());
  }

  const podLoop = startLoop({ name: `kubelet ${facts.name}`, reconcile: syncPod, log, capMs: 2_000 });
  const nodeInformer = startInformer({
    kube,
    resource: nodeResource,
    fieldSelector: `metadata.name=${facts.name}`,
    log,
  });
  const podInformer = startInformer({ kube, resource: podResource, fieldSelector: `spec.nodeName=${facts.name}`, log });
  nodeInformer.subscribe((node, change) => {
    const next = faultsOf(node);
    if (
      change.type === "deleted" ||
      !faults.change(next, held.values(), (pod, effects) => perform(pod, effects, recorder))
    )
      return;
    for (const word of next.unknown) log(`kubelet ${facts.name}: unknown fault "${word}" is ignored`);
    for (const uid of held.keys()) podLoop.add(uid);
    beats.wake();
  });
  podInformer.subscribe((pod, change) => {
    if (change.previous !== undefined && change.type !== "modified") drop(change.previous.metadata.uid);
    if (change.type !== "deleted" && runs(pod.metadata.namespace ?? "")) take(pod);
  });
  // Last of all: its first round begins at once and needs what is above.
  const beats = startTicker({ name: `heartbeat ${facts.name}`, periodMs: tuning.heartbeatMs, work: beat, log });

  return {
    find: (namespace, name) =>
      [...held.values()].find(
        ({ runtime: { pod } }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
      ),
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

function noticeDeletion(runtime: PodRuntime, now: number): void {
  const { deletionTimestamp, deletionGracePeriodSeconds } = runtime.pod.metadata;
  if (deletionTimestamp === undefined) return;
  const graceMs = (deletionGracePeriodSeconds ?? 30) * 1000;
  // Later deletions can shorten the time; the timestamp is in whole seconds and already contains the grace period.
  beginStop(runtime, runtime.stopping === undefined ? now + graceMs : Date.parse(deletionTimestamp) + 1_000);
}
