/** Builders for the kubelet's tests: a pod, a quiet world, and a clock that is moved by hand. */
import type { Container, PodSpec } from "kubernetes-types/core/v1";
import { defaultKubeletTuning } from "../tuning.ts";
import { advance, newPodRuntime } from "./advance.ts";
import { podStatus } from "./pod-status.ts";
import type { Effect, PodRuntime, World } from "./types.ts";

export const tuning = defaultKubeletTuning;
export const t0 = Date.parse("2030-01-01T00:00:00Z");

export function runtimeOf(
  image: string,
  parts: { spec?: Partial<PodSpec>; container?: Partial<Container> } = {},
): PodRuntime {
  const pod = {
    metadata: {
      name: "p",
      namespace: "ns",
      uid: "uid-p",
      resourceVersion: "1",
      creationTimestamp: "2030-01-01T00:00:00Z",
    },
    spec: { restartPolicy: "Always", containers: [{ name: "main", image, ...parts.container }], ...parts.spec },
  };
  return newPodRuntime(pod, { now: t0, ip: "10.64.0.1", tuning });
}

export function quietWorld(now: number, parts: Partial<World> = {}): World {
  return {
    now,
    missing: () => undefined,
    unmounted: undefined,
    wedged: false,
    noSandbox: false,
    pullFault: () => undefined,
    hasMoved: () => false,
    crashes: () => false,
    claimsCrashOnce: () => false,
    ...parts,
  };
}

/** Lives from wake-up to wake-up, as the kubelet does, until `untilMs` after the start; returns all effects. */
export function live(pod: PodRuntime, untilMs: number, world: Partial<World> = {}, fromMs = 0): Effect[] {
  const effects: Effect[] = [];
  let now = t0 + fromMs;
  for (let rounds = 0; rounds < 1_000; rounds++) {
    const step = advance(pod, quietWorld(now, world), tuning);
    effects.push(...step.effects);
    if (step.wakeAt === undefined || step.wakeAt > t0 + untilMs) break;
    now = step.wakeAt;
  }
  advance(pod, quietWorld(t0 + untilMs, world), tuning);
  return effects;
}

/** "Running main=running ready restarts=0": the status in one line. */
export function line(pod: PodRuntime, atMs: number): string {
  const status = podStatus(pod, t0 + atMs);
  const containers = (status.containerStatuses ?? []).map((each) => {
    const { running, terminated, waiting } = each.state ?? {};
    const state = running !== undefined ? "running" : (waiting?.reason ?? `exit ${terminated?.exitCode ?? "?"}`);
    return `${each.name}=${state}${each.ready ? " ready" : ""} restarts=${each.restartCount}`;
  });
  return [status.phase, ...containers].join(" ");
}

export function reasons(effects: readonly Effect[]): string[] {
  return effects.flatMap((each) => (each.kind === "event" ? [each.reason] : []));
}
