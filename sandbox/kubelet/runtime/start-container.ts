/** One try to bring a container up: pull, configure, run. */

import type { PullFault } from "../faults.ts";
import type { KubeletTuning } from "../tuning.ts";
import type { Behaviour } from "./behaviour.ts";
import { behaviourOf, lastSegment } from "./behaviour.ts";
import type { ContainerRuntime, Effect, PodRuntime, World } from "./types.ts";

export interface Attempt {
  pod: PodRuntime;
  container: ContainerRuntime;
  world: World;
  tuning: KubeletTuning;
  effects: Effect[];
}

/** Leaves the container running, or waiting with the reason why not. */
export function tryStart(attempt: Attempt): void {
  const { pod, container, world, tuning } = attempt;
  const image = container.spec.image ?? "";
  if (pod.starts === 0 && world.claimsCrashOnce(image)) pod.cursed.add(image);
  const restartPolicy = pod.pod.spec?.restartPolicy ?? "Always";
  const isMoved = container.wasPulled ? container.hasMoved : world.hasMoved(image);
  const isCursed = pod.cursed.has(image) || world.crashes(image) || isMoved;
  const behaviour = behaviourOf(container.spec, { restartPolicy, isCursed, tuning });
  if (behaviour.kind === "no-image") {
    failPull(attempt, behaviour.reason);
    return;
  }
  const fault = container.wasPulled ? undefined : world.pullFault(image);
  if (fault !== undefined) {
    failPull(attempt, "ErrImagePull", pullFailure(fault, image));
    return;
  }
  container.hasMoved = isMoved;
  notePull(attempt, image);
  const missing = world.missing(container.name);
  if (missing !== undefined) {
    tell(attempt, "Warning", "Failed", `Error: ${missing}`);
    const until = world.now + tuning.configRetryMs;
    container.state = { kind: "waiting", reason: "CreateContainerConfigError", message: missing, until, next: "start" };
    return;
  }
  run(attempt, behaviour);
}

/** Milliseconds to wait before the next try after this many consecutive failures; the first one costs nothing. */
export function backoffMs(failures: number, tuning: KubeletTuning): number {
  if (failures <= 1) return 0;
  return Math.min(tuning.backoffBaseMs * 2 ** (failures - 2), tuning.backoffCapMs);
}

/** ErrImagePull is over: ImagePullBackOff, until the next pull. */
export function backOffPull(attempt: Attempt, failure: string): void {
  const { container, world, tuning } = attempt;
  const message = `Back-off pulling image "${container.spec.image ?? ""}"`;
  tell(attempt, "Normal", "BackOff", message);
  tell(attempt, "Warning", "Failed", "Error: ImagePullBackOff");
  const until = world.now + backoffMs(container.pullFailures + 1, tuning);
  const detail = `${message}: ErrImagePull: ${failure}`;
  container.state = { kind: "waiting", reason: "ImagePullBackOff", message: detail, until, next: "start" };
}

/** The words of containerd. */
function pullFailure(fault: PullFault, image: string): string {
  const failed = `failed to pull and unpack image "${image}"`;
  switch (fault) {
    case "denied":
      return `${failed}: failed to resolve reference "${image}": unexpected status from HEAD request: 401 Unauthorized`;
    case "timeout":
      return `${failed}: failed to resolve reference "${image}": failed to do request: dial tcp 192.0.2.1:443: i/o timeout`;
    case "platform":
      return `${failed}: no match for platform in manifest: not found`;
  }
}

function failPull(
  attempt: Attempt,
  reason: "ErrImagePull" | "InvalidImageName",
  failure = `failed to pull and unpack image "${attempt.container.spec.image ?? ""}": failed to resolve reference "${attempt.container.spec.image ?? ""}": ${attempt.container.spec.image ?? ""}: not found`,
): void {
  const { container, world, tuning } = attempt;
  const image = container.spec.image ?? "";
  if (reason === "InvalidImageName") {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    tell(attempt, "Warning", "InspectFailed", message);
    tell(attempt, "Warning", "Failed", "Error: InvalidImageName");
    container.state = { kind: "waiting", reason, message, until: world.now + tuning.backoffCapMs, next: "start" };
    return;
  }
  container.pullFailures++;
  const code = failure.endsWith("not found") ? "NotFound" : "Unknown";
  const message = `rpc error: code = ${code} desc = ${failure}`;
  tell(attempt, "Normal", "Pulling", `Pulling image "${image}"`);
  tell(attempt, "Warning", "Failed", `Failed to pull image "${image}": ${message}`);
  tell(attempt, "Warning", "Failed", "Error: ErrImagePull");
  container.state = { kind: "waiting", reason, message, until: world.now + tuning.pullErrorMs, next: "back-off" };
}

function notePull(attempt: Attempt, image: string): void {
  const { container, tuning } = attempt;
  if (container.wasPulled) {
    tell(attempt, "Normal", "Pulled", `Container image "${image}" already present on machine`);
    return;
  }
  container.wasPulled = true;
  container.pullFailures = 0;
  const took = `${tuning.startMs}ms`;
  tell(attempt, "Normal", "Pulling", `Pulling image "${image}"`);
  const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: 31457280 bytes.`;
  tell(attempt, "Normal", "Pulled", message);
}

function run(attempt: Attempt, behaviour: Behaviour): void {
  const { pod, container, world, effects } = attempt;
  const now = world.now;
  pod.starts++;
  const containerId = `containerd://${fakeDigest(`${pod.pod.metadata.uid}/${container.name}/${pod.starts}`)}`;
  if (container.last !== undefined) container.restarts++;
  effects.push({ kind: "begin", container: container.name });
  tell(attempt, "Normal", "Created", `Created container: ${container.name}`);
  if (behaviour.kind === "no-start") {
    tell(attempt, "Warning", "Failed", `Error: ${behaviour.message}`);
    const end = {
      exitCode: 128,
      reason: "StartError",
      message: behaviour.message,
      startedAt: 0,
      finishedAt: now,
      containerId,
    };
    container.failures++;
    container.state = { kind: "ended", end, restartAt: now };
    return;
  }
  tell(attempt, "Normal", "Started", `Started container ${container.name}`);
  let endAt: number | undefined;
  if (behaviour.kind === "program") {
    effects.push({ kind: "run", container: container.name, args: behaviour.args, containerId });
  } else if (behaviour.kind === "simulated") {
    container.restartAfterMs = behaviour.restartAfterMs;
    endAt = behaviour.exitAfterMs === undefined ? undefined : now + behaviour.exitAfterMs;
    const line = `starting ${lastSegment(container.spec.image ?? "")}`;
    effects.push({ kind: "log", container: container.name, line });
  }
  container.state = { kind: "running", startedAt: now, behaviour, containerId, endAt };
}

function tell(attempt: Attempt, type: "Normal" | "Warning", reason: string, message: string): void {
  attempt.effects.push({ kind: "event", type, reason, message, container: attempt.container.name });
}

/** 64 hexadecimal digits that look like an identifier and are the same for the same input. */
export function fakeDigest(text: string): string {
  let state = 0x9e3779b9;
  let digits = "";
  for (let round = 0; digits.length < 64; round++) {
    for (const byte of Buffer.from(`${text}#${round}`)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
    digits += state.toString(16).padStart(8, "0");
  }
  return digits;
}
