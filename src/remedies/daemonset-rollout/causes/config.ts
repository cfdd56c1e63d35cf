/** C10 container cannot be created (missing ConfigMap, Secret, command) · C11 volume does not mount · C12 sandbox or network. */
import type { ContentFacts } from "../facts.ts";
import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import type { Recognise } from "./trouble.ts";
import { clause, quote } from "./trouble.ts";

const CONFIG = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"]);
const MOUNT = new Set(["FailedMount", "FailedAttachVolume", "FailedMapVolume"]);
const SANDBOX = new Set(["FailedCreatePodSandBox"]);

/** Words of a container runtime whose own node is the trouble: its disk, its limits, or a runtime that is stuck. */
export const NODE =
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
      sentence: `container ${waiting.name} cannot be created: ${clause(waiting.waiting.message) || waiting.waiting.reason}`,
      evidence: [`${waiting.waiting.reason}: ${quote(waiting.waiting.message)}`],
      recreationCanHelp: false,
      ranBefore: false,
      container: waiting.name,
      words: waiting.waiting.message,
    };
  }
  return undefined;
};

/** True when the pods write the nodes' CNI configuration: they are the network themselves. */
export function isNetwork({ references }: Pick<ContentFacts, "references">): boolean {
  return references.some((name) => /^hostPath\/\/(etc|opt|var\/lib)\/cni(\/|$)/.test(name));
}

/** Recognises a pod whose containers are still being created long after its start. */
export const recogniseCreating: Recognise = ({ pod, daemonSet, events, at, allowanceMs, observation }) => {
  if (!pod.bound || pod.phase !== "Pending" || at - pod.createdAt < allowanceMs) return undefined;
  // What runs is not being created: an init container at work has its own time.
  if (pod.containers.some(({ runningSince }) => runningSince !== undefined)) return undefined;
  // Volumes come before the sandbox: of two kinds of failure the older one is over, though its event is still there.
  const newest = events
    .filter(({ about, reason }) => about === `Pod/${pod.name}` && (MOUNT.has(reason) || SANDBOX.has(reason)))
    .sort((a, b) => b.lastAt - a.lastAt)[0];
  const mount = newest && MOUNT.has(newest.reason) ? newest : undefined;
  const sandbox = newest && SANDBOX.has(newest.reason) ? newest : undefined;
  const base = { blame: "either", ranBefore: false } as const;
  const circular = isNetwork(daemonSet.template);
  if (mount) {
    return {
      ...base,
      cause: "C11",
      reason: "VolumeMount",
      sentence: `a volume does not mount: ${clause(mount.message)}`,
      evidence: [`${mount.reason}: ${quote(mount.message)}`],
      recreationCanHelp: true,
      words: mount.message,
    };
  }
  if (sandbox) {
    return {
      ...base,
      cause: "C12",
      reason: "PodSandbox",
      sentence: `its sandbox or network cannot be set up${circular ? ", which is what this DaemonSet is for" : ""}: ${clause(sandbox.message)}`,
      evidence: [
        `${sandbox.reason}: ${quote(sandbox.message)}`,
        ...(circular
          ? ["the template mounts the node's CNI directories: these pods are the network they wait for"]
          : []),
      ],
      // Neither deleting nor restarting a CNI that cannot start without itself has ever helped (istio#57438).
      recreationCanHelp: !circular,
    };
  }
  return {
    ...base,
    cause: "C42",
    reason: "StillCreating",
    sentence: observation.unread.includes("events")
      ? "its containers are still being created, and the events that would say why cannot be read with these rights"
      : "its containers are still being created, and no event says why",
    evidence: [`phase Pending for ${Math.round((at - pod.createdAt) / 1000)} s`],
    recreationCanHelp: true,
  };
};

export const configCauses: readonly Cause[] = [
  {
    id: "C10",
    title: "a container cannot be created",
    signature:
      "A ConfigMap, Secret or key is missing, or the runtime refuses the command or the user. A reference that the proven revision has, too, has vanished; one that it has not is new.",
    shownBy: "CreateContainerConfigError, CreateContainerError, RunContainerError and their messages",
    helps: {
      delete: "no: the kubelet tries again by itself once the object is there",
      restart: RESTART_NO,
      rollback: "yes, if the reference is new in the template; no, if it vanished",
    },
    forbidden: "rollback to a revision with the same reference",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl edit daemonset/{daemonset} -n {namespace}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/kuberuntime/kuberuntime_container.go; kubelet_pods.go",
  },
  {
    id: "C11",
    title: "a volume does not mount",
    signature: "The pod is being created for longer than its allowance and FailedMount or FailedAttachVolume says why.",
    shownBy: "events FailedMount, FailedAttachVolume, FailedMapVolume",
    helps: {
      delete: "on one node: once, for a stale mount",
      restart: RESTART_NO,
      rollback: "yes, if the volume or what it refers to is new in the template",
    },
    forbidden: "rollback where both revisions mount the same",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl describe pod {pod} -n {namespace}",
      "kubectl describe node {node}   # repair or replace the node if a fresh pod has the same trouble",
    ],
    source: "pkg/volume/util/operationexecutor",
  },
  {
    id: "C12",
    title: "the pod's sandbox or network cannot be set up",
    signature:
      "FailedCreatePodSandBox: addresses are used up, or the CNI does not answer. Where the template mounts the node's CNI directories, these pods are the network they wait for.",
    shownBy: "event FailedCreatePodSandBox; hostPath volumes below /etc/cni and /opt/cni",
    helps: {
      delete: "on one node, if this is not the CNI: once",
      restart: RESTART_NO,
      rollback: "only if this DaemonSet is the CNI and its revision starts nowhere",
    },
    forbidden: "deleting or restarting a CNI that waits for itself",
    person: [
      "kubectl describe pod {pod} -n {namespace}",
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl describe node {node}   # repair or replace the node if a fresh pod has the same trouble",
    ],
    source: "istio#57438; pkg/kubelet/kuberuntime/kuberuntime_sandbox.go",
  },
];
