/** From Kubernetes pods to facts (pure). */
import type { ContainerStatus, Pod } from "kubernetes-types/core/v1";
import type { Mask } from "../../engine/redact.ts";
import { withMessagesMasked } from "../../engine/redact.ts";
import type { Live } from "../../kube/types.ts";
import type { ContainerFacts, PodFacts, TerminationFacts } from "./facts.ts";
import { podMask } from "./pod-literals.ts";
import { containerSpecs, time, when } from "./project-values.ts";

/** Reasons under which the message is the container runtime's and not what the program left. */
const RUNTIME_WORDS = new Set(["StartError", "ContainerCannotRun"]);

function terminationFacts(state: NonNullable<ContainerStatus["state"]>["terminated"]): TerminationFacts | undefined {
  if (!state) return undefined;
  return {
    exitCode: state.exitCode,
    reason: state.reason ?? "",
    ...when("startedAt", time(state.startedAt)),
    ...when("finishedAt", time(state.finishedAt)),
    ...when("message", RUNTIME_WORDS.has(state.reason ?? "") ? state.message : undefined),
  };
}

function containerFacts(status: ContainerStatus, init: boolean): ContainerFacts {
  const waiting = status.state?.waiting;
  return {
    name: status.name,
    init,
    image: status.image ?? "",
    imageId: status.imageID ?? "",
    ready: status.ready ?? false,
    restartCount: status.restartCount ?? 0,
    ...when("waiting", waiting ? { reason: waiting.reason ?? "", message: waiting.message ?? "" } : undefined),
    ...when("runningSince", time(status.state?.running?.startedAt)),
    ...when("terminated", terminationFacts(status.state?.terminated)),
    ...when("lastTerminated", terminationFacts(status.lastState?.terminated)),
  };
}

/** The node a pod is meant for before it is bound: the controller's own affinity term on metadata.name. */
function intendedNode(pod: Live<Pod>): string {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  for (const term of terms ?? []) {
    const field = term.matchFields?.find((match) => match.key === "metadata.name" && match.operator === "In");
    if (field?.values?.[0]) return field.values[0];
  }
  return "";
}

/** Facts of one pod, with every message in them free of what its spec holds that may be secret. `salt` as in `containerSpecs`. */
export function podFacts(pod: Live<Pod>, salt = ""): PodFacts {
  let mask: Mask | undefined;
  const masked: Mask = (text) => {
    if (text === "") return text;
    mask ??= podMask(pod);
    return mask(text);
  };
  return withMessagesMasked(allFacts(pod, salt), masked);
}

function allFacts(pod: Live<Pod>, salt: string): PodFacts {
  const { metadata, spec, status } = pod;
  const ready = status?.conditions?.find((condition) => condition.type === "Ready");
  const scheduled = status?.conditions?.find((condition) => condition.type === "PodScheduled");
  const notScheduled = scheduled?.status === "False" ? scheduled : undefined;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    node: spec?.nodeName ?? intendedNode(pod),
    bound: Boolean(spec?.nodeName),
    revisionHash: metadata.labels?.["controller-revision-hash"] ?? "",
    createdAt: time(metadata.creationTimestamp) ?? 0,
    phase: status?.phase ?? "Pending",
    reason: status?.reason ?? "",
    message: status?.message ?? "",
    ready: ready?.status === "True",
    ...when("readyChangedAt", time(ready?.lastTransitionTime)),
    readyReason: ready?.reason ?? "",
    ...when(
      "unscheduled",
      notScheduled ? { reason: notScheduled.reason ?? "", message: notScheduled.message ?? "" } : undefined,
    ),
    ...when("deletionDeadline", time(metadata.deletionTimestamp)),
    finalizers: metadata.finalizers ?? [],
    containers: [
      ...(status?.initContainerStatuses ?? []).map((container) => containerFacts(container, true)),
      ...(status?.containerStatuses ?? []).map((container) => containerFacts(container, false)),
    ],
    specs: containerSpecs([...(spec?.initContainers ?? []), ...(spec?.containers ?? [])], salt),
  };
}

/** True when `uid` controls the pod. Labels alone never make a pod ours. */
export function isControlledBy(pod: Live<Pod>, uid: string): boolean {
  return pod.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid) ?? false;
}
