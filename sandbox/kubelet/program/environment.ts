/** A container's environment, after the kubelet's makeEnvironmentVariables. Pure; lookups are given. */
import type { Container, EnvVar, Pod } from "kubernetes-types/core/v1";

/** The data of a ConfigMap or Secret (decoded), or undefined when there is none of that name. */
export type Lookup = (kind: "ConfigMap" | "Secret", name: string) => Readonly<Record<string, string>> | undefined;

/** The variables, or the first reason why they cannot be had, in the kubelet's words. */
export type Environment = { kind: "ok"; variables: Record<string, string> } | { kind: "missing"; message: string };

export function buildEnvironment(container: Container, pod: Pod, lookup: Lookup): Environment {
  const variables: Record<string, string> = {};
  for (const source of container.envFrom ?? []) {
    const message = addAll(variables, source, lookup);
    if (message !== undefined) return { kind: "missing", message };
  }
  for (const each of container.env ?? []) {
    const value = resolve(each, { pod, lookup, known: variables });
    if (value.kind === "missing") return value;
    if (value.text !== undefined) variables[each.name] = value.text;
  }
  return { kind: "ok", variables };
}

/** `$(NAME)` becomes the variable's value where it is known, and stays as it is where not; `$$` is a plain `$`. */
export function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (match, name: string | undefined) => {
    if (match === "$$") return "$";
    return name !== undefined && Object.hasOwn(known, name) ? (known[name] ?? "") : match;
  });
}

type Source = NonNullable<Container["envFrom"]>[number];

function addAll(variables: Record<string, string>, source: Source, lookup: Lookup): string | undefined {
  const kind = source.configMapRef === undefined ? "Secret" : "ConfigMap";
  const reference = source.configMapRef ?? source.secretRef;
  if (reference === undefined) return undefined;
  const data = lookup(kind, reference.name ?? "");
  if (data === undefined) return reference.optional === true ? undefined : notFound(kind, reference.name);
  for (const [key, value] of Object.entries(data)) variables[`${source.prefix ?? ""}${key}`] = value;
  return undefined;
}

type Value = { kind: "ok"; text: string | undefined } | { kind: "missing"; message: string };

function resolve(variable: EnvVar, context: { pod: Pod; lookup: Lookup; known: Record<string, string> }): Value {
  const from = variable.valueFrom;
  if (from === undefined) return { kind: "ok", text: expand(variable.value ?? "", context.known) };
  if (from.fieldRef !== undefined) return { kind: "ok", text: fieldOf(context.pod, from.fieldRef.fieldPath) };
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (reference === undefined) return { kind: "ok", text: "" };
  const kind = from.configMapKeyRef === undefined ? "Secret" : "ConfigMap";
  const data = context.lookup(kind, reference.name ?? "");
  const text = data?.[reference.key];
  if (text !== undefined || reference.optional === true) return { kind: "ok", text };
  if (data === undefined) return { kind: "missing", message: notFound(kind, reference.name) };
  const place = `${kind} ${context.pod.metadata?.namespace ?? ""}/${reference.name ?? ""}`;
  return { kind: "missing", message: `couldn't find key ${reference.key} in ${place}` };
}

function notFound(kind: "ConfigMap" | "Secret", name: string | undefined): string {
  return `${kind.toLowerCase()} "${name ?? ""}" not found`;
}

function fieldOf(pod: Pod, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata?.[keyed[1] === "labels" ? "labels" : "annotations"]?.[keyed[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return pod.metadata?.name ?? "";
    case "metadata.namespace":
      return pod.metadata?.namespace ?? "";
    case "metadata.uid":
      return pod.metadata?.uid ?? "";
    case "spec.nodeName":
      return pod.spec?.nodeName ?? "";
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "default";
    case "status.hostIP":
      return "127.0.0.1";
    case "status.podIP":
      return pod.status?.podIP ?? "127.0.0.1";
    default:
      return "";
  }
}
