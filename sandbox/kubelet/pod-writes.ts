/** What a kubelet writes about a pod: events, its status, and the end of its deletion. */
import type { Pod } from "kubernetes-types/core/v1";
import { isConflict, isNotFound } from "../../src/kube/errors.ts";
import { pods as podResource } from "../../src/kube/resources.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import { isTerminal } from "../controllers/rules/pods.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import { eventTarget, secondsIso } from "../machinery/event-recorder.ts";
import type { HeldPod } from "./held-pod.ts";
import { podStatus } from "./runtime/pod-status.ts";
import { statusPatch } from "./runtime/status-patch.ts";
import { hasStopped } from "./runtime/stop.ts";
import type { Effect, PodRuntime } from "./runtime/types.ts";

interface Writer {
  kube: Kube;
  recorder: EventRecorder;
  now: () => number;
  /** The time by the node's own clock, for what it dates. */
  clock: () => number;
}

/** A watch may be quicker than the answer to a write and the other way round: the older state must not come back. */
export function keepNewer(runtime: PodRuntime, pod: Live<Pod>): void {
  const isNewer = Number(pod.metadata.resourceVersion) >= Number(runtime.pod.metadata.resourceVersion);
  if (isNewer) runtime.pod = pod;
}

/** Carries out what the runtime asked for. */
export function perform(pod: HeldPod, effects: readonly Effect[], recorder: EventRecorder): void {
  for (const effect of effects) {
    switch (effect.kind) {
      case "event":
        recordEvent(pod, effect, recorder);
        break;
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

/** Patches the pod's status where it differs from the runtime's record; a pod that went meanwhile is no error. */
export async function report({ runtime }: HeldPod, { kube, now, clock }: Writer): Promise<void> {
  const { pod } = runtime;
  // A pod that has ended is never touched again, except to finish its deletion.
  if (isTerminal(pod)) return;
  const { name, namespace = "", uid } = pod.metadata;
  const body = statusPatch({ uid, have: pod.status, want: podStatus(runtime, now()), at: secondsIso(clock()) });
  if (body === undefined) return;
  try {
    const written = await kube.patchStatus(podResource, { name, namespace }, { type: "strategic", body });
    keepNewer(runtime, written);
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

/** Tells the API server that nothing of the pod runs any more; sent once, finalizers may keep the object. */
export async function finishDeletion(pod: HeldPod, { kube }: Writer): Promise<void> {
  const { runtime } = pod;
  if (runtime.stopping === undefined || !hasStopped(runtime) || pod.isDeletionSent) return;
  const { name, namespace = "", uid } = runtime.pod.metadata;
  try {
    await kube.delete(podResource, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    // A conflict is told to the loop, which tries again; an object of another uid ends this pod by its own event.
    if (!isNotFound(error)) throw error;
  }
  pod.isDeletionSent = true;
}

function recordEvent(pod: HeldPod, effect: Extract<Effect, { kind: "event" }>, recorder: EventRecorder): void {
  const { type, reason, message, container } = effect;
  const target = eventTarget(podResource, pod.runtime.pod);
  if (container === undefined) {
    recorder.record(target, { type, reason, message });
    return;
  }
  const isInit = pod.runtime.containers.find((each) => each.name === container)?.isInit === true;
  const fieldPath = `spec.${isInit ? "initContainers" : "containers"}{${container}}`;
  recorder.record(target, { type, reason, message, fieldPath });
}
