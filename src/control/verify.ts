/**
 * What a recount says of a target: after a repair, while a person is asked, after the end (pure). The alert only
 * corroborates: our own writes move the counters that it is made of.
 */
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { waitForNextAttempt } from "./conclude.ts";
import type { Limits } from "./limits.ts";
import type { Look } from "./looks.ts";
import type { Condition, Decision, Transition } from "./transition.ts";
import { condition, end, instant, iso, lastFinishedAt, lastWriteAt, outcome } from "./transition.ts";

type Seen = Extract<Look, { kind: "seen" }>;

interface Verification {
  remediation: Live<Remediation>;
  look: Look | undefined;
  now: number;
  limits: Limits;
}

/** The next step of a record whose Job has reported its end. */
export function verify({ remediation, look, now, limits }: Verification): Decision {
  if (look === undefined) return { kind: "look" };
  switch (look.kind) {
    case "gone":
      return outcome(
        end(now, "Superseded", "TargetGone", `The target was deleted while its repair was verified.`),
        "gone",
      );
    case "unread":
      return unverified(remediation, look.message, now);
    case "seen":
      return verifySeen(look, { remediation, look, now, limits });
  }
}

/** The last Job's report is all there is: one that did not say "recovered" is no success because nobody could look. */
function unverified(remediation: Live<Remediation>, why: string, now: number): Transition {
  const { attempts = [], message: reported = "" } = remediation.status ?? {};
  const attempt = attempts.at(-1);
  const sentence = `${why} The Job's report is all that is known: ${reported}`;
  if (attempt !== undefined && attempt.verdict !== "recovered") {
    return waitForNextAttempt({ remediation, attempt, now }, { reason: "NotVerified", sentence });
  }
  return withConditions(end(now, "Succeeded", "NotVerified", sentence), [
    condition(now, "Verified", "Unknown", "NotSeen", why),
    alertCondition(remediation, now),
  ]);
}

function verifySeen(look: Seen, { remediation, now, limits }: Verification): Decision {
  const edit = editAfter(look, repairedAt(remediation));
  if (edit !== undefined) return changedByPerson(edit, now);
  const soak = look.health === "healthy" ? look.soak : undefined;
  if (soak !== undefined && soak.soakedMs >= soak.requiredMs) return succeeded(look, soak.soakedMs, remediation, now);
  const began = verifyingSince(remediation, now);
  const isLate = now - began >= limits.verifyAtMostMs;
  if (soak !== undefined) {
    // A soak that has begun by then may end; one that begins anew each time is none.
    if (now - began >= limits.verifyAtMostMs + soak.requiredMs) return unsteady(look, soak.requiredMs, now);
    return { kind: "rest", recheckAfterMs: Math.max(100, soak.requiredMs - soak.soakedMs) };
  }
  if (look.health === "unhealthy" || isLate) {
    const since = troubledSince(remediation);
    if (isLate || (since > 0 && now - since >= limits.settleMs)) return ineffective(look, now);
    return { kind: "rest", recheckAfterMs: Math.max(100, limits.settleMs - (since > 0 ? now - since : 0)) };
  }
  return { kind: "rest", recheckAfterMs: Math.min(look.recheckAfterMs ?? limits.recheckMs, limits.recheckMs) };
}

/** Our last write, else the end of the last attempt: what a person changed after it is not ours. */
function repairedAt(remediation: Remediation): number {
  return lastWriteAt(remediation) || lastFinishedAt(remediation);
}

/** A change of the spec by somebody else after `since`; times of the API have whole seconds. */
export function editAfter({ edit }: Seen, since: number): Seen["edit"] {
  return edit !== undefined && edit.at >= Math.floor(since / 1000) * 1000 + 1000 ? edit : undefined;
}

/** Somebody else has taken over; what they did is theirs to verify. */
export function changedByPerson(edit: { by: string; at: number }, now: number): Transition {
  const message = `The target was changed by ${edit.by} at ${iso(edit.at)}; this record ends, and what is left of the trouble is looked at anew.`;
  const ending = end(now, "Superseded", "ChangedByPerson", message);
  return { ...ending, status: { ...ending.status, changedBy: edit.by } };
}

function succeeded(look: Seen, soakedMs: number, remediation: Remediation, now: number): Transition {
  const wrote = lastWriteAt(remediation) > 0;
  const seconds = Math.round(soakedMs / 1000);
  const message = wrote
    ? `${look.message} Healthy for ${seconds} s by a recount after the repair.`
    : `${look.message} Healthy for ${seconds} s by a recount; nothing had to be done.`;
  const ending = withConditions(end(now, "Succeeded", wrote ? "Recovered" : "NothingToDo", message), [
    condition(now, "Verified", "True", "HealthyThroughSoak", message),
    alertCondition(remediation, now),
  ]);
  return outcome(ending, wrote ? "repaired" : "self-healed");
}

/** Flapping is not recovery. */
function unsteady(look: Seen, requiredMs: number, now: number): Transition {
  const message = `All looks well at times, and never for the ${Math.round(requiredMs / 1000)} s that would prove it.`;
  return ineffective({ ...look, reason: "NotSteady", message }, now);
}

function ineffective(look: Seen, now: number): Transition {
  const message = `The repair did not help: ${look.message}`;
  const ending = withConditions(end(now, "Ineffective", look.reason, message), [
    condition(now, "Verified", "False", look.reason, look.message),
  ]);
  // What looks well now says nothing of the cause; what is known of it stays.
  const cause = look.health === "healthy" ? {} : { cause: look.cause };
  return outcome({ ...ending, status: { ...ending.status, ...cause } }, "not-repaired");
}

function alertCondition(remediation: Remediation, now: number): Condition {
  const { alertResolvedAt, lastSeenFiring } = remediation.status ?? {};
  const firing = Math.max(instant(lastSeenFiring), instant(remediation.spec.receivedAt));
  return instant(alertResolvedAt) > firing
    ? condition(now, "AlertResolved", "True", "Resolved", `Alertmanager said so at ${alertResolvedAt}.`)
    : condition(now, "AlertResolved", "Unknown", "NotHeard", "Alertmanager has not said so yet.");
}

/** What a look says of the target's health, with the time since when. */
export function healthyCondition(look: Seen, now: number): Condition {
  const status = look.health === "healthy" ? "True" : look.health === "pending" ? "Unknown" : "False";
  return condition(now, "Healthy", status, look.reason, look.message.slice(0, 1000));
}

function troubledSince({ status }: Remediation): number {
  const found = status?.conditions?.find(({ type }) => type === "Healthy");
  return found?.status === "False" ? instant(found.lastTransitionTime) : 0;
}

/** The condition keeps the time of the first verification; that of a later attempt begins with its end. */
function verifyingSince(remediation: Remediation, now: number): number {
  const found = remediation.status?.conditions?.find(({ type }) => type === "Verified");
  if (found === undefined) return now;
  return Math.min(now, Math.max(instant(found.lastTransitionTime), lastFinishedAt(remediation)));
}

function withConditions(transition: Transition, more: readonly Condition[]): Transition {
  return {
    ...transition,
    status: { ...transition.status, conditions: [...(transition.status.conditions ?? []), ...more] },
  };
}
