/** C05 crash loop · C06 flapping · C08 init container failing · C09 out of memory. */
import type { ContainerFacts, PodFacts, TerminationFacts } from "../facts.ts";
import { requiredSoakMs } from "../soak.ts";
import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import { NODE } from "./config.ts";
import type { Recognise, Trouble } from "./trouble.ts";
import { clause, quote } from "./trouble.ts";

/** A crash loop is proven by the kubelet's back-off or by three terminations (DESIGN.md, step 3). */
const PROVEN_TERMINATIONS = 3;

/** The kubelet forgets a container's crashes once it has run for twice the longest back-off of five minutes. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/** Restarts are counted for a pod's whole life: after a long run, one more ending is no loop. */
function ranLong({ terminated, lastTerminated }: ContainerFacts): boolean {
  const { startedAt, finishedAt } = terminated ?? lastTerminated ?? {};
  return startedAt !== undefined && finishedAt !== undefined && finishedAt - startedAt >= FORGOTTEN_AFTER_MS;
}

function isLooping(container: ContainerFacts, at: number): boolean {
  if (container.waiting?.reason === "CrashLoopBackOff") return true;
  if (container.runningSince !== undefined && at - container.runningSince >= FORGOTTEN_AFTER_MS) return false;
  if (ranLong(container)) return false;
  const terminations = container.restartCount + (container.terminated ? 1 : 0);
  return !container.ready && terminations >= PROVEN_TERMINATIONS;
}

/** Recognises a container that ends again and again. */
export const recogniseCrash: Recognise = ({ pod, at }) => {
  const container = pod.containers.find((each) => isLooping(each, at));
  if (!container) return undefined;
  const last = container.terminated ?? container.lastTerminated;
  if (WRONG_PLATFORM.test(last?.message ?? container.waiting?.message ?? "")) return wrongPlatform(container);
  if (last?.message !== undefined && NODE.test(last.message)) return notStarted(container, last.message);
  if (wasReadyBefore(pod, container, last)) return flapping(container, last);
  const outOfMemory = last?.reason === "OOMKilled";
  const what = container.init ? `init container ${container.name}` : `container ${container.name}`;
  const ending = outOfMemory ? "out of memory (OOMKilled, exit 137)" : `exit code ${last?.exitCode ?? "unknown"}`;
  const kind = outOfMemory
    ? ({ cause: "C09", reason: "OutOfMemory" } as const)
    : container.init
      ? ({ cause: "C08", reason: "InitContainerFailing" } as const)
      : ({ cause: "C05", reason: "CrashLoop" } as const);
  return {
    ...kind,
    blame: "either",
    sentence: `${what} keeps ending: ${ending}`,
    evidence: [
      `${ending}, ${container.restartCount} restarts${last?.reason ? `, reason ${last.reason}` : ""}`,
      ...(last?.message ? [quote(last.message)] : []),
    ],
    recreationCanHelp: true,
    ranBefore: false,
    container: container.name,
  };
};

/** Readiness was lost after the last run had begun: the container was well between two endings. */
function wasReadyBefore(
  { readyChangedAt }: PodFacts,
  { init }: ContainerFacts,
  last: TerminationFacts | undefined,
): boolean {
  return (
    !init && last?.startedAt !== undefined && readyChangedAt !== undefined && readyChangedAt - last.startedAt > 1000
  );
}

function flapping(container: ContainerFacts, last: TerminationFacts | undefined): Trouble {
  return {
    cause: "C06",
    reason: "Flapping",
    blame: "either",
    sentence: `container ${container.name} is Ready for a while and ends again (${container.restartCount} restarts)`,
    evidence: [`exit code ${last?.exitCode ?? "unknown"}, ${container.restartCount} restarts`],
    recreationCanHelp: true,
    ranBefore: false,
    container: container.name,
  };
}

/** The kernel's words for a program that was built for another architecture. */
const WRONG_PLATFORM = /exec format error/i;

function wrongPlatform({ name, image }: ContainerFacts): Trouble {
  return {
    cause: "C28",
    reason: "ExecFormatError",
    blame: "surroundings",
    sentence: `container ${name} cannot run here: image ${image} was built for another architecture`,
    evidence: ["exec format error"],
    recreationCanHelp: false,
    ranBefore: false,
    container: name,
  };
}

/** The node's runtime cannot start it, whatever the template says: between two tries that looks like a crash loop (C10). */
function notStarted({ name, restartCount }: ContainerFacts, words: string): Trouble {
  return {
    cause: "C10",
    reason: "ContainerConfig",
    blame: "surroundings",
    sentence: `container ${name} cannot be started: ${clause(words)}`,
    evidence: [`${restartCount} restarts: ${quote(words)}`],
    recreationCanHelp: false,
    ranBefore: false,
    container: name,
    words,
  };
}

/**
 * Recognises an init container that neither ends nor fails: it waits for something outside, such as an API or a network.
 * No write on this DaemonSet brings that about.
 */
export const recogniseInitWaiting: Recognise = ({ pod, at, allowanceMs }) => {
  const container = pod.containers.find(
    ({ init, ready, runningSince }) => init && !ready && runningSince !== undefined && at - runningSince >= allowanceMs,
  );
  const isPastIt = pod.containers.some(({ init, runningSince }) => !init && runningSince !== undefined);
  if (container?.runningSince === undefined || isPastIt) return undefined;
  const seconds = Math.round((at - container.runningSince) / 1000);
  return {
    cause: "C08",
    reason: "InitContainerWaiting",
    blame: "surroundings",
    sentence: `init container ${container.name} has run for ${seconds} s and does not end: it waits for something outside`,
    evidence: [`init container ${container.name} running, ${container.restartCount} restarts`],
    recreationCanHelp: false,
    ranBefore: false,
    container: container.name,
  };
};

/**
 * Recognises a Ready pod that will not stay so: it ended at least three times, last within the time that health must
 * last to count. Without a readiness probe such a pod looks good between two crashes.
 */
export const recogniseFlapping: Recognise = ({ pod, at, settings, daemonSet }) => {
  const container = pod.containers.find((each) => {
    const { restartCount, lastTerminated, runningSince } = each;
    const ended = lastTerminated?.finishedAt;
    return (
      // An init container that has done its work after some tries does not run any more.
      runningSince !== undefined &&
      restartCount >= PROVEN_TERMINATIONS &&
      !ranLong(each) &&
      ended !== undefined &&
      at - ended < requiredSoakMs([pod], daemonSet.minReadySeconds, settings)
    );
  });
  return container && flapping(container, container.lastTerminated);
};

export const crashCauses: readonly Cause[] = [
  {
    id: "C05",
    title: "the new revision crashes",
    signature: "A container of the new revision ends again and again, and no pod of it runs anywhere.",
    shownBy: "CrashLoopBackOff, or three endings; lastState.terminated exit code and reason",
    helps: {
      delete: "no; one canary where the template is gated",
      restart: RESTART_NO,
      rollback: "yes, once: its pods are replaced, and those of the proven revision keep running",
    },
    forbidden: "deletions beyond the canary",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl edit daemonset/{daemonset} -n {namespace}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/kuberuntime/kuberuntime_manager.go (back-off)",
  },
  {
    id: "C06",
    title: "flapping: Ready between two crashes",
    signature:
      "Pods are Ready for a while and end again, three times or more, the last time within the soak; without a readiness probe each looks good in between.",
    shownBy: "restartCount, lastState.terminated against the soak",
    helps: {
      delete: "no: never a Ready pod",
      restart: RESTART_NO,
      rollback: "only by a person: usually no other revision has running pods, so nothing is proven",
    },
    forbidden: "deletions of Ready pods; calling it recovered between two crashes",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl edit daemonset/{daemonset} -n {namespace}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "FAILURES 1.4: an ungated rollout walks the whole fleet",
  },
  {
    id: "C08",
    title: "an init container fails or waits",
    signature:
      "An init container ends with an error again and again (the revision, if none of its pods runs), or it runs on and waits for something outside.",
    shownBy: "initContainerStatuses; PodInitializing",
    helps: {
      delete: "one canary where it fails and the template is gated; no where it waits",
      restart: RESTART_NO,
      rollback: "yes where it fails under the new revision only; no where it waits",
    },
    forbidden: "writes while it waits for something outside",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl edit daemonset/{daemonset} -n {namespace}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/kuberuntime/kuberuntime_container.go",
  },
  {
    id: "C09",
    title: "out of memory under the new revision",
    signature:
      "The container is killed with OOMKilled. Where the limits are the same and pods of the older revision are killed, too, it is the load.",
    shownBy: "lastState.terminated reason OOMKilled, exit code 137; the limits of both revisions",
    helps: {
      delete: "no: one more crash",
      restart: RESTART_NO,
      rollback: "yes, unless the older revision runs out of memory, too",
    },
    forbidden: "deletions, restarts",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl edit daemonset/{daemonset} -n {namespace}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/oom",
  },
];
