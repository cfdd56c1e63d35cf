/** The custom resource `operariuses.openfero.io` as it is served, and the check of what an API server returned. */
import type { JobSpec } from "kubernetes-types/batch/v1";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import type { Resource } from "../kube/types.ts";
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
}

export type ReadOperarius =
  | { kind: "operarius"; operarius: Operarius }
  /** `message` names every field at fault. */
  | { kind: "invalid"; name: string; namespace: string; message: string };

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
      .map((issue) => `${["spec", ...issue.path].join(".")}: ${issue.message}`)
      .join("; ");
    return { kind: "invalid", name, namespace, message };
  }
  // The schema proves metadata-free essentials (spec.template.spec.containers[].name); the rest keeps Kubernetes' shape.
  const spec = parsed.data as unknown as Operarius["spec"];
  return { kind: "operarius", operarius: { metadata: { name, namespace, uid, generation }, spec } };
}

/** Every word of the commands of its Job's containers. */
export function argumentsOf({ jobTemplate }: Operarius["spec"]): string[] {
  const containers = jobTemplate.spec.template?.spec?.containers ?? [];
  return containers.flatMap(({ command = [], args = [] }) => [...command, ...args]);
}
