/** The DaemonSet controller: observes through the informers, decides with the pure parts beside it, writes. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { daemonSets } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import { createEventRecorder, eventTarget } from "../../machinery/event-recorder.ts";
import type { Expectations } from "../../machinery/expectations.ts";
import { createExpectations } from "../../machinery/expectations.ts";
import { isShownBy, keyOf, splitKey } from "../../machinery/informer.ts";
import type { Loop } from "../../machinery/loop.ts";
import { startLoop } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { claim } from "../rules/claim.ts";
import { isEmptySelector } from "../rules/labels.ts";
import { controllerOf, isTerminating } from "../rules/pods.ts";
import { eligibility } from "./eligibility.ts";
import { createKeyedBackoff } from "./failed-pod-backoff.ts";
import type { History } from "./history.ts";
import { claimRevisions, cleanHistory, syncHistory } from "./history.ts";
import { planPods } from "./manage.ts";
import type { DaemonSetView } from "./node-pods.ts";
import { createPodControl } from "./pod-control.ts";
import { planUpdate } from "./rolling-update.ts";
import { daemonSetStatus, isStatusCurrent, nextAvailabilityMs } from "./status.ts";

/** Starts it; the informers must have synced. */
export function startDaemonSetController(context: ControllerContext): Running {
  const { kube, informers, tuning, now, log } = context;
  const recorder = createEventRecorder({ kube, component: "daemonset-controller", log, now });
  const expectations = createExpectations({ timeoutMs: tuning.expectationTimeoutMs, now });
  const control = createPodControl({ kube, recorder, expectations, isShown: isShownBy(informers.pods) });
  const backoff = createKeyedBackoff({ baseMs: tuning.failedPodBaseMs, capMs: tuning.failedPodCapMs });

  async function sync(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const ds = informers.daemonSets.get(namespace, name);
    if (ds === undefined) {
      expectations.forget(key);
      return undefined;
    }
    const target = eventTarget(daemonSets, ds);
    if (isEmptySelector(ds.spec?.selector)) {
      const message = "This daemon set is selecting all pods. A non-empty selector is required.";
      recorder.record(target, { type: "Warning", reason: "SelectingAll", message });
      return undefined;
    }
    if (ds.metadata.deletionTimestamp !== undefined) return undefined;
    const selector = ds.spec?.selector;
    const inNamespace = informers.pods.items().filter((pod) => pod.metadata.namespace === namespace);
    const pods = await claim({ kube, resource: daemonSets, owner: ds, selector, pods: inNamespace });
    const revisions = await claimRevisions(kube, ds, informers.controllerRevisions.items());
    const history = await syncHistory(kube, ds, revisions);
    const view: DaemonSetView = { ds, nodes: informers.nodes.items(), pods, hash: history.hash, now: now() };
    if (!expectations.satisfied(key)) {
      await storeStatus(view, false);
      return tuning.expectationTimeoutMs;
    }
    return act(key, view, history);
  }

  /** A failed write halts the update but not the status (1.25.6+, kubernetes#112127). */
  async function act(key: string, view: DaemonSetView, history: History): Promise<number | undefined> {
    let waitMs: number | undefined;
    try {
      waitMs = await manage(view);
      const isRolling = (view.ds.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
      if (isRolling && expectations.satisfied(key)) {
        await control.apply(view.ds, planUpdate(view, shuffled), view.hash);
      }
      await cleanHistory(kube, { ds: view.ds, old: history.old, pods: view.pods });
    } finally {
      await storeStatus(view, true);
    }
    return earliest(waitMs, nextAvailabilityMs(view));
  }

  async function manage(view: DaemonSetView): Promise<number | undefined> {
    const { ds } = view;
    const key = (node: string): string => `${ds.metadata.uid}/${ds.status?.observedGeneration ?? 0}/${node}`;
    backoff.prune(view.now);
    const plan = planPods(view, (node) => backoff.remainingMs(key(node), view.now));
    for (const { pod, node } of plan.ended) {
      if (pod.status?.phase === "Failed") backoff.next(key(node), view.now);
      recorder.record(eventTarget(daemonSets, ds), endedEvent(pod, node));
    }
    await control.apply(ds, plan, view.hash);
    return plan.waiting.reduce<number | undefined>((soonest, each) => earliest(soonest, each.remainingMs), undefined);
  }

  async function storeStatus(view: DaemonSetView, observe: boolean): Promise<void> {
    const status = daemonSetStatus(view, observe);
    if (isStatusCurrent(view.ds, status)) return;
    const { conditions } = view.ds.status ?? {};
    await kube.replaceStatus(daemonSets, { ...view.ds, status: { ...status, ...(conditions && { conditions }) } });
  }

  const loop = startLoop({ name: "daemonset-controller", reconcile: sync, log });
  subscribe(context, loop, expectations);
  return {
    stop: async () => {
      await loop.stop();
      await recorder.flush();
    },
  };
}

function subscribe(context: ControllerContext, loop: Loop, expectations: Expectations): void {
  const { daemonSets: sets, pods, nodes, controllerRevisions } = context.informers;
  const addOwner = (object: Live<unknown>): void => {
    const owner = controllerOf(object);
    if (owner?.kind === "DaemonSet") loop.add(`${object.metadata.namespace ?? ""}/${owner.name}`);
  };
  const addAll = (): void => {
    for (const ds of sets.items()) loop.add(keyOf(ds.metadata));
  };
  sets.subscribe((ds) => loop.add(keyOf(ds.metadata)));
  controllerRevisions.subscribe(addOwner);
  pods.subscribe((pod, change) => {
    expectations.observe(pod.metadata.uid, change.type === "deleted" || isTerminating(pod));
    if (change.type === "replaced" && change.previous !== undefined)
      expectations.observe(change.previous.metadata.uid, true);
    addOwner(pod);
    if (controllerOf(pod) === undefined && change.type !== "deleted") addAll();
  });
  nodes.subscribe((node, change) => {
    // A deleted node does not wake the controller: the status stays stale until its pods are collected.
    const before = change.previous;
    if (change.type === "deleted") return;
    if (before !== undefined && isSamePlace(before, node)) return;
    const onNode = pods.items().filter((pod) => pod.spec?.nodeName === node.metadata.name);
    for (const ds of sets.items()) {
      const isScheduled = onNode.some((pod) => controllerOf(pod)?.uid === ds.metadata.uid);
      if (isConcerned(ds, node, isScheduled)) loop.add(keyOf(ds.metadata));
    }
  });
  addAll();
}

/**
 * Whether a change of the node is a reason to sync. A NoSchedule taint under a running pod is none: the counters stay
 * as they were until something else happens (syncNodeUpdate, 1.33 and later).
 */
function isConcerned(ds: Live<DaemonSet>, node: ControllerNode, isScheduled: boolean): boolean {
  const { shouldRun, shouldContinue } = eligibility(ds, node);
  if (!isScheduled) return shouldRun;
  return !shouldContinue || (ds.status?.numberMisscheduled ?? 0) > 0;
}

/** Heartbeats change a node every few seconds; only labels and taints matter here. */
function isSamePlace(a: ControllerNode, b: ControllerNode): boolean {
  const facts = (node: ControllerNode): string =>
    JSON.stringify([node.metadata.labels, node.spec?.taints, node.spec?.unschedulable]);
  return facts(a) === facts(b);
}

type ControllerNode = ReturnType<ControllerContext["informers"]["nodes"]["items"]>[number];

function endedEvent(pod: Live<Pod>, node: string) {
  const where = `daemon pod ${pod.metadata.namespace ?? ""}/${pod.metadata.name} on node ${node}`;
  return pod.status?.phase === "Failed"
    ? ({ type: "Warning", reason: "FailedDaemonPod", message: `Found failed ${where}, will try to kill it` } as const)
    : ({
        type: "Normal",
        reason: "SucceededDaemonPod",
        message: `Found succeeded ${where}, will try to delete it`,
      } as const);
}

function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
