/** Counts at the end, from the cluster and its audit log: what was lost, and what was done twice. */
import type { Job } from "kubernetes-types/batch/v1";
import { expect } from "vitest";
import { jobs } from "../../src/kube/resources.ts";
import type { Live } from "../../src/kube/types.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import { isTerminal, remediations } from "../../src/operarius/remediation.ts";
import type { AuditEvent } from "../support/audit.ts";
import type { Cluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";

export interface Tally {
  records: readonly Live<Remediation>[];
  jobs: readonly Live<Job>[];
  /** Targets that were answered with 200 and have no record. */
  lost: string[];
  /** Targets with several records, attempts with several Jobs, Jobs of no attempt, and names that were created twice. */
  doubled: string[];
}

const namespace = "openfero";

/** What is judged. `answered` are the targets that a sender was told 200 about. */
export interface Question {
  targets: readonly string[];
  answered: ReadonlySet<string>;
}

/** Reads the cluster and its audit log, and judges. */
export async function tally({ person, audit }: Pick<Cluster, "person" | "audit">, question: Question): Promise<Tally> {
  const [records, all, events] = await Promise.all([
    person.list(remediations, { namespace }),
    person.list(jobs, { namespace }),
    audit(),
  ]);
  return judgeTally({ records: records.items, jobs: all.items, events }, question);
}

/** The records of these targets. The audit log is long: what only waits looks here. */
export async function recordsFor({ person }: Pick<Cluster, "person">, targets: readonly string[]) {
  const { items } = await person.list(remediations, { namespace });
  return items.filter(({ spec }) => targets.includes(spec.target.name));
}

/** Pure; about the question's targets alone. */
export function judgeTally(
  cluster: { records: readonly Live<Remediation>[]; jobs: readonly Live<Job>[]; events: readonly AuditEvent[] },
  { targets, answered }: Question,
): Tally {
  const records = cluster.records.filter(({ spec }) => targets.includes(spec.target.name));
  const owners = new Map(records.map((record) => [record.metadata.uid, record]));
  const ownJobs = cluster.jobs.filter((job) => owners.has(ownerOf(job)));
  const ours = new Set([...records, ...ownJobs].map(({ metadata }) => metadata.name));
  const created = cluster.events.flatMap(nameOfCreated).filter((name) => ours.has(name.slice(name.indexOf("/") + 1)));
  return {
    records,
    jobs: ownJobs,
    lost: [...answered].filter((target) => !records.some(({ spec }) => spec.target.name === target)),
    doubled: [
      ...repeated(records.map(({ spec }) => `record of ${spec.target.name}`)),
      ...records.flatMap(({ status, metadata }) =>
        repeated((status?.attempts ?? []).map(({ n }) => `attempt ${n} of ${metadata.name}`)),
      ),
      ...ownJobs.flatMap((job) => strays(job, owners.get(ownerOf(job)))),
      ...repeated(created.map((name) => `created ${name}`)),
    ],
  };
}

function ownerOf({ metadata }: Live<Job>): string {
  return metadata.ownerReferences?.find(({ kind }) => kind === remediations.kind)?.uid ?? "";
}

/** A Job has to be the one of an attempt on its record; its name says which. */
function strays({ metadata }: Live<Job>, owner: Live<Remediation> | undefined): string[] {
  const isKnown = owner?.status?.attempts?.some(({ jobName }) => jobName === metadata.name) === true;
  return isKnown ? [] : [`Job ${metadata.name} is on no attempt of its record`];
}

/** "remediations/NAME" or "jobs/NAME" when the event created one. */
function nameOfCreated({ verb, objectRef, responseStatus, requestObject }: AuditEvent): string[] {
  const { resource = "", subresource } = objectRef ?? {};
  if (verb !== "create" || subresource !== undefined || responseStatus?.code !== 201) return [];
  if (resource !== jobs.plural && resource !== remediations.plural) return [];
  const { metadata } = (requestObject ?? {}) as { metadata?: { name?: string } };
  return [`${resource}/${objectRef?.name ?? metadata?.name ?? ""}`];
}

/** What is there more than once, each named once, with its number. */
function repeated(names: readonly string[]): string[] {
  return Object.entries(countOf(names))
    .filter(([, count]) => count > 1)
    .map(([name, count]) => `${name}: ${count} times`);
}

/**
 * Resolves when the only record of each target has succeeded with one Job. Rejects when one was lost, when something was
 * done twice, or when it takes too long.
 */
export async function untilAllSucceeded(
  cluster: Cluster,
  targets: readonly string[],
  withinMs = 120_000,
): Promise<void> {
  const answered = new Set(targets);
  let seen: Record<string, number> = {};
  await until(
    "every record to end",
    async () => {
      const records = await recordsFor(cluster, targets);
      seen = countOf(records.map(({ status }) => `${status?.phase} ${status?.reason}`));
      return records.length === targets.length && records.every(({ status }) => isTerminal(status?.phase));
    },
    { withinMs, periodMs: 1_000, seen: () => seen },
  );
  const { lost, doubled, records, jobs: all } = await tally(cluster, { targets, answered });
  expect({ lost, doubled, jobs: all.length }).toEqual({ lost: [], doubled: [], jobs: targets.length });
  expect(countOf(records.map(({ status }) => status?.phase ?? ""))).toEqual({ Succeeded: targets.length });
}

function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
