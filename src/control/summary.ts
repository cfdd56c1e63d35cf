/** What is kept of every Remediation to judge the others by (pure). */
import type { Live } from "../kube/types.ts";
import { targetHash } from "../operarius/names.ts";
import type { Phase, Remediation, RemediationStatus } from "../operarius/remediation.ts";
import { isTerminal, TARGET_HASH_LABEL } from "../operarius/remediation.ts";
import type { Episode } from "../reporting/scorecard.ts";
import { episodeOf } from "../reporting/scorecard.ts";
import type { RecordQueue } from "./notifications.ts";
import { toQueue } from "./notifications.ts";
import { instant } from "./transition.ts";

/** Times in milliseconds since the epoch; 0 = never. */
export interface RecordSummary {
  name: string;
  uid: string;
  resourceVersion: string;
  /** Identity of the target. */
  target: string;
  kind: string;
  targetNamespace: string;
  targetName: string;
  operarius: string;
  ours: boolean;
  sequence: number;
  phase: Phase | undefined;
  reason: string;
  incident: string;
  /** A delivery opened it, not a change of the target after an earlier record. */
  fromDelivery: boolean;
  receivedAt: number;
  endedAt: number;
  lastFiringAt: number;
  resolvedAt: number;
  /** An attempt is reserved or its Job runs. */
  inFlight: boolean;
  attempts: number;
  /** Something came meanwhile that opens the next record at its end. */
  hasNext: boolean;
  /** It waited, or waits, for the end of a storm of alerts. */
  stormHeld: boolean;
  /** What people are to be told. */
  queue: RecordQueue;
  /** For the scorecard. */
  episode: Episode;
}

/** Condition of the records that a storm of alerts has held. */
export const STORM_HELD = "StormHeld";

/** Reads the parts; never throws, whatever another release has written. */
export function toSummary(record: Live<Remediation>): RecordSummary {
  const { metadata, spec, status = {} } = record;
  const last = status.attempts?.at(-1);
  const ended = isTerminal(status.phase);
  // Reserved, and held up before its Job was created.
  const isHeldUp = status.phase === "Blocked" && last?.startedAt === undefined;
  const receivedAt = instant(spec.receivedAt);
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    target: metadata.labels?.[TARGET_HASH_LABEL] ?? targetHash(spec.target),
    kind: spec.target.kind,
    targetNamespace: spec.target.namespace,
    targetName: spec.target.name,
    operarius: spec.operarius.name,
    ours: spec.operarius.ours === true,
    sequence: spec.sequence,
    phase: status.phase,
    reason: status.reason ?? "",
    incident: status.incident ?? "",
    fromDelivery: spec.openedAfter === undefined,
    receivedAt,
    endedAt: ended ? instant(status.endedAt) : 0,
    ...heard(receivedAt, status),
    inFlight: !ended && last !== undefined && last.finishedAt === undefined && last.suspended !== true && !isHeldUp,
    attempts: status.attempts?.length ?? 0,
    hasNext: status.next !== undefined,
    stormHeld: status.conditions?.some(({ type, status: value }) => type === STORM_HELD && value === "True") ?? false,
    queue: toQueue(record),
    episode: episodeOf(record),
  };
}

/** When any of its alerts was heard firing last, and when the last of them resolved: 0 as long as one of them fires. */
function heard(receivedAt: number, status: RemediationStatus): Pick<RecordSummary, "lastFiringAt" | "resolvedAt"> {
  const alerts = [status, ...Object.values(status.otherAlerts ?? {})].map((alert, index) => ({
    firing: Math.max(index === 0 ? receivedAt : 0, instant(alert.lastSeenFiring)),
    resolved: instant(alert.alertResolvedAt),
  }));
  const fires = alerts.some(({ firing, resolved }) => resolved <= firing);
  return {
    lastFiringAt: Math.max(...alerts.map(({ firing }) => firing)),
    resolvedAt: fires ? 0 : Math.max(...alerts.map(({ resolved }) => resolved)),
  };
}

/**
 * When a delivery of now counts as heard, in milliseconds since the epoch: after what the record says already, which a
 * replica whose clock is ahead may have written. `alert`: what the record knows of this very alert.
 */
export function heardAt(
  status: RemediationStatus,
  alert: Pick<RemediationStatus, "alertResolvedAt"> | undefined,
  now: number,
): number {
  const { phase, endedAt, look } = status;
  const after = isTerminal(phase) ? Math.max(instant(endedAt), instant(look?.at)) + 1 : 0;
  return Math.max(now, after, instant(alert?.alertResolvedAt));
}

/** In the order in which they came: equal on every replica. */
export function byArrival(a: RecordSummary, b: RecordSummary): number {
  return a.receivedAt - b.receivedAt || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

export function hasEnded({ phase }: Pick<RecordSummary, "phase">): boolean {
  return isTerminal(phase);
}

/** The record of the target's latest episode. */
export function newestOf(records: readonly RecordSummary[], target: string): RecordSummary | undefined {
  let newest: RecordSummary | undefined;
  for (const record of records) {
    if (record.target === target && record.sequence > (newest?.sequence ?? 0)) newest = record;
  }
  return newest;
}
