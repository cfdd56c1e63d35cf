/** Removes pods that nobody will ever finish; see orphaned-pods.ts for which. */
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import { pods as podResource } from "../../../src/kube/resources.ts";
import { secondsIso } from "../../machinery/event-recorder.ts";
import { startTicker } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { isTerminal } from "../rules/pods.ts";
import type { OrphanedPod } from "./orphaned-pods.ts";
import { orphanedPods } from "./orphaned-pods.ts";

/** Starts it; the informers must have synced. */
export function startPodGc(context: ControllerContext): Running {
  const { kube, informers, tuning, now, log } = context;
  const missingSince = new Map<string, number>();

  function updateMissing(): void {
    const named = new Set(informers.pods.items().flatMap((pod) => pod.spec?.nodeName || []));
    for (const name of named) {
      if (informers.nodes.get(undefined, name) !== undefined) missingSince.delete(name);
      else if (!missingSince.has(name)) missingSince.set(name, now());
    }
    for (const name of missingSince.keys()) if (!named.has(name)) missingSince.delete(name);
  }

  async function remove({ pod, reason, message }: OrphanedPod): Promise<void> {
    const { name, namespace = "", uid } = pod.metadata;
    const ref = { name, namespace };
    try {
      if (reason !== "UnscheduledTerminating" && !isTerminal(pod)) {
        const condition = {
          type: "DisruptionTarget",
          status: "True",
          reason: "DeletionByPodGC",
          message,
          lastTransitionTime: secondsIso(now()),
        };
        const body = { metadata: { uid }, status: { phase: "Failed", conditions: [condition] } };
        await kube.patchStatus(podResource, ref, { type: "strategic", body });
      }
      await kube.delete(podResource, ref, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  return startTicker({
    name: "pod-garbage-collector",
    periodMs: tuning.podGcPeriodMs,
    log,
    work: async () => {
      updateMissing();
      const view = {
        pods: informers.pods.items(),
        nodes: informers.nodes.items(),
        missingSince,
        quarantineMs: tuning.podGcQuarantineMs,
        now: now(),
      };
      for (const each of orphanedPods(view)) await remove(each);
    },
  });
}
