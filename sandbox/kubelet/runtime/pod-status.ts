/** The status that a kubelet reports, derived from the runtime's record. Pure. */
import type { ContainerState, ContainerStatus, PodCondition, PodStatus } from "kubernetes-types/core/v1";
import { isReady } from "./readiness.ts";
import { fakeDigest } from "./start-container.ts";
import { hasStopped } from "./stop.ts";
import type { ContainerRuntime, Ended, PodRuntime } from "./types.ts";

/** Only the condition types that a kubelet owns; `at` is used where a condition changed. */
export function podStatus(pod: PodRuntime, now: number): PodStatus {
  const init = pod.containers.filter((each) => each.isInit);
  const main = pod.containers.filter((each) => !each.isInit);
  const phase = phaseOf(pod, main);
  const isOver = phase === "Succeeded" || phase === "Failed";
  const conditions = conditionsOf({ pod, init, main, now, phase });
  const hostIP = "127.0.0.1";
  const ip = pod.pod.spec?.hostNetwork === true ? hostIP : pod.ip;
  const statuses = (list: ContainerRuntime[]): ContainerStatus[] =>
    list.map((each) => containerStatus(pod, each, now, isOver));
  const rejected = pod.starts === 0 && pod.verdict !== undefined;
  return {
    phase,
    ...(pod.verdict?.reason !== undefined && { reason: pod.verdict.reason }),
    ...(pod.verdict?.message !== undefined && { message: pod.verdict.message }),
    startTime: iso(pod.startedAt),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(!rejected && { podIP: ip, podIPs: [{ ip }], conditions }),
    ...(rejected && { conditions: conditions.filter((each) => each.type === "PodScheduled") }),
    ...(!rejected && init.length > 0 && { initContainerStatuses: statuses(init) }),
    ...(!rejected && { containerStatuses: statuses(main) }),
  };
}

function phaseOf(pod: PodRuntime, main: readonly ContainerRuntime[]): string {
  if (pod.verdict !== undefined) return pod.verdict.phase;
  // A pod that was stopped for its deletion ends as what its containers ended as (1.27+).
  if (pod.stopping !== undefined && hasStopped(pod) && main.every((each) => each.state.kind === "ended")) {
    return main.every((each) => each.state.kind === "ended" && each.state.end.exitCode === 0) ? "Succeeded" : "Failed";
  }
  const everyStarted = main.every(
    (each) => each.state.kind === "running" || each.state.kind === "ended" || each.last !== undefined,
  );
  return everyStarted ? "Running" : "Pending";
}

interface Parts {
  pod: PodRuntime;
  init: readonly ContainerRuntime[];
  main: readonly ContainerRuntime[];
  now: number;
  phase: string;
}

function conditionsOf({ pod, init, main, now, phase }: Parts): PodCondition[] {
  const uninitialised = init.filter((each) => !isReady(pod, each, now) && each.state.kind !== "running");
  const unready = main.filter((each) => !isReady(pod, each, now)).map((each) => each.name);
  const isOver = phase === "Succeeded" || phase === "Failed";
  const unreadyWhy: Partial<PodCondition> = isOver
    ? { reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  const isInitialised = isOver || uninitialised.length === 0;
  const gate = (pod.pod.spec?.readinessGates ?? []).find(
    (each) => pod.pod.status?.conditions?.find((one) => one.type === each.conditionType)?.status !== "True",
  );
  const gateWhy = {
    reason: "ReadinessGatesNotReady",
    message: `corresponding condition of pod readiness gate "${gate?.conditionType ?? ""}" does not exist.`,
  };
  const areReady = unready.length === 0 && !isOver;
  return [
    { type: "PodReadyToStartContainers", status: isOver ? "False" : "True" },
    {
      type: "Initialized",
      status: isInitialised ? "True" : "False",
      ...(!isInitialised && {
        reason: "ContainersNotInitialized",
        message: `containers with incomplete status: [${uninitialised.map((each) => each.name).join(" ")}]`,
      }),
    },
    {
      type: "Ready",
      status: areReady && gate === undefined ? "True" : "False",
      ...(areReady ? gate !== undefined && gateWhy : unreadyWhy),
    },
    { type: "ContainersReady", status: areReady ? "True" : "False", ...(!areReady && unreadyWhy) },
    { type: "PodScheduled", status: "True" },
  ];
}

function containerStatus(pod: PodRuntime, container: ContainerRuntime, now: number, isOver: boolean): ContainerStatus {
  const image = container.spec.image ?? "";
  const started = container.state.kind === "running";
  const id = idOf(container);
  return {
    name: container.name,
    image,
    imageID: container.wasPulled
      ? `${image.split(/[:@]/)[0] ?? image}@sha256:${fakeDigest(container.hasMoved ? `${image} moved` : image)}`
      : "",
    ready: !isOver && isReady(pod, container, now),
    started,
    restartCount: container.restarts,
    state: stateOf(pod, container, isOver),
    lastState: container.last === undefined ? {} : { terminated: terminated(container.last) },
    ...(id !== undefined && { containerID: id }),
  };
}

function idOf({ state, last }: ContainerRuntime): string | undefined {
  if (state.kind === "running") return state.containerId;
  return state.kind === "ended" ? state.end.containerId : last?.containerId;
}

function stateOf(pod: PodRuntime, container: ContainerRuntime, isOver: boolean): ContainerState {
  const { state } = container;
  switch (state.kind) {
    case "running":
      return { running: { startedAt: iso(state.startedAt) } };
    case "ended":
      return { terminated: terminated(state.end) };
    case "waiting":
      return { waiting: { reason: state.reason, message: state.message } };
    case "idle":
    case "creating": {
      const waitsForInit = pod.containers.some((each) => each.isInit) && !isOver;
      return { waiting: { reason: waitsForInit ? "PodInitializing" : "ContainerCreating" } };
    }
  }
}

function terminated(end: Ended) {
  return {
    exitCode: end.exitCode,
    ...(end.signal !== undefined && { signal: end.signal }),
    reason: end.reason,
    ...(end.message !== undefined && end.message !== "" && { message: end.message }),
    startedAt: iso(end.startedAt),
    finishedAt: iso(end.finishedAt),
    containerID: end.containerId,
  };
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
