/** Moves a pod's runtime to the present. No clock and no I/O: the same record, world and time give the same result. */
import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import type { KubeletTuning } from "../tuning.ts";
import { isReady, nextReadinessAt } from "./readiness.ts";
import type { Attempt } from "./start-container.ts";
import { backOffPull, backoffMs, tryStart } from "./start-container.ts";
import { stopContainers } from "./stop.ts";
import type { ContainerRuntime, Effect, Ended, PodRuntime, World } from "./types.ts";

/** A pod that has just arrived on the node. */
export function newPodRuntime(pod: Live<Pod>, given: { now: number; ip: string; tuning: KubeletTuning }): PodRuntime {
  const make = (spec: Container, isInit: boolean): ContainerRuntime => ({
    name: spec.name,
    spec,
    isInit,
    state: { kind: "idle" },
    last: undefined,
    restarts: 0,
    failures: 0,
    pullFailures: 0,
    wasPulled: false,
    hasMoved: false,
    restartAfterMs: undefined,
    nextProbeAt: undefined,
  });
  const init = (pod.spec?.initContainers ?? []).map((spec) => make(spec, true));
  const main = (pod.spec?.containers ?? []).map((spec) => make(spec, false));
  return {
    pod,
    startedAt: given.now,
    ip: given.ip,
    containers: [...init, ...main],
    stopping: undefined,
    verdict: undefined,
    cursed: new Set(),
    unready: false,
    starts: 0,
  };
}

/** Changes `pod` in place; returns what is to be done and when to look again by time alone. */
export function advance(
  pod: PodRuntime,
  world: World,
  tuning: KubeletTuning,
): { effects: Effect[]; wakeAt: number | undefined } {
  const effects: Effect[] = [];
  if (pod.verdict === undefined && pod.stopping === undefined) {
    if (isPastDeadline(pod, world.now)) failPod(pod, deadlineVerdict, world.now, effects);
    else for (const container of pod.containers) step({ pod, container, world, tuning, effects });
  }
  if (pod.stopping !== undefined && !world.wedged) stopContainers(pod, world.now, tuning, effects);
  pod.verdict ??= verdictOf(pod);
  return { effects, wakeAt: nextWake(pod, world) };
}

/** A real process has ended. */
export function containerExited(pod: PodRuntime, name: string, end: Ended): void {
  const container = pod.containers.find((each) => each.name === name);
  if (container?.state.kind !== "running" || container.state.containerId !== end.containerId) return;
  finish(container, end);
}

/** Ends the pod at once for a reason of the node's: eviction, deadline, or the machine going off. */
export function failPod(
  pod: PodRuntime,
  verdict: { reason: string; message: string },
  now: number,
  effects: Effect[],
): void {
  for (const container of pod.containers) {
    if (container.state.kind !== "running") continue;
    const { startedAt, containerId } = container.state;
    effects.push({ kind: "signal", container: container.name, signal: "SIGKILL" });
    const end = { exitCode: 137, reason: "Error", startedAt, finishedAt: now, containerId };
    container.state = { kind: "ended", end, restartAt: undefined };
  }
  pod.verdict = { phase: "Failed", ...verdict };
}

const deadlineVerdict = {
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
};

function step(attempt: Attempt): void {
  const { pod, container, world, tuning } = attempt;
  // Several transitions may be due at once after a pause; the bound is only against mistakes.
  for (let transitions = 0; transitions < 20; transitions++) {
    const state = container.state;
    if (state.kind === "idle") {
      if (!isItsTurn(pod, container)) return;
      const until = Math.max(world.now, pod.startedAt + tuning.startMs);
      container.state = { kind: "creating", until };
    } else if (state.kind === "creating") {
      if (world.now < state.until) return;
      if (world.noSandbox && pod.starts === 0) retrySandbox(attempt);
      else if (world.unmounted === undefined) tryStart(attempt);
      else retryMount(attempt, world.unmounted);
    } else if (state.kind === "waiting") {
      if (world.now < state.until) return;
      if (state.next === "back-off") backOffPull(attempt, state.message);
      else tryStart(attempt);
    } else if (state.kind === "running") {
      probe(attempt, state.startedAt);
      if (!runOn(attempt, state)) return;
    } else {
      if (state.restartAt === undefined || world.now < state.restartAt) return;
      restart(attempt, state.end);
    }
  }
}

function retryMount({ container, world, tuning, effects }: Attempt, message: string): void {
  effects.push({ kind: "event", type: "Warning", reason: "FailedMount", message });
  container.state = { kind: "creating", until: world.now + tuning.configRetryMs };
}

function retrySandbox({ container, world, tuning, effects }: Attempt): void {
  const message =
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type="bridge" failed (add): no IP addresses available in range set';
  effects.push({ kind: "event", type: "Warning", reason: "FailedCreatePodSandBox", message });
  container.state = { kind: "creating", until: world.now + tuning.configRetryMs };
}

/** A readiness probe that fails is told once a period. */
function probe({ pod, container, world, effects }: Attempt, startedAt: number): void {
  const check = container.spec.readinessProbe;
  if (check === undefined || isReady(pod, container, world.now)) {
    container.nextProbeAt = undefined;
    return;
  }
  const periodMs = (check.periodSeconds ?? 10) * 1000;
  container.nextProbeAt ??= Math.max(world.now, startedAt + (check.initialDelaySeconds ?? 0) * 1000) + 1_000;
  if (world.now < container.nextProbeAt) return;
  container.nextProbeAt = world.now + periodMs;
  const message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
  effects.push({ kind: "event", type: "Warning", reason: "Unhealthy", message, container: container.name });
}

/** False while it simply keeps running. */
function runOn({ container, world, tuning, effects }: Attempt, state: Running): boolean {
  const image = container.spec.image ?? "";
  const { behaviour } = state;
  if (behaviour.kind !== "simulated") return false;
  // A fault that appears takes down what runs as well.
  if (world.crashes(image) && state.endAt === undefined) {
    state.endAt = world.now + tuning.crashAfterMs;
    state.behaviour = { ...behaviour, readyAfterMs: undefined, exitCode: 1 };
  }
  if (state.endAt === undefined || world.now < state.endAt) return false;
  const { exitCode } = state.behaviour.kind === "simulated" ? state.behaviour : behaviour;
  const line = exitCode === 0 ? "done" : `fatal: giving up with exit code ${exitCode}`;
  effects.push({ kind: "log", container: container.name, line });
  const { startedAt, containerId } = state;
  const reason = exitCode === 0 ? "Completed" : exitCode === 137 ? "OOMKilled" : "Error";
  if (world.now - startedAt > 2 * tuning.backoffCapMs) container.failures = 0;
  finish(container, { exitCode, reason, startedAt, finishedAt: world.now, containerId });
  return true;
}

type Running = Extract<ContainerRuntime["state"], { kind: "running" }>;

function finish(container: ContainerRuntime, end: Ended): void {
  container.failures++;
  container.state = { kind: "ended", end, restartAt: end.finishedAt };
}

/** Starts the container again as the restart policy says, after its back-off; else it stays ended. */
function restart(attempt: Attempt, end: Ended): void {
  const { pod, container, world, tuning, effects } = attempt;
  const policy = pod.pod.spec?.restartPolicy ?? "Always";
  const restarts = container.isInit
    ? end.exitCode !== 0 && policy !== "Never"
    : policy === "Always" || (policy === "OnFailure" && end.exitCode !== 0);
  if (!restarts) {
    container.state = { kind: "ended", end, restartAt: undefined };
    return;
  }
  const wait = container.restartAfterMs ?? backoffMs(container.failures, tuning);
  container.last = end;
  const { name, namespace = "", uid } = pod.pod.metadata;
  const until = end.finishedAt + wait;
  if (wait === 0 || until <= world.now) {
    tryStart(attempt);
    return;
  }
  const message = `back-off ${Math.ceil(wait / 1000)}s restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
  effects.push({
    kind: "event",
    type: "Warning",
    reason: "BackOff",
    message: `Back-off restarting failed container ${container.name} in pod ${name}_${namespace}(${uid})`,
    container: container.name,
  });
  container.state = { kind: "waiting", reason: "CrashLoopBackOff", message, until, next: "start" };
}

/** Init containers run one after the other, the others when all of them have succeeded. */
function isItsTurn(pod: PodRuntime, container: ContainerRuntime): boolean {
  for (const each of pod.containers) {
    if (each === container) return true;
    const isSidecar = each.spec.restartPolicy === "Always";
    const isDone = isSidecar
      ? each.state.kind === "running"
      : each.state.kind === "ended" && each.state.end.exitCode === 0;
    if (each.isInit && !isDone) return false;
  }
  return true;
}

function verdictOf(pod: PodRuntime): PodRuntime["verdict"] {
  const isOver = (each: ContainerRuntime): boolean => each.state.kind === "ended" && each.state.restartAt === undefined;
  const main = pod.containers.filter((each) => !each.isInit);
  const failedInit = pod.containers.some((each) => each.isInit && isOver(each) && codeOf(each) !== 0);
  if (failedInit) return { phase: "Failed" };
  if (main.length === 0 || !main.every(isOver)) return undefined;
  return { phase: main.every((each) => codeOf(each) === 0) ? "Succeeded" : "Failed" };
}

function codeOf(container: ContainerRuntime): number | undefined {
  return container.state.kind === "ended" ? container.state.end.exitCode : undefined;
}

function isPastDeadline(pod: PodRuntime, now: number): boolean {
  const seconds = pod.pod.spec?.activeDeadlineSeconds;
  return seconds !== undefined && now >= pod.startedAt + seconds * 1000;
}

function nextWake(pod: PodRuntime, world: World): number | undefined {
  if (pod.verdict !== undefined || (pod.stopping !== undefined && world.wedged)) return undefined;
  const times = pod.containers.flatMap((container): number[] => {
    const { state } = container;
    if (state.kind === "creating" || state.kind === "waiting") return pod.stopping === undefined ? [state.until] : [];
    if (state.kind === "ended") return state.restartAt === undefined ? [] : [state.restartAt];
    if (state.kind !== "running") return [];
    const readyAt = isReady(pod, container, world.now) ? undefined : nextReadinessAt(container);
    return [state.endAt, readyAt, container.nextProbeAt].filter((each) => each !== undefined);
  });
  if (pod.stopping !== undefined) times.push(pod.stopping.killAt);
  const seconds = pod.pod.spec?.activeDeadlineSeconds;
  if (seconds !== undefined) times.push(pod.startedAt + seconds * 1000);
  const ahead = times.filter((at) => at > world.now);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}
