/** Carries out what notifications.ts decides: sends, and keeps on the record what became of it. Only the leader runs it. */
import { isConflict, isNotFound } from "../kube/errors.ts";
import type { Live } from "../kube/types.ts";
import type { Channel, Message, NotificationEvent } from "../notify/message.ts";
import { composeMessage, messageId } from "../notify/message.ts";
import type { Remediation, RemediationNotification } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { errorText } from "../reporting/log.ts";
import type { ControlContext } from "./context.ts";
import type { Due, RecordQueue } from "./notifications.ts";
import {
  afterTry,
  beforeTry,
  channelsLeft,
  dueNotifications,
  isOpen,
  isSame,
  settled,
  toQueue,
} from "./notifications.ts";

type Surroundings = Omit<ControlContext, "standing">;

export interface NotifierOptions {
  context: Surroundings;
  channels: readonly Channel[];
  /** Which events are told. */
  events: readonly NotificationEvent[];
  /** The queues of all records as the leader last saw them; each is read again before anything is sent. */
  queues: () => readonly RecordQueue[];
}

export interface Notifier {
  /** A record changed: look now and not only at the next appointed time. */
  wake(): void;
  /** Sends until `signal` aborts; a message on its way is waited for. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Messages on their way at once, so that a slow receiver does not hold up everything for long. */
const AT_ONCE = 4;
const WRITE_TRIES = 4;
/** Without any change the queue is looked at this often. */
const IDLE_MS = 60_000;

type Change = (entry: RemediationNotification) => RemediationNotification;

/** What was sent but could not be noted on the record yet, by the message's id: it is noted first, and not sent again. */
type Unnoted = Map<string, Change>;

/** A loop over the queues; what it remembers is only there to send less often. */
export function createNotifier(options: NotifierOptions): Notifier {
  const unnoted: Unnoted = new Map();
  let isStale = true;
  let wakeUp = (): void => undefined;
  return {
    wake() {
      isStale = true;
      wakeUp();
    },
    async run(signal) {
      while (!signal.aborted) {
        isStale = false;
        const againInMs = await notifyOnce(options, unnoted, signal);
        if (isStale || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(againInMs ?? IDLE_MS, IDLE_MS));
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener("abort", wakeUp, { once: true });
        });
        signal.removeEventListener("abort", wakeUp);
      }
    },
  };
}

/** One pass over all records. Resolves with when the next one is due; never rejects. */
export async function notifyOnce(
  options: NotifierOptions,
  unnoted: Unnoted = new Map(),
  signal?: AbortSignal,
): Promise<number | undefined> {
  const { context, channels, events, queues } = options;
  if (channels.length === 0) return undefined;
  const agenda = dueNotifications(queues(), { now: context.now(), events });
  const rest = [...agenda.due];
  const work = async (): Promise<void> => {
    for (let due = rest.shift(); due !== undefined && signal?.aborted !== true; due = rest.shift()) {
      await carryOut(options, due, unnoted);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return agenda.againInMs;
}

async function carryOut(options: NotifierOptions, due: Due, unnoted: Unnoted): Promise<void> {
  const { context } = options;
  const { name } = due.record;
  try {
    if (due.kind === "send") await send(options, due, unnoted);
    else await update(context, name, due.entry, (entry) => settled(entry, due, context.now()));
  } catch (error) {
    // The queue is on the record, so the next pass meets it again.
    const fields = { remediation: name, event: due.entry.event, error: errorText(error) };
    context.log.warn(fields, "notification not dealt with; trying again");
  }
}

type ToSend = Extract<Due, { kind: "send" }>;

/** What the cache says may be old: only what is still open on the record itself is sent. */
async function send(options: NotifierOptions, due: ToSend, unnoted: Unnoted): Promise<void> {
  const { context, events } = options;
  const { name } = due.record;
  const record = await read(context, name);
  if (record === undefined) return;
  const still = dueNotifications([toQueue(record)], { now: context.now(), events }).due;
  const entry = still.find((each) => each.kind === "send" && isSame(each.entry, due.entry))?.entry;
  if (entry === undefined) return;
  const id = messageId(record.metadata.uid, entry);
  const change = unnoted.get(id) ?? (await begin(options, { record, entry, others: due.others }));
  if (change === undefined) return;
  unnoted.set(id, change);
  const noted = await update(context, name, entry, change);
  unnoted.delete(id);
  if (noted !== undefined && noted.sentAt === undefined) tellFailure(options, name, noted);
}

/** Counts the try on the record and makes it; undefined when somebody else changed the record first, and decides anew. */
async function begin(
  options: NotifierOptions,
  { record, entry, others }: { record: Live<Remediation>; entry: RemediationNotification; others: readonly string[] },
): Promise<Change | undefined> {
  const { context } = options;
  const { clusterName } = context.settings;
  try {
    const counted = await exchange(context, record, entry, beforeTry(entry, context.now()));
    return await deliver(options, entry, composeMessage(counted, entry, { clusterName, others }));
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** To every channel that has not taken it, at the same time. Resolves with what that means for the entry. */
async function deliver(
  { context, channels }: NotifierOptions,
  entry: RemediationNotification,
  message: Message,
): Promise<Change> {
  const sent: string[] = [];
  const failures: string[] = [];
  const one = async (channel: Channel): Promise<void> => {
    const delivery = await channel.send(message);
    context.metrics.notifications.inc({ channel: channel.name, result: delivery.kind });
    if (delivery.kind === "sent") sent.push(channel.name);
    else failures.push(`${channel.name}: ${delivery.message}`);
  };
  await Promise.all(channelsLeft(entry, channels).map(one));
  const now = context.now();
  return (current) => afterTry(current, { sent, failures, now });
}

function tellFailure({ context, channels }: NotifierOptions, name: string, entry: RemediationNotification): void {
  const { event, tries, message } = entry;
  const hasGivenUp = entry.droppedAt !== undefined;
  const fields = { remediation: name, event, tries, message };
  if (!hasGivenUp) {
    context.log.warn(fields, "notification not sent; trying again");
    return;
  }
  context.log.error(fields, "notification given up");
  for (const { name: channel } of channelsLeft(entry, channels)) {
    context.metrics.notifications.inc({ channel, result: "given-up" });
  }
}

async function read({ kube, settings }: Surroundings, name: string): Promise<Live<Remediation> | undefined> {
  try {
    return await kube.get(remediations, { namespace: settings.namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Exchanges one entry against the resourceVersion it was read with. A conflict is read and written again, because what
 * was sent should not be sent twice. Resolves with what was written; undefined when there is nothing left to exchange.
 */
async function update(
  context: Surroundings,
  name: string,
  wanted: RemediationNotification,
  change: Change,
): Promise<RemediationNotification | undefined> {
  for (let tries = 1; ; tries += 1) {
    const record = await read(context, name);
    const entries = record?.status?.notifications ?? [];
    const entry = entries.find((each) => isSame(each, wanted));
    if (record === undefined || entry === undefined || !isOpen(entry)) return undefined;
    const changed = change(entry);
    try {
      await exchange(context, record, entry, changed);
      return changed;
    } catch (error) {
      if (!isConflict(error) || tries >= WRITE_TRIES) throw error;
    }
  }
}

/** Writes `changed` in the place of `entry`. Rejects with a conflict when the record is another one than was read. */
function exchange(
  { kube }: Surroundings,
  record: Live<Remediation>,
  entry: RemediationNotification,
  changed: RemediationNotification,
): Promise<Live<Remediation>> {
  const notifications = (record.status?.notifications ?? []).map((each) => (isSame(each, entry) ? changed : each));
  const { name, namespace = "", resourceVersion } = record.metadata;
  const body = { metadata: { resourceVersion }, status: { notifications } };
  return kube.patchStatus(remediations, { namespace, name }, { type: "merge", body });
}
