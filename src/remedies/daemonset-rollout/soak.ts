/** How long health must last before it is called recovered (pure). */
import type { Settings } from "../../engine/types.ts";
import type { PodFacts } from "./facts.ts";

const CAP_MS = 15 * 60_000;

/** Longest that a container which ended had lived, in milliseconds, as far as its status still shows. */
function longestLifetimeMs(pods: readonly PodFacts[]): number {
  const lifetimes = pods.flatMap((pod) =>
    pod.containers
      .filter(({ init }) => !init)
      .flatMap(({ terminated, lastTerminated }) => [terminated, lastTerminated])
      .map((end) =>
        end?.startedAt !== undefined && end.finishedAt !== undefined ? end.finishedAt - end.startedAt : 0,
      ),
  );
  return Math.max(0, ...lifetimes);
}

/** max of the pace's soak, minReadySeconds plus slack, and twice the longest lifetime of a container that ended; at most 15 min. */
export function requiredSoakMs(pods: readonly PodFacts[], minReadySeconds: number, settings: Settings): number {
  return Math.min(
    CAP_MS,
    Math.max(settings.soakMs, minReadySeconds * 1000 + settings.soakSlackMs, 2 * longestLifetimeMs(pods)),
  );
}
