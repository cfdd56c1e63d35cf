/** What an episode may have written, by the API server's own audit log. Pure. */
import type { AuditEvent } from "../support/audit.ts";
import { requestsBy, wordsOf, writesBy } from "../support/audit.ts";
import { healerUser } from "../support/cluster.ts";

export interface Judged {
  events: readonly AuditEvent[];
  /** As the audit log calls the server. */
  serverUser: string;
  nodeOf: (namespace: string, pod: string) => string | undefined;
  /** Requests that were refused before this moment are no complaint; in epoch milliseconds. */
  calmSince: number;
}

export interface Expected {
  /** In the words of `wordsOf`, in this order. */
  byJob: readonly string[];
  /** How many Jobs the server creates: one for each attempt on the record. */
  jobs: number;
}

/** A sentence for everything that should not be; empty = as expected. */
export function judge({ events, serverUser, nodeOf, calmSince }: Judged, expected: Expected): string[] {
  const byJob = writesBy(healerUser, events).map((event) => wordsOf(event, nodeOf));
  const byServer = writesBy(serverUser, events);
  const jobs = byServer.filter(isJobCreation);
  const others = byServer.filter((event) => !isJobCreation(event)).map((event) => wordsOf(event, nodeOf));
  return [
    ...(JSON.stringify(byJob) === JSON.stringify(expected.byJob)
      ? []
      : [`the Job's account wrote [${byJob.join(", ")}], expected was [${expected.byJob.join(", ")}]`]),
    ...(jobs.length === expected.jobs
      ? []
      : [`the server created ${jobs.length} Jobs, expected were ${expected.jobs}`]),
    ...others.map((words) => `the server wrote: ${words}`),
    ...[healerUser, serverUser].flatMap((user) => refusals(user, events, calmSince)),
  ];
}

/** Rights that the shipped manifests should give, or requests that should not be made. */
function refusals(user: string, events: readonly AuditEvent[], since: number): string[] {
  const refused = requestsBy(user, events).filter(
    ({ responseStatus, requestReceivedTimestamp }) =>
      responseStatus?.code === 403 && Date.parse(requestReceivedTimestamp) >= since,
  );
  return [...new Set(refused.map(({ verb, requestURI }) => `${user} was refused: ${verb} ${requestURI}`))];
}

/** When the server created its first Job, in epoch milliseconds; undefined when it did not. */
export function firstJobAt({ events, serverUser }: Judged): number | undefined {
  return timeOf(writesBy(serverUser, events).find(isJobCreation));
}

/** When the Job's account first changed something, in epoch milliseconds; undefined when it did not. */
export function firstActionAt({ events }: Judged): number | undefined {
  return timeOf(writesBy(healerUser, events)[0]);
}

function isJobCreation({ verb, objectRef }: AuditEvent): boolean {
  return verb === "create" && objectRef?.resource === "jobs" && objectRef.namespace === "openfero";
}

function timeOf(event: AuditEvent | undefined): number | undefined {
  return event === undefined ? undefined : Date.parse(event.requestReceivedTimestamp);
}
