/** C05 crash loop · C06 flapping · C08 init container failing · C09 out of memory. */
import type { ContainerFacts } from "../facts.ts";
import { requiredSoakMs } from "../soak.ts";
import type { Recognise } from "./trouble.ts";

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
    evidence: [`${ending}, ${container.restartCount} restarts${last?.reason ? `, reason ${last.reason}` : ""}`],
    recreationCanHelp: true,
    ranBefore: false,
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
  if (!container) return undefined;
  return {
    cause: "C06",
    reason: "Flapping",
    blame: "either",
    sentence: `container ${container.name} is Ready for a while and ends again (${container.restartCount} restarts)`,
    evidence: [`exit code ${container.lastTerminated?.exitCode ?? "unknown"}, ${container.restartCount} restarts`],
    recreationCanHelp: true,
    ranBefore: false,
  };
};
