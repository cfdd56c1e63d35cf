/** Creates and deletes a DaemonSet's pods, tells it in events and remembers what the watch has yet to show. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isNotFound } from "../../../src/kube/errors.ts";
import { daemonSets, pods } from "../../../src/kube/resources.ts";
import type { Kube, Live } from "../../../src/kube/types.ts";
import type { EventRecorder } from "../../machinery/event-recorder.ts";
import { eventTarget } from "../../machinery/event-recorder.ts";
import type { Expectations } from "../../machinery/expectations.ts";
import { keyOf } from "../../machinery/informer.ts";
import { slowStart } from "../../machinery/slow-start.ts";
import { daemonPod } from "./pod-template.ts";

export interface PodControl {
  /** Carries out one plan; rejects with the first error, after everything that could be done was done. */
  apply(
    ds: Live<DaemonSet>,
    plan: { create: readonly string[]; remove: readonly Live<Pod>[] },
    hash: string,
  ): Promise<void>;
}

/** Kubernetes' limit of creations and deletions in one sync. */
const burst = 250;

export function createPodControl(parts: {
  kube: Kube;
  recorder: EventRecorder;
  expectations: Expectations;
  /** Whether the watch has shown this pod. */
  isShown: (pod: Live<Pod>) => boolean;
}): PodControl {
  const { kube, recorder, expectations, isShown } = parts;

  async function create(ds: Live<DaemonSet>, nodeName: string, hash: string): Promise<void> {
    const target = eventTarget(daemonSets, ds);
    try {
      const made = await kube.create(pods, daemonPod(ds, nodeName, hash));
      // The watch may be quicker than the answer.
      if (!isShown(made)) expectations.expect(keyOf(ds.metadata), { created: [made.metadata.uid] });
      recorder.record(target, {
        type: "Normal",
        reason: "SuccessfulCreate",
        message: `Created pod: ${made.metadata.name}`,
      });
    } catch (error) {
      recorder.record(target, {
        type: "Warning",
        reason: "FailedCreate",
        message: `Error creating: ${wording(error)}`,
      });
      throw error;
    }
  }

  async function remove(ds: Live<DaemonSet>, pod: Live<Pod>): Promise<void> {
    const target = eventTarget(daemonSets, ds);
    const { name, namespace, uid } = pod.metadata;
    // Before the request: a pod without grace is gone, and the watch may have said so, before the answer is here.
    expectations.expect(keyOf(ds.metadata), { deleted: [uid] });
    try {
      await kube.delete(pods, { name, ...(namespace !== undefined && { namespace }) }, { preconditions: { uid } });
      recorder.record(target, { type: "Normal", reason: "SuccessfulDelete", message: `Deleted pod: ${name}` });
    } catch (error) {
      expectations.observe(uid, true);
      if (isNotFound(error)) return;
      recorder.record(target, {
        type: "Warning",
        reason: "FailedDelete",
        message: `Error deleting: ${wording(error)}`,
      });
      throw error;
    }
  }

  return {
    async apply(ds, plan, hash) {
      const removals = plan.remove.slice(0, burst).map((pod) => remove(ds, pod));
      const [createErrors, removed] = await Promise.all([
        slowStart(plan.create.slice(0, burst), (node) => create(ds, node, hash)),
        Promise.allSettled(removals),
      ]);
      const errors = [
        ...createErrors,
        ...removed.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : [])),
      ];
      if (errors.length > 0) throw errors[0];
    },
  };
}

function wording(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
