/** Operarii as people write them for OpenFero, made and followed as a user with kubectl would. */
import type { Job } from "kubernetes-types/batch/v1";
import type { Container, PodSpec } from "kubernetes-types/core/v1";
import { jobs } from "../../src/kube/resources.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import type { OperariusObject } from "../../src/operarius/operarius.ts";
import { operariuses } from "../../src/operarius/operarius.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import { isTerminal, remediations } from "../../src/operarius/remediation.ts";
import { until } from "../support/until.ts";

/** Where the installation lives. */
export const namespace = "openfero";

export interface OperariusParts {
  alertname: string;
  status?: "firing" | "resolved";
  labels?: Readonly<Record<string, string>>;
  /** Fields of spec beside alertSelector and jobTemplate. */
  spec?: object;
  container?: Partial<Container>;
  pod?: Partial<PodSpec>;
  /** Of the Job template. */
  metadata?: object;
  job?: object;
}

/** An Operarius with one shell command. The image is foreign: its pods end by themselves. */
export function operariusOf(name: string, parts: OperariusParts): OperariusObject {
  const { alertname, status = "firing", labels, spec, container, pod, metadata, job } = parts;
  const own = { name: "fix", image: "busybox:1.36", command: ["sh", "-c", "echo repaired"], ...container };
  const value: object = {
    alertSelector: { alertname, status, ...(labels === undefined ? {} : { labels }) },
    jobTemplate: {
      ...(metadata === undefined ? {} : { metadata }),
      spec: { ...job, template: { spec: { restartPolicy: "Never", containers: [own], ...pod } } },
    },
    ...spec,
  };
  return {
    apiVersion: "openfero.io/v1alpha1",
    kind: "Operarius",
    metadata: { name, namespace },
    // As written by a person: the server checks it.
    spec: value as OperariusObject["spec"],
  };
}

/** Creates it. Rejects with what the API server has against it. */
export function create(kube: Kube, name: string, parts: OperariusParts): Promise<Live<OperariusObject>> {
  return kube.create(operariuses, operariusOf(name, parts));
}

/** The records of alerts of this name. */
export async function recordsOf(kube: Kube, alertname: string): Promise<Live<Remediation>[]> {
  const { items } = await kube.list(remediations, { namespace });
  return items.filter(({ spec }) => spec.alert.labels.alertname === alertname);
}

/** The Jobs that an Operarius has started. */
export async function jobsOf(kube: Kube, operarius: string): Promise<Live<Job>[]> {
  const { items } = await kube.list(jobs, { namespace, labelSelector: `openfero.io/operarius=${operarius}` });
  return items;
}

/** Waits until an Operarius has started so many Jobs; rejects when there are more. */
export async function jobsStarted(kube: Kube, operarius: string, count = 1): Promise<Live<Job>[]> {
  const started = await until(`${count} Jobs of ${operarius}`, async () => {
    const found = await jobsOf(kube, operarius);
    return found.length >= count && found;
  });
  if (started.length > count) throw new Error(`${operarius} has started ${started.length} Jobs, not ${count}`);
  return started;
}

/** Waits for the one Job of an Operarius. */
export async function jobOf(kube: Kube, operarius: string): Promise<Live<Job>> {
  const [job] = await jobsStarted(kube, operarius);
  if (job === undefined) throw new Error(`${operarius} has no Job`);
  return job;
}

/** Waits until there are `count` records of this alert and all of them have ended; after that no Job can follow. */
export function allEnded(kube: Kube, alertname: string, count = 1): Promise<Live<Remediation>[]> {
  return until(`${count} records of ${alertname} to end`, async () => {
    const records = await recordsOf(kube, alertname);
    return records.length === count && records.every(({ status }) => isTerminal(status?.phase)) && records;
  });
}

/** The status of an Operarius. */
export async function statusOf(kube: Kube, name: string): Promise<NonNullable<OperariusObject["status"]>> {
  return (await kube.get(operariuses, { namespace, name })).status ?? {};
}

/** The containers of a Job, init containers first. */
export function containersOf({ spec }: Live<Job>): Container[] {
  const pod = spec?.template.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}

/** The variables of a container, as written in the Job. */
export function variablesOf(container: Container | undefined): Record<string, string | undefined> {
  return Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
}
