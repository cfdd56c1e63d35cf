/** C10 container cannot be created (missing ConfigMap, Secret, command) · C11 volume does not mount · C12 sandbox or network. */
import type { Recognise } from "./trouble.ts";
import { quote } from "./trouble.ts";

const CONFIG = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"]);
const MOUNT = new Set(["FailedMount", "FailedAttachVolume", "FailedMapVolume"]);
const SANDBOX = new Set(["FailedCreatePodSandBox"]);

/** Words of a container runtime whose own node is the trouble: its disk, its limits, or a runtime that is stuck. */
const NODE =
  /no space left|disk quota exceeded|is reserved for|context deadline exceeded|i\/o (timeout|error)|input\/output error|read-only file system|too many open files|cannot allocate memory|resource temporarily unavailable/i;

/** Recognises a container that cannot be created, once it has had the time in which such things heal by themselves. */
export const recogniseConfig: Recognise = ({ pod, at, allowanceMs }) => {
  if (at - pod.createdAt < allowanceMs) return undefined;
  const waiting = pod.containers.find((container) => container.waiting && CONFIG.has(container.waiting.reason));
  if (waiting?.waiting) {
    return {
      cause: "C10",
      reason: "ContainerConfig",
      blame: NODE.test(waiting.waiting.message) ? "surroundings" : "either",
      sentence: `container ${waiting.name} cannot be created: ${quote(waiting.waiting.message) || waiting.waiting.reason}`,
      evidence: [`${waiting.waiting.reason}: ${quote(waiting.waiting.message)}`],
      recreationCanHelp: false,
      ranBefore: false,
    };
  }
  return undefined;
};

/** Recognises a pod whose containers are still being created long after its start. */
export const recogniseCreating: Recognise = ({ pod, events, at, allowanceMs }) => {
  if (!pod.bound || pod.phase !== "Pending" || at - pod.createdAt < allowanceMs) return undefined;
  const own = events.filter(({ about }) => about === `Pod/${pod.name}`);
  const mount = own.find(({ reason }) => MOUNT.has(reason));
  const sandbox = own.find(({ reason }) => SANDBOX.has(reason));
  const base = { blame: "either", ranBefore: false } as const;
  if (mount) {
    return {
      ...base,
      cause: "C11",
      reason: "VolumeMount",
      sentence: `a volume does not mount: ${quote(mount.message)}`,
      evidence: [`${mount.reason}: ${quote(mount.message)}`],
      recreationCanHelp: true,
    };
  }
  if (sandbox) {
    return {
      ...base,
      cause: "C12",
      reason: "PodSandbox",
      sentence: `its sandbox or network cannot be set up: ${quote(sandbox.message)}`,
      evidence: [`${sandbox.reason}: ${quote(sandbox.message)}`],
      recreationCanHelp: true,
    };
  }
  return {
    ...base,
    cause: "C42",
    reason: "StillCreating",
    sentence: "its containers are still being created, and no event says why",
    evidence: [`phase Pending for ${Math.round((at - pod.createdAt) / 1000)} s`],
    recreationCanHelp: true,
  };
};
