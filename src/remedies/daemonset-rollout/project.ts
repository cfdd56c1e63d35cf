/** From Kubernetes objects to facts (pure). Healthy detail is dropped here; env values and args are kept as digests only. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Event, Node, PodTemplateSpec } from "kubernetes-types/core/v1";
import { revisionTemplate, templateHash } from "../../engine/pod-template.ts";
import type { Mask } from "../../engine/redact.ts";
import { redact } from "../../engine/redact.ts";
import type { Live } from "../../kube/types.ts";
import type { DaemonSetFacts, EventFacts, NodeFacts, RevisionFacts } from "./facts.ts";
import { contentFacts, exactHash, templateFacts } from "./project-template.ts";
import { time, when } from "./project-values.ts";

/** Longest annotation and message that is kept. */
const LONGEST = 1024;
const PRESSURES = ["MemoryPressure", "DiskPressure", "PIDPressure"];

interface ManagedFields {
  manager?: string;
  subresource?: string;
  time?: string;
  fieldsV1?: { "f:spec"?: { "f:template"?: unknown }; "f:status"?: unknown; "f:revision"?: unknown };
}

function managedFieldsOf(daemonSet: Live<DaemonSet>): ManagedFields[] {
  return (daemonSet.metadata.managedFields ?? []) as ManagedFields[];
}

/** Facts of the DaemonSet; `revisions` tell which one equals its template. `salt` as in `containerSpecs`. */
export function daemonSetFacts(
  daemonSet: Live<DaemonSet>,
  revisions: readonly Live<ControllerRevision>[],
  salt = "",
): DaemonSetFacts {
  const { metadata, spec, status } = daemonSet;
  const template: PodTemplateSpec = spec?.template ?? {};
  const minReadySeconds = spec?.minReadySeconds ?? 0;
  const exact = exactHash(template);
  const current = ownedRevisions(metadata.uid, revisions)
    .filter((revision) => exactHash(revisionTemplate(revision) ?? {}) === exact)
    .sort((a, b) => b.revision - a.revision)[0];
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  const writes = managedFieldsOf(daemonSet).filter((entry) => !entry.subresource);
  const changes = writes.map((entry) => time(entry.time)).filter((at) => at !== undefined);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation ?? 0,
    observedGeneration: status?.observedGeneration ?? 0,
    ...when("specChangedAt", changes.length > 0 ? Math.max(...changes) : undefined),
    ...editOf(writes),
    deleting: metadata.deletionTimestamp !== undefined,
    strategy: spec?.updateStrategy?.type === "OnDelete" ? "OnDelete" : "RollingUpdate",
    maxUnavailable: spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1,
    maxSurge: spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0,
    minReadySeconds,
    status: {
      desired: status?.desiredNumberScheduled ?? 0,
      current: status?.currentNumberScheduled ?? 0,
      updated: status?.updatedNumberScheduled ?? 0,
      ready: status?.numberReady ?? 0,
      available: status?.numberAvailable ?? 0,
      misscheduled: status?.numberMisscheduled ?? 0,
    },
    template: templateFacts(template, minReadySeconds, salt),
    currentHash: current?.metadata.labels?.["controller-revision-hash"] ?? "",
    annotations: ownAnnotations(metadata.annotations),
    labels: metadata.labels ?? {},
    controller: controller ? `${controller.kind}/${controller.name}` : "",
    templateManagers: writes
      .filter((entry) => entry.fieldsV1?.["f:spec"]?.["f:template"] !== undefined)
      .map((entry) => entry.manager ?? ""),
  };
}

/** Neither a person nor a tool of theirs: ourselves, and the controller, which only reports. */
const NOT_EDITORS: readonly (string | undefined)[] = ["operarius", "kube-controller-manager"];

function editOf(writes: readonly ManagedFields[]): Pick<DaemonSetFacts, "edit"> {
  const edits = writes
    .filter(({ manager, fieldsV1 }) => fieldsV1?.["f:spec"] !== undefined && !NOT_EDITORS.includes(manager))
    .map((entry) => ({ by: entry.manager ?? "", at: time(entry.time) ?? 0 }))
    .filter(({ at }) => at > 0);
  const [newest] = edits.toSorted((a, b) => b.at - a.at);
  return newest === undefined ? {} : { edit: newest };
}

/** When the status was last written, in milliseconds since the epoch; 0 when managedFields do not say. */
export function statusWrittenAt(daemonSet: Live<DaemonSet>): number {
  const written = managedFieldsOf(daemonSet).filter(
    ({ subresource, fieldsV1 }) => subresource === "status" || fieldsV1?.["f:status"] !== undefined,
  );
  return Math.max(0, ...written.map((entry) => time(entry.time) ?? 0));
}

/** Annotations without kubectl's copy of the whole object, which holds env values, and without what looks like a secret. */
export function ownAnnotations(annotations: Record<string, string> | undefined): Record<string, string> {
  const { "kubectl.kubernetes.io/last-applied-configuration": _copy, ...rest } = annotations ?? {};
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, redact(value, LONGEST)]));
}

function ownedRevisions(uid: string, revisions: readonly Live<ControllerRevision>[]): Live<ControllerRevision>[] {
  return revisions.filter((revision) =>
    revision.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid),
  );
}

/** managedFields tell when the controller last wrote the number; without them only the object's own age is known. */
function numberedAt({ metadata }: Live<ControllerRevision>): number {
  const written = ((metadata.managedFields ?? []) as ManagedFields[])
    .filter(({ fieldsV1 }) => fieldsV1?.["f:revision"] !== undefined)
    .map((entry) => time(entry.time) ?? 0);
  return Math.max(time(metadata.creationTimestamp) ?? 0, ...written);
}

/** The DaemonSet's own revisions, newest last. `salt` as in `containerSpecs`. */
export function revisionFacts(uid: string, revisions: readonly Live<ControllerRevision>[], salt = ""): RevisionFacts[] {
  return ownedRevisions(uid, revisions)
    .map((revision) => {
      const template = revisionTemplate(revision) ?? {};
      return {
        name: revision.metadata.name,
        hash: revision.metadata.labels?.["controller-revision-hash"] ?? "",
        number: revision.revision,
        createdAt: numberedAt(revision),
        madeAt: time(revision.metadata.creationTimestamp) ?? 0,
        templateHash: templateHash(template),
        ...contentFacts(template, salt),
      };
    })
    .sort((a, b) => a.number - b.number);
}

/** Facts of one node. */
export function nodeFacts(node: Live<Node>): NodeFacts {
  const conditions = node.status?.conditions ?? [];
  const ready = conditions.find((condition) => condition.type === "Ready");
  return {
    name: node.metadata.name,
    createdAt: time(node.metadata.creationTimestamp) ?? 0,
    ready: ready?.status === "True" || ready?.status === "False" ? ready.status : "Unknown",
    ...when("readyChangedAt", time(ready?.lastTransitionTime)),
    pressures: conditions
      .filter((condition) => PRESSURES.includes(condition.type) && condition.status === "True")
      .map((condition) => condition.type),
    taints: node.spec?.taints ?? [],
    labels: node.metadata.labels ?? {},
    info: {
      architecture: node.status?.nodeInfo?.architecture ?? "",
      operatingSystem: node.status?.nodeInfo?.operatingSystem ?? "",
      osImage: node.status?.nodeInfo?.osImage ?? "",
      kernel: node.status?.nodeInfo?.kernelVersion ?? "",
      runtime: node.status?.nodeInfo?.containerRuntimeVersion ?? "",
      kubelet: node.status?.nodeInfo?.kubeletVersion ?? "",
    },
  };
}

/** Facts of one event; `mask` takes the secrets out of its message. */
export function eventFacts(event: Live<Event>, mask: Mask = (text) => redact(text, LONGEST)): EventFacts {
  const last = event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? event.metadata.creationTimestamp;
  return {
    reason: event.reason ?? "",
    message: mask(event.message ?? ""),
    about: `${event.involvedObject.kind ?? ""}/${event.involvedObject.name ?? ""}`,
    lastAt: time(last) ?? 0,
  };
}

/** The DaemonSet's selector in the form of a labelSelector parameter, matchExpressions included. */
export function labelSelector(daemonSet: Pick<DaemonSet, "spec">): string {
  const selector = daemonSet.spec?.selector;
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
  });
  return [...equal, ...expressions].join(",");
}
