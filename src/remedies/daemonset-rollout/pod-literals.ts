/** What stands in a pod's spec that may be a secret, and what names things and is none (pure). */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod, PodSpec } from "kubernetes-types/core/v1";
import type { Mask } from "../../engine/redact.ts";
import { maskOf } from "../../engine/redact.ts";

/** Longest message that is kept of a pod, a node or an event. */
const LONGEST = 1024;

/** Values of variables, and arguments or what follows their `=`. Commands are none: a message has to name them. */
export function literalsOf(spec: PodSpec | undefined): string[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(({ env = [], args = [] }) => [
    ...env.flatMap(({ value }) => (value === undefined ? [] : value.split("\n"))),
    ...args.flatMap((argument) => {
      const [, value] = /^--?[^=\s]+=([\s\S]*)$/.exec(argument) ?? [];
      return argument.startsWith("-") && value === undefined ? [] : (value ?? argument).split("\n");
    }),
  ]);
}

/** Names that may stand in any message: never masked. */
export function namesOf({ metadata, spec }: Pick<Pod, "metadata" | "spec">): string[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const named = containers.flatMap(({ name, image = "", command = [] }) => [name, image, ...command]);
  const volumes = (spec?.volumes ?? []).flatMap(({ name, secret, configMap }) => [
    name,
    secret?.secretName ?? "",
    configMap?.name ?? "",
  ]);
  const { name = "", namespace = "" } = metadata ?? {};
  return [...named, ...volumes, name, namespace, spec?.nodeName ?? "", spec?.serviceAccountName ?? ""];
}

/** The mask for what others say about a DaemonSet and the pods of its template. */
export function templateMask({ metadata, spec }: Pick<DaemonSet, "metadata" | "spec">): Mask {
  return podMask({ ...(metadata && { metadata }), ...(spec?.template.spec && { spec: spec.template.spec }) });
}

/** The mask for what others say about such a pod. */
export function podMask(pod: Pick<Pod, "metadata" | "spec">): Mask {
  return maskOf(literalsOf(pod.spec), namesOf(pod), LONGEST);
}
