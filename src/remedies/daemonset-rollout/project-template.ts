/** From pod templates to facts (pure). Env values and arguments are kept as digests only. */
import type { Container, PodSpec, PodTemplateSpec } from "kubernetes-types/core/v1";
import { digest } from "../../engine/digest.ts";
import { templateHash, withoutPatchDirective } from "../../engine/pod-template.ts";
import { structureOf } from "../../engine/structure.ts";
import { essenceHash } from "./essence.ts";
import type { AdmissionFacts, ContentFacts, TemplateFacts } from "./facts.ts";
import { bytes, containerSpecs, milli, when } from "./project-values.ts";

/** Digest of the template as it is, restartedAt included. */
export function exactHash(template: PodTemplateSpec): string {
  return digest(withoutPatchDirective(template), 16);
}

function containersOf(spec: PodSpec | undefined): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

function hostPorts(containers: readonly Container[]): string {
  return containers
    .flatMap((container) => container.ports ?? [])
    .filter(({ hostPort }) => hostPort)
    .map(({ hostPort, protocol }) => `${hostPort}/${protocol ?? "TCP"}`)
    .sort()
    .join();
}

function admissionFacts(spec: PodSpec | undefined): AdmissionFacts {
  const containers = containersOf(spec);
  const main = spec?.containers ?? [];
  const volumes = spec?.volumes ?? [];
  return {
    serviceAccount: spec?.serviceAccountName ?? "default",
    priorityClass: spec?.priorityClassName ?? "",
    runtimeClass: spec?.runtimeClassName ?? "",
    pullSecrets: (spec?.imagePullSecrets ?? []).map(({ name }) => name ?? "").join(),
    hostPorts: hostPorts(containers),
    cpuMilli: main.reduce((sum, { resources }) => sum + milli(resources?.requests?.cpu), 0),
    memoryBytes: main.reduce((sum, { resources }) => sum + bytes(resources?.requests?.memory), 0),
    requests: digest(
      {
        resources: containers.map((container) => container.resources ?? {}),
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

/**
 * Names of what the containers and volumes need to be there: "configmap/a", "secret/b", "claim/c", "csi/d", "hostPath//e";
 * of what a variable is taken from the key as well: "configmap/a:key". The object may be there without it.
 */
function references(spec: PodSpec | undefined): string[] {
  const found = new Set<string>();
  const add = (kind: string, name: string | undefined): void => {
    if (name) found.add(`${kind}/${name}`);
  };
  for (const container of containersOf(spec)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add("configmap", configMapRef?.name);
      add("secret", secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      for (const [kind, from] of [
        ["configmap", valueFrom?.configMapKeyRef],
        ["secret", valueFrom?.secretKeyRef],
      ] as const) {
        add(kind, from?.name);
        if (from?.name) add(kind, `${from.name}:${from.key}`);
      }
    }
  }
  for (const volume of spec?.volumes ?? []) {
    add("configmap", volume.configMap?.name);
    add("secret", volume.secret?.secretName);
    add("claim", volume.persistentVolumeClaim?.claimName);
    add("csi", volume.csi?.driver);
    add("hostPath", volume.hostPath?.path);
    for (const source of volume.projected?.sources ?? []) {
      add("configmap", source.configMap?.name);
      add("secret", source.secret?.name);
    }
  }
  return [...found].sort();
}

/** What a template and a revision of it have in common. `salt` as in `containerSpecs`. */
export function contentFacts(template: PodTemplateSpec, salt: string): ContentFacts {
  const { spec } = template;
  const containers = containersOf(spec);
  return {
    images: Object.fromEntries(containers.map(({ name, image }) => [name, image ?? ""])),
    specs: containerSpecs(containers, salt),
    admission: admissionFacts(spec),
    references: references(spec),
    volumes: (spec?.volumes ?? []).map(({ name }) => name),
    essence: digest({ salt, essence: essenceHash(template) }, 12),
  };
}

/** Facts of the DaemonSet's template. `salt` as in `containerSpecs`. */
export function templateFacts(template: PodTemplateSpec, minReadySeconds: number, salt: string): TemplateFacts {
  const spec = template.spec;
  const containers = spec?.containers ?? [];
  const allowances = containers.map(({ startupProbe: probe }) =>
    probe ? ((probe.initialDelaySeconds ?? 0) + (probe.periodSeconds ?? 10) * (probe.failureThreshold ?? 3)) * 1000 : 0,
  );
  return {
    ...contentFacts(template, salt),
    hash: templateHash(template),
    gated: minReadySeconds > 0 || containers.some((container) => container.readinessProbe !== undefined),
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
    schedulerName: spec?.schedulerName ?? "default-scheduler",
  };
}
