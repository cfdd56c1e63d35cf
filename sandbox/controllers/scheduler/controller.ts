/** The scheduler: one pod after the other, most important first, over what the informers know plus its own bindings. */
import type { Pod } from "kubernetes-types/core/v1";
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import { pods as podResource } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import { createEventRecorder, eventTarget, secondsIso } from "../../machinery/event-recorder.ts";
import { startLoop } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { isTerminal, isTerminating, podCondition } from "../rules/pods.ts";
import { stableJson } from "../rules/stable-json.ts";
import type { NodeLoad } from "./fit.ts";
import { byPriorityThenAge, place } from "./place.ts";

/** Starts it; the informers must have synced. */
export function startScheduler(context: ControllerContext): Running {
  const { kube, informers, now, log } = context;
  const recorder = createEventRecorder({ kube, component: "default-scheduler", log, now });
  /** Bindings of ours that the watch has not shown yet, by pod uid. */
  const assumed = new Map<string, string>();

  function loads(): NodeLoad[] {
    const byNode = new Map<string, Live<Pod>[]>(informers.nodes.items().map((node) => [node.metadata.name, []]));
    for (const pod of informers.pods.items()) {
      const bound = (pod.spec?.nodeName ?? "") || assumed.get(pod.metadata.uid);
      if (bound !== undefined && bound !== "" && !isTerminal(pod)) byNode.get(bound)?.push(pod);
    }
    return informers.nodes
      .items()
      .filter((node) => node.metadata.deletionTimestamp === undefined)
      .map((node) => ({ node, pods: byNode.get(node.metadata.name) ?? [] }));
  }

  async function round(): Promise<number | undefined> {
    const waiting = informers.pods.items().filter((pod) => isWaiting(pod) && !assumed.has(pod.metadata.uid));
    let failed: unknown;
    for (const pod of waiting.sort(byPriorityThenAge)) {
      try {
        await schedule(pod);
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) failed ??= error;
      }
    }
    if (failed !== undefined) throw failed;
    return undefined;
  }

  async function schedule(pod: Live<Pod>): Promise<void> {
    if ((pod.spec?.schedulingGates ?? []).length > 0) {
      const message = "Scheduling is blocked due to non-empty scheduling gates";
      await refuse(pod, "SchedulingGated", message);
      return;
    }
    const placement = place(pod, loads());
    if (placement.kind === "bind") await bind(pod, placement.node);
    else if (await refuse(pod, "Unschedulable", placement.message)) {
      const { message } = placement;
      recorder.record(eventTarget(podResource, pod), { type: "Warning", reason: "FailedScheduling", message });
    }
  }

  async function bind(pod: Live<Pod>, node: string): Promise<void> {
    const { name, namespace = "", uid } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
    assumed.set(uid, node);
    try {
      await kube.post(path, {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { apiVersion: "v1", kind: "Node", name: node },
      });
    } catch (error) {
      assumed.delete(uid);
      throw error;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    recorder.record(eventTarget(podResource, pod), { type: "Normal", reason: "Scheduled", message });
  }

  /** True when the pod did not say so already. */
  async function refuse(pod: Live<Pod>, reason: string, message: string): Promise<boolean> {
    const before = podCondition(pod, "PodScheduled");
    if (before?.reason === reason && before.message === message) return false;
    const lastTransitionTime = before?.status === "False" ? before.lastTransitionTime : secondsIso(now());
    const condition = { type: "PodScheduled", status: "False", reason, message, lastTransitionTime };
    const { name, namespace = "" } = pod.metadata;
    const body = { status: { conditions: [condition] } };
    await kube.patchStatus(podResource, { name, namespace }, { type: "strategic", body });
    return true;
  }

  const loop = startLoop({ name: "scheduler", reconcile: round, log, concurrency: 1, capMs: 2_000 });
  const wake = (): void => loop.add("round");
  informers.pods.subscribe((pod, change) => {
    const isGone = change.type === "deleted";
    if (isGone || (pod.spec?.nodeName ?? "") !== "") assumed.delete(pod.metadata.uid);
    // Room appears when a bound pod ends or goes; a waiting pod is new work.
    if (isGone || isTerminal(pod) || isWaiting(pod)) wake();
  });
  informers.nodes.subscribe((node, change) => {
    if (change.previous === undefined || schedulingFacts(change.previous) !== schedulingFacts(node)) wake();
  });
  wake();
  return {
    stop: async () => {
      await loop.stop();
      await recorder.flush();
    },
  };
}

function isWaiting(pod: Live<Pod>): boolean {
  const scheduler = pod.spec?.schedulerName ?? "default-scheduler";
  return (
    (pod.spec?.nodeName ?? "") === "" && scheduler === "default-scheduler" && !isTerminating(pod) && !isTerminal(pod)
  );
}

/** What of a node can make a pod fit; its heartbeats cannot. */
function schedulingFacts(node: ReturnType<ControllerContext["informers"]["nodes"]["items"]>[number]): string {
  return stableJson([node.metadata.labels, node.spec, node.status?.allocatable]);
}
