/** The custom resource `operariuses.openfero.io` as it is served, and the check of what an API server returned. */
import type { JobSpec } from "kubernetes-types/batch/v1";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import type { Resource } from "../kube/types.ts";
import type { Matcher } from "./matcher.ts";
import { readMatchers } from "./matcher.ts";
import type { OperariusSpec, OperariusStatus } from "./schema.ts";
import { operariusSpecSchema } from "./schema.ts";

/** A Job template whose parts that we rely on were checked; the rest is Kubernetes' business. */
export interface JobTemplate {
  metadata?: ObjectMeta;
  spec: JobSpec;
}

/** As stored: not yet checked. */
export interface OperariusObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  spec: OperariusSpec;
  status?: OperariusStatus;
}

/** A checked Operarius, reduced to what matching and rendering need. */
export interface Operarius {
  metadata: { name: string; namespace: string; uid: string; generation: number };
  spec: Omit<OperariusSpec, "jobTemplate"> & { jobTemplate: JobTemplate };
  /** `spec.alertSelector.matchers`, read. */
  matchers: readonly Matcher[];
}

export type ReadOperarius = { kind: "operarius"; operarius: Operarius } | InvalidOperarius;

/** Matches nothing. `message` names every field at fault. */
export interface InvalidOperarius {
  kind: "invalid";
  name: string;
  namespace: string;
  reason: "SpecInvalid" | "MatcherInvalid";
  message: string;
  /** The alert it is meant for, where that much can be read. */
  alertname?: string;
}

export const operariuses: Resource<OperariusObject> = {
  group: "openfero.io",
  version: "v1alpha1",
  plural: "operariuses",
  kind: "Operarius",
  namespaced: true,
};

/** Checks an object read from the API server. Never throws: a CRD of another release may let anything through. */
export function readOperarius(object: { metadata?: ObjectMeta; spec?: unknown }): ReadOperarius {
  const { name = "", namespace = "", uid = "", generation = 0 } = object.metadata ?? {};
  const parsed = operariusSpecSchema.safeParse(object.spec);
  if (!parsed.success) {
    const message = parsed.error.issues
      .map((issue) => `${fieldPath(["spec", ...issue.path])}: ${issue.message}`)
      .join("; ");
    const alertname = alertnameOf(object.spec);
    const named = alertname === undefined ? {} : { alertname };
    return { kind: "invalid", name, namespace, reason: "SpecInvalid", message, ...named };
  }
  const { alertname, matchers: texts = [] } = parsed.data.alertSelector;
  const matchers: Matcher[] = [];
  const problems: string[] = [];
  for (const [index, text] of texts.entries()) {
    const read = readMatchers(text);
    if (read.kind === "matchers") matchers.push(...read.matchers);
    else problems.push(`${fieldPath(["spec", "alertSelector", "matchers", index])}: ${read.message}`);
  }
  if (problems.length > 0) {
    return { kind: "invalid", name, namespace, reason: "MatcherInvalid", message: problems.join("; "), alertname };
  }
  // The schema proves metadata-free essentials (spec.template.spec.containers[].name); the rest keeps Kubernetes' shape.
  const spec = parsed.data as unknown as Operarius["spec"];
  return { kind: "operarius", operarius: { metadata: { name, namespace, uid, generation }, spec, matchers } };
}

/** As Kubernetes writes it: spec.jobTemplate.spec.template.spec.containers[0].name. */
function fieldPath(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>((path, part) => {
    if (typeof part === "number") return `${path}[${part}]`;
    return path === "" ? String(part) : `${path}.${String(part)}`;
  }, "");
}

function alertnameOf(spec: unknown): string | undefined {
  const { alertSelector } = (spec ?? {}) as { alertSelector?: { alertname?: unknown } | null };
  const alertname = alertSelector?.alertname;
  return typeof alertname === "string" ? alertname : undefined;
}

/** Every word of the commands of its Job's containers. */
export function argumentsOf({ jobTemplate }: Operarius["spec"]): string[] {
  const containers = jobTemplate.spec.template?.spec?.containers ?? [];
  return containers.flatMap(({ command = [], args = [] }) => [...command, ...args]);
}
