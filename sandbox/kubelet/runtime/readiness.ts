/** Whether a container counts as ready. Pure. */
import type { ContainerRuntime, PodRuntime } from "./types.ts";

export function isReady(pod: PodRuntime, container: ContainerRuntime, now: number): boolean {
  if (pod.verdict !== undefined) return false;
  if (container.isInit) return container.state.kind === "ended" && container.state.end.exitCode === 0;
  const at = nextReadinessAt(container);
  return at !== undefined && now >= at && !pod.unready;
}

/** When a running container becomes ready by itself; undefined = not running or never. */
export function nextReadinessAt(container: ContainerRuntime): number | undefined {
  const { state } = container;
  if (state.kind !== "running") return undefined;
  const { behaviour } = state;
  const delay = (container.spec.readinessProbe?.initialDelaySeconds ?? 0) * 1000;
  if (behaviour.kind === "program") return state.startedAt + delay;
  if (behaviour.kind !== "simulated" || behaviour.readyAfterMs === undefined) return undefined;
  return state.startedAt + Math.max(behaviour.readyAfterMs, delay);
}
