/**
 * What a record still has to do after its end (pure): a decline sleeps until what was seen changes; an alert that fires on
 * is not forgotten; and what became of the target is kept for the scorecard. An ended record never gets another phase:
 * trouble that goes on opens the next record.
 */
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import type { Limits } from "./limits.ts";
import type { Look } from "./looks.ts";
import type { RecordSummary } from "./summary.ts";
import type { StatusPatch } from "./transition.ts";
import { instant, iso, lastWriteAt } from "./transition.ts";
import { editAfter } from "./verify.ts";

export interface EndedFacts {
  remediation: Live<Remediation>;
  record: RecordSummary;
  /** No later record of this target is known. */
  isNewest: boolean;
  look?: Look;
  now: number;
  limits: Limits;
  /** `spec.deduplication.ttl` of its Operarius, in milliseconds. */
  ttlMs: number;
}

export type AfterEnd =
  | { kind: "rest"; recheckAfterMs?: number }
  | { kind: "look" }
  | { kind: "note"; status: StatusPatch; recheckAfterMs?: number }
  /** The trouble goes on, or is another one: the next episode begins. */
  | { kind: "open"; why: string };

type Seen = Extract<Look, { kind: "seen" }>;

/** What to do about a record that has ended. */
export function afterEnd(facts: EndedFacts): AfterEnd {
  const { record, isNewest, remediation, now } = facts;
  if (!record.ours || !isNewest || remediation.metadata.deletionTimestamp !== undefined) return { kind: "rest" };
  const due = nextLookAt(facts);
  if (due === undefined) return { kind: "rest" };
  if (now < due) return { kind: "rest", recheckAfterMs: due - now };
  const { look } = facts;
  if (look === undefined) return { kind: "look" };
  if (look.kind === "gone") return note(facts, { outcome: "gone", outcomeAt: iso(now) });
  // That it cannot be seen is on the record: an alert that fires on opens the next one when it comes (admit.ts).
  if (look.kind === "unread") return note(facts, {});
  return bySight(look, facts);
}

/** Whether its alert fires on as far as is known: nobody has said that it resolved. */
function fires({ resolvedAt, lastFiringAt }: RecordSummary): boolean {
  return resolvedAt <= lastFiringAt;
}

/** How it ended well, as far as is known; the next alert is another episode's. */
function hasHealed({ outcome }: NonNullable<Remediation["status"]>): boolean {
  return outcome === "self-healed" || outcome === "changed-by-person";
}

/** A delivery after the end that no look has answered yet. */
function firedSince({ remediation, record }: EndedFacts): boolean {
  const { endedAt, lastFiringAt } = record;
  return lastFiringAt > endedAt && fires(record) && instant(remediation.status?.look?.at) < lastFiringAt;
}

/** When the target is worth a look; undefined = never again. */
function nextLookAt(facts: EndedFacts): number | undefined {
  const { remediation, record, limits, ttlMs, now } = facts;
  const { phase, endedAt } = record;
  const status = remediation.status ?? {};
  const lookedAt = instant(status.look?.at);
  const again = lookedAt <= endedAt ? endedAt : lookedAt + limits.lookEveryMs;
  const known = status.outcome === "gone" || hasHealed(status);
  const isOver = now > endedAt + limits.followMs && (!fires(record) || lookedAt > endedAt + limits.followMs);
  if (firedSince(facts) && (known || (phase !== "Declined" && phase !== "Superseded"))) {
    return Math.max(endedAt + Math.max(limits.coolDownMs, ttlMs), lookedAt + limits.lookAtMostEveryMs);
  }
  if (phase === "Superseded") return known || isOver ? undefined : Math.max(again, endedAt + limits.afterEditMs);
  if (phase === "Succeeded" && status.outcome === "repaired") {
    const followed = endedAt + Math.min(limits.followMs, HOUR);
    return lookedAt >= followed ? undefined : followed;
  }
  if (known || phase === "Succeeded" || phase === "Cancelled") return undefined;
  // Declined sleeps as long as its alert fires; how Ineffective and Failed go on is followed for a day.
  if (phase === "Declined" && fires(record)) return again;
  return now > endedAt + limits.followMs ? undefined : again;
}

/** A person who reverses a repair does it within the hour (issue of the scorecard). */
const HOUR = 60 * 60 * 1000;

function bySight(look: Seen, facts: EndedFacts): AfterEnd {
  const { remediation, record, limits, now } = facts;
  const { phase } = record;
  if (look.health === "pending") {
    const soon = Math.max(
      limits.lookAtMostEveryMs,
      Math.min(look.recheckAfterMs ?? limits.recheckMs, limits.lookEveryMs),
    );
    return { kind: "rest", recheckAfterMs: soon };
  }
  if (phase === "Succeeded" && look.health === "healthy") return note(facts, reversed(look, facts));
  if (look.health === "healthy") {
    const { soak } = look;
    // By its pods and not by its status: not known to be well.
    if (soak === undefined) return note(facts, {});
    if (soak.soakedMs < soak.requiredMs) {
      return { kind: "rest", recheckAfterMs: Math.max(limits.lookAtMostEveryMs, soak.requiredMs - soak.soakedMs) };
    }
    const edit = editAfter(look, record.receivedAt);
    const changedBy = edit?.by ?? remediation.status?.changedBy;
    return note(facts, {
      outcome: changedBy === undefined ? "self-healed" : "changed-by-person",
      outcomeAt: iso(now),
      ...(changedBy === undefined ? {} : { changedBy }),
    });
  }
  if (phase === "Declined" && !hasHealed(remediation.status ?? {})) {
    const before = remediation.status?.look?.fingerprint ?? remediation.status?.attempts?.at(-1)?.fingerprint;
    const same = before === undefined || before === look.fingerprint;
    return same || look.plan.kind !== "act" || !fires(record)
      ? note(facts, {})
      : { kind: "open", why: `what was seen has changed since the decline: ${look.message}` };
  }
  if (phase === "Superseded" && fires(record)) {
    return { kind: "open", why: `after the change by ${remediation.status?.changedBy ?? "a person"}: ${look.message}` };
  }
  if (firedSince(facts)) {
    return { kind: "open", why: `the alert fires on, and the recount agrees: ${look.message}` };
  }
  return note(facts, reversed(look, facts));
}

/** Somebody has changed the target after our repair. */
function reversed(look: Seen, { remediation }: EndedFacts): StatusPatch {
  const since = lastWriteAt(remediation);
  const edit = since > 0 ? editAfter(look, since) : undefined;
  return edit === undefined ? {} : { changedBy: edit.by, outcomeAt: iso(edit.at) };
}

function note({ limits }: EndedFacts, status: StatusPatch): AfterEnd {
  return { kind: "note", status, recheckAfterMs: limits.lookEveryMs };
}
