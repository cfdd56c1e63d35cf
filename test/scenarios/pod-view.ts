/** A pod as scenarios see it: judged from its own object, never from the DaemonSet's status. */
import type { Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../src/kube/types.ts";

export interface PodView {
  name: string;
  uid: string;
  /** Where it runs or is meant to run. */
  node: string;
  image: string;
  phase: string;
  ready: boolean;
  /** Since when it is Ready or is not, in epoch milliseconds (whole seconds); undefined = never told. */
  readyChangedAt: number | undefined;
  terminating: boolean;
  /** Epoch milliseconds, whole seconds. */
  createdAt: number;
  /** When it should have ended, in epoch milliseconds. */
  deadline: number | undefined;
  /** Why its container waits; "" = it does not. */
  waiting: string;
  /** Why each of its containers waits, init containers included. */
  waitingOfAny: readonly string[];
  /** False while the scheduler finds no room for it. */
  scheduled: boolean;
  restarts: number;
}

/** The DaemonSet controller names the node in the affinity before the scheduler binds the pod. */
function nodeOf({ spec }: Live<Pod>): string {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const fields = terms.flatMap(({ matchFields }) => matchFields ?? []);
  return spec?.nodeName ?? fields.find(({ key }) => key === "metadata.name")?.values?.[0] ?? "";
}

export function viewOf(pod: Live<Pod>): PodView {
  const { metadata, spec, status } = pod;
  const conditions = status?.conditions ?? [];
  const readiness = conditions.find(({ type }) => type === "Ready");
  const container = status?.containerStatuses?.[0];
  return {
    name: metadata.name,
    uid: metadata.uid,
    node: nodeOf(pod),
    image: spec?.containers[0]?.image ?? "",
    phase: status?.phase ?? "",
    ready: readiness?.status === "True",
    readyChangedAt: readiness?.lastTransitionTime === undefined ? undefined : Date.parse(readiness.lastTransitionTime),
    terminating: metadata.deletionTimestamp !== undefined,
    createdAt: Date.parse(metadata.creationTimestamp),
    deadline: metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    waiting: container?.state?.waiting?.reason ?? "",
    waitingOfAny: [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(
      ({ state }) => (state?.waiting?.reason === undefined ? [] : [state.waiting.reason]),
    ),
    scheduled: spec?.nodeName !== undefined,
    restarts: container?.restartCount ?? 0,
  };
}
