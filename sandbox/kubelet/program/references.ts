/** The ConfigMaps and Secrets that a pod names. Pure. */
import type { Pod } from "kubernetes-types/core/v1";

export interface Reference {
  kind: "ConfigMap" | "Secret";
  name: string;
}

/** Each once, those of environment variables and those of volumes. */
export function referencesOf(pod: Pod): Reference[] {
  const found = new Map<string, Reference>();
  const add = (kind: Reference["kind"], name: string | undefined): void => {
    if (name !== undefined && name !== "") found.set(`${kind}/${name}`, { kind, name });
  };
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    for (const source of container.envFrom ?? []) {
      add("ConfigMap", source.configMapRef?.name);
      add("Secret", source.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add("ConfigMap", valueFrom?.configMapKeyRef?.name);
      add("Secret", valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of pod.spec?.volumes ?? []) {
    add("ConfigMap", volume.configMap?.name);
    add("Secret", volume.secret?.secretName);
  }
  return [...found.values()];
}

/** Volumes whose ConfigMap or Secret must exist before any container of the pod is created. */
export function requiredVolumes(pod: Pod): { volume: string; reference: Reference }[] {
  return (pod.spec?.volumes ?? []).flatMap((volume): { volume: string; reference: Reference }[] => {
    const { configMap, secret } = volume;
    if (configMap?.name !== undefined && configMap.optional !== true) {
      return [{ volume: volume.name, reference: { kind: "ConfigMap", name: configMap.name } }];
    }
    if (secret?.secretName !== undefined && secret.optional !== true) {
      return [{ volume: volume.name, reference: { kind: "Secret", name: secret.secretName } }];
    }
    return [];
  });
}
