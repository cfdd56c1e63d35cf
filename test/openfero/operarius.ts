/** Operarii as people write them for OpenFero, made and followed as a user with kubectl would. */
import type { Job } from "kubernetes-types/batch/v1";
import type { Container, PodSpec } from "kubernetes-types/core/v1";
import type { Reflector } from "../../src/kube/reflector.ts";
import { startReflector } from "../../src/kube/reflector.ts";
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

/** What waiting looks at: copies that follow the cluster, so that it does not ask the API server again and again. */
export interface Seen {
  readonly kube: Kube;
  readonly records: Reflector<Live<Remediation>>;
  readonly jobs: Reflector<Live<Job>>;
}

/** Follows the installation's records and Jobs until `signal` aborts. Resolves once both are known. */
export async function follow(kube: Kube, signal: AbortSignal): Promise<Seen> {
  const records = startReflector({ kube, resource: remediations, namespace, signal });
  const started = startReflector({ kube, resource: jobs, namespace, signal });
  await Promise.all([records.synced, started.synced]);
  return { kube, records, jobs: started };
}

/** For what never comes, not for slow machines. */
const withinMs = 180_000;

const operariusLabel = "openfero.io/operarius";

/** The records of alerts of this name. */
export async function recordsOf(kube: Kube, alertname: string): Promise<Live<Remediation>[]> {
  const { items } = await kube.list(remediations, { namespace });
  return items.filter(({ spec }) => spec.alert.labels.alertname === alertname);
}

/** The Jobs that an Operarius has started. */
export async function jobsOf(kube: Kube, operarius: string): Promise<Live<Job>[]> {
  const { items } = await kube.list(jobs, { namespace, labelSelector: `${operariusLabel}=${operarius}` });
  return items;
}

/** Waits until an Operarius has started so many Jobs; rejects when there are more. */
export async function jobsStarted({ kube, jobs: copy }: Seen, operarius: string, count = 1): Promise<Live<Job>[]> {
  const isOurs = ({ metadata }: Live<Job>): boolean => metadata.labels?.[operariusLabel] === operarius;
  await until(`${count} Jobs of ${operarius}`, () => copy.items().filter(isOurs).length >= count, { withinMs });
  const started = await jobsOf(kube, operarius);
  if (started.length !== count) throw new Error(`${operarius} has started ${started.length} Jobs, not ${count}`);
  return started;
}

/** Waits for the one Job of an Operarius. */
export async function jobOf(seen: Seen, operarius: string): Promise<Live<Job>> {
  const [job] = await jobsStarted(seen, operarius);
  if (job === undefined) throw new Error(`${operarius} has no Job`);
  return job;
}

/**
 * Waits until `count` records of this alert have ended; after that no Job can follow. Rejects when there are others by
 * then.
 */
export async function allEnded(
  { kube, records: copy }: Seen,
  alertname: string,
  count = 1,
): Promise<Live<Remediation>[]> {
  const isOurs = ({ spec, status }: Live<Remediation>): boolean =>
    spec.alert.labels.alertname === alertname && isTerminal(status?.phase);
  await until(`${count} records of ${alertname} to end`, () => copy.items().filter(isOurs).length >= count, {
    withinMs,
    seen: () =>
      copy
        .items()
        .filter(({ spec }) => spec.alert.labels.alertname === alertname)
        .map(({ status }) => status),
  });
  const records = await recordsOf(kube, alertname);
  if (records.length !== count) throw new Error(`there are ${records.length} records of ${alertname}, not ${count}`);
  return records;
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
