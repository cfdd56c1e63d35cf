/** From a matching alert to a durable Remediation, exactly one per target at a time. */
import type { Alert, HookMessage } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import { snapshot } from "../intake/snapshot.ts";
import { isAlreadyExists, isNotFound, StatusError } from "../kube/errors.ts";
import type { Live } from "../kube/types.ts";
import { remediationName, targetHash } from "../operarius/names.ts";
import type { Operarius } from "../operarius/operarius.ts";
import { argumentsOf } from "../operarius/operarius.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { isTerminal, remediations, TARGET_HASH_LABEL } from "../operarius/remediation.ts";
import type { Target } from "../operarius/target.ts";
import { errorText } from "../reporting/log.ts";
import type { ControlContext } from "./context.ts";
import { stillCounts } from "./history.ts";
import { replacing } from "./replacing.ts";
import { heardAt, toSummary } from "./summary.ts";
import { instant, iso } from "./transition.ts";
import { withWayOut } from "./way-out.ts";

/** Records kept of one target, but for those that count against it; the newest is what deduplicates. */
const EPISODES_KEPT = 10;

const TOO_LARGE = "the labels of the alert and its group are too large to be recorded; shorten them in the alert rule";

/** What became of one matching alert. */
export type Admission =
  | { kind: "created" | "live"; remediation: string; sequence: number }
  /** The target's last record has ended and still watches over it: no other is needed now. */
  | { kind: "noted"; remediation: string; sequence: number; message: string }
  | { kind: "skipped"; reason: "Deduplication"; remediation: string; message: string }
  /** Can never succeed; sending it again would not help. */
  | { kind: "rejected"; reason: string; message: string }
  /** Cannot be recorded now; the sender must try again. */
  | { kind: "unavailable"; message: string };

/**
 * Records the alert: a new Remediation, or lastSeenFiring on the live one. The name is the lock: it follows from the
 * target and the episode's number, and the number only rises after a consistent LIST shows that the newest has ended.
 */
export async function admit(
  context: ControlContext,
  request: { alert: Alert; hook: HookMessage; operarius: Operarius; target: Target },
): Promise<Admission> {
  try {
    const first = await judge(context, request);
    return first.kind === "taken" ? await standIn(context, request, first) : first;
  } catch (error) {
    return failed(error);
  }
}

/** Another replica, receiver or delivery has created the record in the same moment. */
type Taken = { kind: "taken"; remediation: string; sequence: number };

/** That record stands for this alert, too, and opens no other; what is told apart on it is noted as if it had come later. */
async function standIn(
  context: ControlContext,
  request: Parameters<typeof admit>[1],
  taken: Taken,
): Promise<Admission> {
  const { remediation, sequence } = taken;
  const newest = await newestOf(context, request.target);
  if (newest !== undefined && isForAfter(request, newest)) {
    const second = await judge(context, request);
    if (second.kind !== "taken") return second;
  } else if (newest !== undefined) await seenFiring(context, newest, request.alert);
  return { kind: "live", remediation, sequence };
}

/** Rejects when the API server could not be asked or refuses. */
async function judge(context: ControlContext, request: Parameters<typeof admit>[1]): Promise<Admission | Taken> {
  const episodes = await episodesOf(context, request.target);
  const [newest] = episodes;
  if (newest === undefined) return open(context, request, 1);
  const isGoing = newest.metadata.deletionTimestamp !== undefined;
  if (!isTerminal(newest.status?.phase)) {
    // Nobody works on it any more, and what is noted on it goes with it; its Job may still run.
    if (isGoing) return { kind: "unavailable", message: `${newest.metadata.name} is being deleted` };
    if (isForAfter(request, newest)) return keepForAfter(context, newest, request);
    await seenFiring(context, newest, request.alert);
    return { kind: "live", remediation: newest.metadata.name, sequence: newest.spec.sequence };
  }
  const ours = isOurs(context, request.operarius, request.target);
  const skipped = withinWindow(request.operarius, newest, context.now());
  const noted = ours && !isGoing ? watchedOver(newest, context) : undefined;
  const answer = skipped ?? noted;
  if (answer !== undefined) {
    // What it opens later rests on this note alone, so that the sender must try again when it is not written.
    if (ours) await writeSeenFiring(context, newest, request.alert);
    return answer;
  }
  const opened = await open(context, request, newest.spec.sequence + 1);
  if (opened.kind === "created") await forget(context, episodes.slice(EPISODES_KEPT - 1));
  return opened;
}

/** Whether its Job would run a remedy of ours on a target that the server can look at. */
function isOurs({ looks }: ControlContext, operarius: Operarius, target: Target): boolean {
  return looks?.knows(target, argumentsOf(operarius.spec)) ?? false;
}

/**
 * A decline sleeps until something changes, and after any other end the target has a while to become well: a delivery in
 * that time is noted, and the record looks at its target (after-end.ts). It opens the next episode when that is needed.
 */
function watchedOver(newest: Live<Remediation>, { now, settings }: ControlContext): Admission | undefined {
  const { metadata, spec, status = {} } = newest;
  if (spec.operarius.ours !== true || status.outcome === "gone") return undefined;
  const known = status.outcome === "self-healed" || status.outcome === "changed-by-person";
  // Whose target cannot be seen would never wake up.
  const isAsleep = status.phase === "Declined" && !known && status.look?.health !== "unread";
  const until = instant(status.endedAt) + settings.limits.coolDownMs;
  if (!isAsleep && now() >= until) return undefined;
  const message = isAsleep
    ? `${metadata.name} was declined (${status.reason}) and sleeps until its target changes`
    : `${metadata.name} ended at ${status.endedAt}; its target is looked at again at ${iso(until)}`;
  return { kind: "noted", remediation: metadata.name, sequence: spec.sequence, message };
}

/** A resolved alert is sent once: its Operarius must not miss it because another one's Job still runs. */
function isForAfter({ alert, operarius }: Parameters<typeof admit>[1], live: Live<Remediation>): boolean {
  return alert.status === "resolved" && operarius.metadata.name !== live.spec.operarius.name;
}

async function keepForAfter(
  context: ControlContext,
  live: Live<Remediation>,
  { alert, hook, operarius, target }: Parameters<typeof admit>[1],
): Promise<Admission> {
  const taken = snapshot(alert, hook);
  if (taken === undefined) return { kind: "rejected", reason: "AlertTooLarge", message: TOO_LARGE };
  const { name, namespace = "", resourceVersion } = live.metadata;
  const before = live.status?.next;
  // There is room for one. Resolved alerts are sent once, so the sender has to come again.
  if (before !== undefined && before.operarius.name !== operarius.metadata.name) {
    return {
      kind: "unavailable",
      message: `${name} is live and keeps a resolved alert for ${before.operarius.name} already`,
    };
  }
  const next = { operarius: referenceTo(context, operarius, target), ...taken };
  // Under the resourceVersion: on a record that has ended meanwhile it would be forgotten.
  const body = { metadata: { resourceVersion }, status: { next: replacing(before, next) } };
  await context.kube.patchStatus(remediations, { namespace, name }, { type: "merge", body });
  const message = `${name} is live; the resolved alert opens the next record at its end`;
  return { kind: "noted", remediation: name, sequence: live.spec.sequence, message };
}

/** How a record names its Operarius. */
function referenceTo(context: ControlContext, operarius: Operarius, target: Target): Remediation["spec"]["operarius"] {
  const { name, uid, generation } = operarius.metadata;
  return { name, uid, generation, ...(isOurs(context, operarius, target) ? { ours: true } : {}) };
}

/**
 * The next episode of a target: of the alert that fires on, or of what was kept for the end of this one. Rejects like
 * `Kube.create`, but for a name that is taken.
 */
export async function openNext(
  { kube, now, settings }: ControlContext,
  ended: Live<Remediation>,
  { operarius, alert, hook }: Pick<Remediation["spec"], "operarius" | "alert" | "hook"> = ended.spec,
): Promise<string> {
  const { target, sequence } = ended.spec;
  const hash = targetHash(target);
  const name = remediationName(target, hash, sequence + 1);
  const receivedAt = iso(now());
  const spec = { target, operarius, sequence: sequence + 1, alert, hook, receivedAt, openedAfter: ended.metadata.name };
  try {
    await kube.create(remediations, record(name, settings.namespace, hash, spec));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return name;
}

function record(name: string, namespace: string, hash: string, spec: Remediation["spec"]): Remediation {
  return {
    apiVersion: `${remediations.group}/${remediations.version}`,
    kind: remediations.kind,
    metadata: { name, namespace, labels: { [TARGET_HASH_LABEL]: hash } },
    spec,
  };
}

/** The latest episode of a target by a consistent LIST, or undefined. Rejects like `Kube.list`. */
export async function newestOf(context: ControlContext, target: Target): Promise<Live<Remediation> | undefined> {
  return (await episodesOf(context, target))[0];
}

/** Newest first. */
async function episodesOf(context: ControlContext, target: Target): Promise<Live<Remediation>[]> {
  const { items } = await context.kube.list(remediations, {
    namespace: context.settings.namespace,
    labelSelector: `${TARGET_HASH_LABEL}=${targetHash(target)}`,
  });
  return items.toSorted((a, b) => b.spec.sequence - a.spec.sequence);
}

/** Old episodes go, and their Jobs with them. Best effort: the next episode tries again. */
async function forget({ kube, log, settings, now }: ControlContext, old: readonly Live<Remediation>[]): Promise<void> {
  for (const record of old) {
    if (!isTerminal(record.status?.phase) || stillCounts(toSummary(record), settings.limits, now())) continue;
    const { name, namespace = "", uid } = record.metadata;
    try {
      await kube.delete(remediations, { namespace, name }, { preconditions: { uid }, propagationPolicy: "Background" });
    } catch (error) {
      if (!isNotFound(error)) log.warn({ remediation: name, error: errorText(error) }, "old record not deleted");
    }
  }
}

async function open(
  context: ControlContext,
  { alert, hook, operarius, target }: Parameters<typeof admit>[1],
  sequence: number,
): Promise<Admission | Taken> {
  const hash = targetHash(target);
  const name = remediationName(target, hash, sequence);
  const taken = snapshot(alert, hook);
  if (taken === undefined) return { kind: "rejected", reason: "AlertTooLarge", message: TOO_LARGE };
  try {
    const spec = {
      target,
      operarius: referenceTo(context, operarius, target),
      sequence,
      ...taken,
      receivedAt: iso(context.now()),
    };
    await context.kube.create(remediations, record(name, context.settings.namespace, hash, spec));
    return { kind: "created", remediation: name, sequence };
  } catch (error) {
    if (isAlreadyExists(error)) return { kind: "taken", remediation: name, sequence };
    throw error;
  }
}

/** A repeat only says that the alert still fires; it never starts anything. */
async function seenFiring(context: ControlContext, remediation: Live<Remediation>, alert: Alert): Promise<void> {
  try {
    await writeSeenFiring(context, remediation, alert);
  } catch (error) {
    // The record is there, which is what the sender is promised; this field is refreshed by the next delivery.
    context.log.warn({ remediation: remediation.metadata.name, error: errorText(error) }, "lastSeenFiring not written");
  }
}

/** Names of other alerts that are told apart; those beyond count as the one that opened the record. */
const MOST_OTHER_ALERTS = 10;

/** Each alert is noted by its name: when one of several about a target resolves, the others still fire. */
async function writeSeenFiring(
  { kube, now }: ControlContext,
  { metadata, spec, status = {} }: Live<Remediation>,
  alert: Alert,
): Promise<void> {
  if (alert.status !== "firing") return;
  const { name, namespace = "" } = metadata;
  const known = Object.keys(status.otherAlerts ?? {});
  const called = alertName(alert);
  const isOther = called !== alertName(spec.alert) && (known.includes(called) || known.length < MOST_OTHER_ALERTS);
  const seen = { lastSeenFiring: iso(heardAt(status, isOther ? status.otherAlerts?.[called] : status, now())) };
  // It has begun anew since it resolved: what was kept is not true any more. A late repeat of the former time changes nothing.
  const { next } = status;
  const isKept = next !== undefined && alertName(next.alert) === called;
  const isAnew = isKept && instant(alert.startsAt) > instant(next.alert.startsAt);
  const noted = isOther ? { otherAlerts: { [called]: seen } } : seen;
  const body = { status: { ...noted, ...(isAnew ? { next: null } : {}) } };
  await kube.patchStatus(remediations, { namespace, name }, { type: "merge", body });
}

function withinWindow(operarius: Operarius, last: Live<Remediation>, now: number): Admission | undefined {
  const { enabled = false, ttl = 0 } = operarius.spec.deduplication ?? {};
  if (!enabled || ttl <= 0) return undefined;
  const endedAt = Date.parse(last.status?.endedAt ?? last.metadata.creationTimestamp);
  const openAgain = endedAt + ttl * 1000;
  if (now >= openAgain) return undefined;
  return {
    kind: "skipped",
    reason: "Deduplication",
    remediation: last.metadata.name,
    message: `${last.metadata.name} ended less than ${ttl} s ago; a new one may start at ${new Date(openAgain).toISOString()} (spec.deduplication.ttl of ${operarius.metadata.name})`,
  };
}

/** Sorts failures into those that a retry may cure and those it cannot. */
function failed(error: unknown): Admission {
  const answered = error instanceof StatusError;
  if (answered && (error.code === 400 || error.code === 413 || error.code === 422)) {
    return { kind: "rejected", reason: "RecordRefused", message: errorText(error) };
  }
  return { kind: "unavailable", message: withWayOut(error) };
}
