/** The queue of what a person is to be told. It lives on the records, so that no crash loses it and no repair waits for it (pure). */
import type { Live } from "../kube/types.ts";
import type { NotificationEvent } from "../notify/message.ts";
import type { Remediation, RemediationNotification, RemediationStatus } from "../operarius/remediation.ts";
import { instant, iso } from "./transition.ts";

const MOST_ENTRIES = 10;
export const MOST_TRIES = 10;
const FIRST_WAIT_MS = 10_000;
const MOST_WAIT_MS = 10 * 60_000;
/** Older things are history, not news: after a long outage, or when the first channel is configured. */
const NEWS_MS = 24 * 60 * 60_000;
/** The same root after this long is another incident. */
const INCIDENT_MS = 60 * 60_000;
/** What the queue of one record is judged by; small enough to be kept of every record. */
export interface RecordQueue {
  name: string;
  uid: string;
  /** As namespace/name. */
  target: string;
  /** "" = it stands for itself alone. */
  incident: string;
  /** Of the plan that awaits approval now; "" = none does. */
  awaits: string;
  entries: readonly RemediationNotification[];
}

/** The queue of a record. */
export function toQueue({ metadata, spec: { target }, status = {} }: Live<Remediation>): RecordQueue {
  return {
    name: metadata.name,
    uid: metadata.uid,
    target: target.namespace === "" ? target.name : `${target.namespace}/${target.name}`,
    incident: status.incident ?? "",
    awaits: status.phase === "AwaitingApproval" ? (status.planDigest ?? "") : "",
    entries: status.notifications ?? [],
  };
}

/** What `withNotification` reads of the status that is to be written. */
type ToBeWritten = { [Field in "notifications" | "planDigest" | "reason"]?: RemediationStatus[Field] | null };

/**
 * The queue with the event in it; unchanged when it holds it already. `status` is the one to be written: a new plan
 * that awaits approval, or another reason to be blocked, is news. Among more than ten the oldest that are done go.
 */
export function withNotification(
  status: ToBeWritten,
  event: NotificationEvent,
  now: number,
): RemediationNotification[] {
  const before = status.notifications ?? [];
  const about = subject(status, event);
  const entry = { event, ...(about === "" ? {} : { about }), at: iso(now) };
  if (before.some((each) => isSame(each, entry))) return before;
  const kept = [...before];
  while (kept.length >= MOST_ENTRIES) {
    const done = kept.findIndex((each) => !isOpen(each));
    kept.splice(Math.max(0, done), 1);
  }
  return [...kept, entry];
}

function subject({ planDigest, reason }: ToBeWritten, event: NotificationEvent): string {
  if (event === "ApprovalNeeded") return planDigest ?? "";
  return event === "Blocked" ? (reason ?? "") : "";
}

/** Whether two entries tell the same. */
export function isSame(a: RemediationNotification, b: RemediationNotification): boolean {
  return a.event === b.event && (a.about ?? "") === (b.about ?? "");
}

/** Whether there is still something to tell; the others are done, one way or the other. */
export function isOpen({ sentAt, droppedAt }: RemediationNotification): boolean {
  return sentAt === undefined && droppedAt === undefined;
}

interface Queued {
  record: RecordQueue;
  entry: RemediationNotification;
}

export type Due = Queued &
  (
    | { kind: "send"; others: string[] }
    /** Another record of the incident has told it. */
    | { kind: "told"; by: string }
    | { kind: "drop"; why: string }
  );

export interface Agenda {
  due: Due[];
  /** When the next one is, if nothing changes before. */
  againInMs?: number;
}

/** What is to be done now about the queues of all records; one message per incident and event. */
export function dueNotifications(
  records: readonly RecordQueue[],
  { now, events }: { now: number; events: readonly NotificationEvent[] },
): Agenda {
  const wanted = new Set<string>(events);
  const groups = new Map<string, Queued[]>();
  for (const record of records) {
    for (const entry of record.entries) {
      if (!wanted.has(entry.event)) continue;
      const key = groupKey({ record, entry });
      groups.set(key, [...(groups.get(key) ?? []), { record, entry }]);
    }
  }
  const due: Due[] = [];
  let againInMs = Number.POSITIVE_INFINITY;
  for (const group of groups.values()) {
    const open = group.filter(({ entry }) => isOpen(entry));
    if (open.length === 0) continue;
    const agenda = groupAgenda(open, group.filter(wasSent), now);
    due.push(...agenda.due);
    againInMs = Math.min(againInMs, agenda.againInMs ?? againInMs);
  }
  return { due, ...(againInMs === Number.POSITIVE_INFINITY ? {} : { againInMs }) };
}

/** A record without an incident stands for itself alone. */
function groupKey({ record, entry }: Queued): string {
  const { uid, incident } = record;
  return JSON.stringify(incident === "" ? [uid, entry.event, entry.about ?? ""] : ["", incident, entry.event]);
}

function wasSent({ entry }: Queued): boolean {
  return entry.sentAt !== undefined && (entry.sentTo ?? []).length > 0;
}

function groupAgenda(open: readonly Queued[], sent: readonly Queued[], now: number): Agenda {
  const due: Due[] = [];
  const waiting: Queued[] = [];
  for (const queued of open) {
    const why = pointless(queued, now);
    const told = sent.find((each) => isOneIncident(each, queued));
    if (why !== undefined) due.push({ ...queued, kind: "drop", why });
    else if (told !== undefined) due.push({ ...queued, kind: "told", by: told.record.name });
    else waiting.push(queued);
  }
  const [first, ...rest] = waiting.toSorted(byAge);
  if (first === undefined) return { due };
  const others = rest.filter((each) => isOneIncident(first, each));
  const later = rest.filter((each) => !isOneIncident(first, each));
  const wait = waitMs(first.entry, now);
  if (wait === 0) due.push({ ...first, kind: "send", others: others.map(({ record }) => record.target) });
  const further: Agenda = later.length === 0 ? { due: [] } : groupAgenda(later, [], now);
  const soonest = Math.min(wait === 0 ? Number.POSITIVE_INFINITY : wait, further.againInMs ?? Number.POSITIVE_INFINITY);
  return {
    due: [...due, ...further.due],
    ...(soonest === Number.POSITIVE_INFINITY ? {} : { againInMs: soonest }),
  };
}

/** Of different records: what one record tells twice are two things. */
function isOneIncident(a: Queued, b: Queued): boolean {
  const apart = Math.abs(instant(a.entry.at) - instant(b.entry.at));
  return a.record.uid !== b.record.uid && apart <= INCIDENT_MS;
}

function byAge(a: Queued, b: Queued): number {
  return instant(a.entry.at) - instant(b.entry.at) || (a.record.name < b.record.name ? -1 : 1);
}

/** Why nobody needs to be told any more. */
function pointless({ record, entry }: Queued, now: number): string | undefined {
  if (now - instant(entry.at) > NEWS_MS) return "Not told within a day.";
  // Its last try was begun and never ended: the server died of it, or while it ran.
  if ((entry.tries ?? 0) >= MOST_TRIES && waitMs(entry, now) === 0) return givenUp(entry, entry.message);
  const isOutdated = entry.event === "ApprovalNeeded" && record.awaits !== (entry.about ?? "");
  return isOutdated ? "The record went on before it was told." : undefined;
}

function givenUp({ tries = 0 }: RemediationNotification, why = "its end is not known"): string {
  return `Given up after ${tries} tries: ${why}`;
}

/** Milliseconds until the next try; 0 = now. 10 s, doubled each time, at most 10 min. */
function waitMs({ tries = 0, triedAt }: RemediationNotification, now: number): number {
  if (tries === 0) return 0;
  const pause = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), MOST_WAIT_MS);
  const left = instant(triedAt) + pause - now;
  // More than that can only be another clock's doing.
  return left <= 0 || left > MOST_WAIT_MS ? 0 : left;
}

/** The channels that have not taken it. */
export function channelsLeft<C extends { name: string }>(
  { sentTo = [] }: RemediationNotification,
  channels: readonly C[],
): C[] {
  return channels.filter(({ name }) => !sentTo.includes(name));
}

/** The entry once a try begins: it counts before anything is sent, so that no crash makes it start over. */
export function beforeTry(entry: RemediationNotification, now: number): RemediationNotification {
  return { ...entry, tries: (entry.tries ?? 0) + 1, triedAt: iso(now) };
}

/** The entry after that try: `sent` are the channels that took it, `failures` the words of those that did not. */
export function afterTry(
  entry: RemediationNotification,
  { sent, failures, now }: { sent: readonly string[]; failures: readonly string[]; now: number },
): RemediationNotification {
  const { message: _, ...rest } = entry;
  const sentTo = [...new Set([...(entry.sentTo ?? []), ...sent])];
  const tried = { ...rest, ...(sentTo.length === 0 ? {} : { sentTo }) };
  if (failures.length === 0) return { ...tried, sentAt: iso(now) };
  const why = failures.join("; ");
  if ((entry.tries ?? 0) < MOST_TRIES) return { ...tried, message: why };
  return { ...tried, droppedAt: iso(now), message: givenUp(entry, why) };
}

/** The entry, as the record has it now, when another record told it or telling it has no point any more. */
export function settled(
  entry: RemediationNotification,
  due: Exclude<Due, { kind: "send" }>,
  now: number,
): RemediationNotification {
  if (due.kind === "told") return { ...entry, sentAt: iso(now), message: `Told by ${due.by}.` };
  return { ...entry, droppedAt: iso(now), message: due.why };
}
