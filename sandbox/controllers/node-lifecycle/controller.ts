/** Node lifecycle: silence makes a node Unknown, conditions make taints, NoExecute taints remove pods. */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { isConflict, isNotFound } from "../../../src/kube/errors.ts";
import { nodes as nodeResource, pods as podResource } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import { createEventRecorder, eventTarget, secondsIso } from "../../machinery/event-recorder.ts";
import { startLoop, startTicker } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { isPodReady, isTerminal, isTerminating, podCondition } from "../rules/pods.ts";
import { evictionTime, mustMarkPods, unknownConditions, wantedTaints } from "./decide.ts";

const leaseNamespace = "kube-node-lease";
const ttlAnnotation = "node.alpha.kubernetes.io/ttl";

/** Starts it; the informers must have synced. */
export function startNodeLifecycle(context: ControllerContext): Running {
  const { kube, informers, tuning, now, log } = context;
  const recorder = createEventRecorder({ kube, component: "node-controller", log, now });
  /** The last sign of life seen per node, and when we saw it by our own clock. */
  const seen = new Map<string, { sign: string; atMs: number }>();
  const tainted = new Map<string, { sign: string; atMs: number }>();
  const met = new Map<string, Live<Node>["metadata"]>();

  function isSilent(node: Live<Node>): boolean {
    const { name, uid } = node.metadata;
    const renewed = informers.leases.get(leaseNamespace, name)?.spec?.renewTime ?? "";
    const heartbeat = node.status?.conditions?.find((each) => each.type === "Ready")?.lastHeartbeatTime ?? "";
    const sign = `${uid} ${renewed} ${heartbeat}`;
    const before = seen.get(name);
    if (before?.sign !== sign) seen.set(name, { sign, atMs: now() });
    return before?.sign === sign && now() - before.atMs > tuning.nodeMonitorGraceMs;
  }

  /** Since when the node has the taints that it has. */
  function noticedAt({ metadata: { name }, spec }: Live<Node>): number {
    const sign = JSON.stringify(spec?.taints ?? []);
    const before = tainted.get(name);
    if (before?.sign === sign) return before.atMs;
    tainted.set(name, { sign, atMs: now() });
    return now();
  }

  /** As the real controller greets a node that it meets and leaves one that is gone. */
  function tellOf(node: Pick<Live<Node>, "metadata">, reason: string, what: string): void {
    const message = `Node ${node.metadata.name} event: ${what}`;
    recorder.record(eventTarget(nodeResource, node), { type: "Normal", reason, message });
  }

  async function look(node: Live<Node>): Promise<void> {
    const { name } = node.metadata;
    const at = secondsIso(now());
    if (!met.has(name)) {
      met.set(name, node.metadata);
      tellOf(node, "RegisteredNode", `Registered Node ${name} in Controller`);
    }
    // How long kubelets may keep Secrets and ConfigMaps; more than zero only in clusters of more than 100 nodes.
    if (node.metadata.annotations?.[ttlAnnotation] === undefined) {
      const body = { metadata: { annotations: { [ttlAnnotation]: "0" } } };
      await quietly(() => kube.patch(nodeResource, { name }, { type: "merge", body }));
    }
    const unknown = isSilent(node) ? unknownConditions(node, at) : undefined;
    if (unknown !== undefined) {
      await kube.replaceStatus(nodeResource, { ...node, status: { ...node.status, conditions: unknown } });
      const message = `Node ${name} status is now: NodeNotReady`;
      recorder.record(eventTarget(nodeResource, node), { type: "Normal", reason: "NodeNotReady", message });
      return;
    }
    const taints = wantedTaints(node, at);
    if (taints !== undefined) {
      const { resourceVersion } = node.metadata;
      await kube.patch(
        nodeResource,
        { name },
        { type: "merge", body: { metadata: { resourceVersion }, spec: { taints } } },
      );
    }
    const here = informers.pods.items().filter((pod) => pod.spec?.nodeName === name);
    if (mustMarkPods(node)) for (const pod of here) await markNotReady(pod, at);
    for (const pod of here) await evict(pod, node);
  }

  /** Nobody reports on the node's pods any more: Ready turns False, the phase stays (MarkPodsNotReady). */
  async function markNotReady(pod: Live<Pod>, at: string): Promise<void> {
    if (!isPodReady(pod)) return;
    const { name, namespace = "", uid } = pod.metadata;
    const condition = { ...podCondition(pod, "Ready"), type: "Ready", status: "False", lastTransitionTime: at };
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    await quietly(() => kube.patchStatus(podResource, { name, namespace }, { type: "strategic", body }));
    recorder.record(eventTarget(podResource, pod), {
      type: "Warning",
      reason: "NodeNotReady",
      message: "Node is not ready",
    });
  }

  async function evict(pod: Live<Pod>, node: Live<Node>): Promise<void> {
    if (isTerminating(pod) || isTerminal(pod)) return;
    const at = evictionTime(pod, node, noticedAt(node));
    if (at === undefined || at > now()) return;
    const { name, namespace = "", uid } = pod.metadata;
    const message = `Marking for deletion Pod ${namespace}/${name}`;
    recorder.record(eventTarget(podResource, pod), { type: "Normal", reason: "TaintManagerEviction", message });
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
      lastTransitionTime: secondsIso(now()),
    };
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    await quietly(() => kube.patchStatus(podResource, { name, namespace }, { type: "strategic", body }));
    await quietly(() => kube.delete(podResource, { name, namespace }, { preconditions: { uid } }));
  }

  async function lookAt(name: string): Promise<undefined> {
    const node = informers.nodes.get(undefined, name);
    if (node !== undefined) await look(node);
    else {
      const metadata = met.get(name);
      if (metadata !== undefined) tellOf({ metadata }, "RemovingNode", `Removing Node ${name} from Controller`);
      for (const memory of [seen, tainted, met]) memory.delete(name);
    }
  }

  const loop = startLoop({ name: "node-controller", reconcile: lookAt, log, capMs: 2_000 });
  const ticker = startTicker({
    name: "node-monitor",
    periodMs: tuning.nodeMonitorPeriodMs,
    log,
    work: async () => {
      for (const node of informers.nodes.items()) loop.add(node.metadata.name);
      await Promise.resolve();
    },
  });
  informers.nodes.subscribe((node) => loop.add(node.metadata.name));
  return {
    stop: async () => {
      await Promise.all([ticker.stop(), loop.stop()]);
      await recorder.flush();
    },
  };
}

/** A pod that went or changed meanwhile is looked at again in the next round. */
async function quietly(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
