/** From Kubernetes objects to facts (pure). Healthy detail is dropped here; env values and args are kept as digests only. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Event, Node, PodTemplateSpec } from "kubernetes-types/core/v1";
import { digest } from "../../engine/digest.ts";
import { revisionTemplate, templateHash, withoutPatchDirective } from "../../engine/pod-template.ts";
import type { Mask } from "../../engine/redact.ts";
import { redact } from "../../engine/redact.ts";
import { structureOf } from "../../engine/structure.ts";
import type { Live } from "../../kube/types.ts";
import type { AdmissionFacts, DaemonSetFacts, EventFacts, NodeFacts, RevisionFacts, TemplateFacts } from "./facts.ts";
import { containerSpecs, time, when } from "./project-values.ts";

/** Longest annotation and message that is kept. */
const LONGEST = 1024;
const PRESSURES = ["MemoryPressure", "DiskPressure", "PIDPressure"];

function exactHash(template: PodTemplateSpec): string {
  return digest(withoutPatchDirective(template), 16);
}

function imagesOf(template: PodTemplateSpec): Record<string, string> {
  const spec = template.spec;
  return Object.fromEntries(
    [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map((c) => [c.name, c.image ?? ""]),
  );
}

function admissionFacts(template: PodTemplateSpec): AdmissionFacts {
  const spec = template.spec;
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const volumes = spec?.volumes ?? [];
  return {
    serviceAccount: spec?.serviceAccountName ?? "default",
    priorityClass: spec?.priorityClassName ?? "",
    runtimeClass: spec?.runtimeClassName ?? "",
    requests: digest(
      {
        resources: containers.map((container) => container.resources ?? {}),
        hostPorts: containers.flatMap((container) => (container.ports ?? []).map((port) => port.hostPort ?? 0)),
        claims: volumes.map((volume) => volume.persistentVolumeClaim?.claimName ?? ""),
      },
      12,
    ),
    security: digest(
      {
        pod: spec?.securityContext ?? {},
        containers: containers.map((container) => container.securityContext ?? {}),
        host: [spec?.hostNetwork ?? false, spec?.hostPID ?? false, spec?.hostIPC ?? false],
        volumes: volumes.map((volume) => Object.keys(volume).sort()),
      },
      12,
    ),
  };
}

function templateFacts(template: PodTemplateSpec, minReadySeconds: number, salt: string): TemplateFacts {
  const spec = template.spec;
  const containers = spec?.containers ?? [];
  const allowances = containers.map(({ startupProbe: probe }) =>
    probe ? ((probe.initialDelaySeconds ?? 0) + (probe.periodSeconds ?? 10) * (probe.failureThreshold ?? 3)) * 1000 : 0,
  );
  return {
    hash: templateHash(template),
    admission: admissionFacts(template),
    gated: minReadySeconds > 0 || containers.some((container) => container.readinessProbe !== undefined),
    images: imagesOf(template),
    specs: containerSpecs([...(spec?.initContainers ?? []), ...containers], salt),
    startupAllowanceMs: Math.max(0, ...allowances),
    gracePeriodMs: (spec?.terminationGracePeriodSeconds ?? 30) * 1000,
    nodeName: spec?.nodeName ?? "",
    nodeSelector: spec?.nodeSelector ?? {},
    ...when(
      "affinityTerms",
      spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    ),
    tolerations: spec?.tolerations ?? [],
    hostNetwork: spec?.hostNetwork ?? false,
    structure: structureOf(spec),
  };
}

interface ManagedFields {
  manager?: string;
  subresource?: string;
  time?: string;
  fieldsV1?: { "f:spec"?: { "f:template"?: unknown }; "f:revision"?: unknown };
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
    deleting: metadata.deletionTimestamp !== undefined,
    strategy: spec?.updateStrategy?.type === "OnDelete" ? "OnDelete" : "RollingUpdate",
    maxUnavailable: spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1,
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
        templateHash: templateHash(template),
        images: imagesOf(template),
        specs: containerSpecs([...(template.spec?.initContainers ?? []), ...(template.spec?.containers ?? [])], salt),
        admission: admissionFacts(template),
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
