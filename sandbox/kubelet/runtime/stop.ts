/** Graceful termination: SIGTERM, the grace period, SIGKILL. */
import type { KubeletTuning } from "../tuning.ts";
import type { ContainerRuntime, Effect, PodRuntime } from "./types.ts";

/** The pod is to be deleted; a second call can only shorten the time it has. */
export function beginStop(pod: PodRuntime, killAt: number): void {
  if (pod.stopping === undefined) pod.stopping = { killAt, told: new Set() };
  else pod.stopping.killAt = Math.min(pod.stopping.killAt, killAt);
}

/** True when nothing of the pod runs any more. */
export function hasStopped(pod: PodRuntime): boolean {
  return pod.containers.every((each) => each.state.kind !== "running");
}

/** Tells containers to end, ends those whose time has come. */
export function stopContainers(pod: PodRuntime, now: number, tuning: KubeletTuning, effects: Effect[]): void {
  for (const container of pod.containers) {
    stopOne({ pod, container, now, tuning, effects });
    if (container.state.kind === "ended") container.state.restartAt = undefined;
  }
}

interface Stop {
  pod: PodRuntime;
  container: ContainerRuntime;
  now: number;
  tuning: KubeletTuning;
  effects: Effect[];
}

function stopOne({ pod, container, now, tuning, effects }: Stop): void {
  const { state } = container;
  const { stopping } = pod;
  if (state.kind !== "running" || stopping === undefined) return;
  const { behaviour } = state;
  const isProgram = behaviour.kind === "program";
  if (!stopping.told.has(container.name)) {
    stopping.told.add(container.name);
    const message = `Stopping container ${container.name}`;
    effects.push({ kind: "event", type: "Normal", reason: "Killing", message, container: container.name });
    if (isProgram) effects.push({ kind: "signal", container: container.name, signal: "SIGTERM" });
    else if (behaviour.kind === "simulated" && !behaviour.ignoresTerm) state.endAt = now + tuning.stopMs;
    else state.endAt = undefined;
  }
  if (isProgram) {
    const last = `${container.name} SIGKILL`;
    if (now < stopping.killAt || stopping.told.has(last)) return;
    stopping.told.add(last);
    effects.push({ kind: "signal", container: container.name, signal: "SIGKILL" });
    return;
  }
  const isKilled = now >= stopping.killAt;
  if (!isKilled && (state.endAt === undefined || now < state.endAt)) return;
  const { startedAt, containerId } = state;
  const endedByTerm = state.endAt !== undefined && now >= state.endAt;
  const end = endedByTerm
    ? { exitCode: 0, reason: "Completed", startedAt, finishedAt: now, containerId }
    : { exitCode: 137, reason: "Error", startedAt, finishedAt: now, containerId };
  container.state = { kind: "ended", end, restartAt: undefined };
}
