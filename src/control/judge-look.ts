/** What a fresh look says about beginning an attempt (pure). */
import type { Hold } from "./hold.ts";
import type { Look } from "./looks.ts";
import { isCap, isPassing } from "./reasons.ts";
import type { StartFacts, StartVerdict } from "./start-gate.ts";
import type { RecordSummary } from "./summary.ts";
import { byArrival } from "./summary.ts";
import type { Transition } from "./transition.ts";
import { beginVerifying, end, lastWriteAt, outcome } from "./transition.ts";
import { changedByPerson, editAfter } from "./verify.ts";

type Seen = Extract<Look, { kind: "seen" }>;

/** Before any Job has started, `resolved` plus a healthy recount is the end; undefined: the alert has not resolved. */
export function judgeResolved({
  record,
  look,
  limits,
  now,
}: Pick<StartFacts, "record" | "look" | "limits" | "now">): StartVerdict | undefined {
  if (record.resolvedAt <= record.lastFiringAt) return undefined;
  const quiet = "The alert resolved before any Job was started; nothing was done.";
  const cancelled = end(now, "Cancelled", "AlertResolved", quiet);
  if (!record.ours) return cancelled;
  if (look === undefined) return { kind: "look" };
  if (look.kind === "gone") return outcome(cancelled, "gone");
  if (look.kind === "unread") return cancelled;
  if (look.health === "healthy") return wellByItself(look, record, cancelled);
  if (now - record.resolvedAt > limits.followMs) return cancelled;
  return held({
    reason: "AlertResolved",
    message: `The alert resolved, but the recount does not agree: ${look.message} Nothing is done unless it fires again.`,
    recheckAfterMs: limits.lookEveryMs,
    needsPerson: false,
  });
}

/**
 * The verdict of a look before an attempt. An alert that did not have to wait gets its Job, which says by itself that
 * nothing is left to do; what has waited for anything is looked at anew, and what became well meanwhile is dropped.
 */
export function judgeLook(facts: StartFacts): StartVerdict {
  const { remediation, attempt, look, now } = facts;
  if (look === undefined) return { kind: "look" };
  const hasWaited = attempt > 1 || remediation.status?.blockedSince !== undefined || facts.mode === "observe";
  if (!hasWaited && !(look.kind === "seen" && look.health === "unhealthy")) return { kind: "go" };
  switch (look.kind) {
    case "unread":
      return { kind: "go" };
    case "gone":
      return outcome(
        end(now, "Cancelled", "TargetGone", "The target does not exist any more; nothing is left to do."),
        "gone",
      );
    case "seen": {
      const since = lastWriteAt(remediation);
      const edit = since > 0 ? editAfter(look, since) : undefined;
      return edit === undefined ? judgeSeen(look, facts) : changedByPerson(edit, now);
    }
  }
}

function judgeSeen(look: Seen, facts: StartFacts): StartVerdict {
  const { remediation, record, limits, now } = facts;
  if (look.health === "healthy") return judgeHealthy(look, facts);
  if (look.plan.kind === "wait" || look.health === "pending") {
    const soon = Math.max(
      limits.lookAtMostEveryMs,
      Math.min(look.recheckAfterMs ?? limits.recheckMs, limits.lookEveryMs),
    );
    return held({ reason: look.reason, message: look.message, recheckAfterMs: soon, needsPerson: false });
  }
  if (look.plan.kind !== "decline") return { kind: "go" };
  const { reason, message } = look.plan;
  const root = look.root ?? "";
  if (isPassing(reason)) {
    const recheckAfterMs = reason === "OptedOut" ? limits.lookEveryMs : limits.lookAtMostEveryMs;
    const incident = reason === "DependencyUnhealthy" && root !== "" ? { incident: root } : {};
    return held({ reason, message, recheckAfterMs, needsPerson: isCap(reason), ...incident });
  }
  // What is itself behind the trouble of others waits for nobody.
  const isRoot = root === `${record.kind.toLowerCase()}/${record.targetNamespace}/${record.targetName}`;
  const first = root === "" || isRoot ? undefined : firstOfIncident(facts, root);
  if (first !== undefined) {
    return held({
      reason: "DependencyUnhealthy",
      message: `${root} is behind this and behind ${first.targetNamespace}/${first.targetName} (${first.name}); it comes first. ${message}`,
      recheckAfterMs: limits.lookEveryMs,
      incident: root,
      needsPerson: false,
    });
  }
  if (record.attempts > 0 || remediation.status?.attempts?.length) {
    const ending = end(now, "Declined", reason, message);
    return { ...ending, status: { ...ending.status, cause: look.cause } };
  }
  // The first Job explains it with everything it sees, and leaves the receipt.
  return root === "" ? { kind: "go" } : { kind: "go", incident: root };
}

/** A healthy target needs no Job: it must only stay so. */
function judgeHealthy(look: Seen, { remediation, record, now }: StartFacts): StartVerdict {
  const { soak } = look;
  // Healthy by its pods and not by its status: that is for the remedy to look into.
  if (soak === undefined) return { kind: "go" };
  if (soak.soakedMs < soak.requiredMs) {
    return held({
      reason: "TargetHealthy",
      message: `${look.message} It has been so for ${seconds(soak.soakedMs)} of ${seconds(soak.requiredMs)}; then this ends without a Job.`,
      recheckAfterMs: Math.max(500, soak.requiredMs - soak.soakedMs),
      needsPerson: false,
    });
  }
  if (lastWriteAt(remediation) > 0) return beginVerifying(now, look.reason, look.message);
  const message = `${look.message} It has been so for ${seconds(soak.soakedMs)} by a recount; nothing was done.`;
  return wellByItself(look, record, end(now, "Cancelled", "TargetHealthy", message));
}

/** By itself, or because somebody changed it since the alert came. */
export function wellByItself(look: Seen, record: RecordSummary, ending: Transition): Transition {
  const edit = editAfter(look, record.receivedAt);
  if (edit === undefined) return outcome(ending, "self-healed");
  const changed = outcome(ending, "changed-by-person");
  return { ...changed, status: { ...changed.status, changedBy: edit.by } };
}

/** An earlier record with the same root, fallen ill together with this one: one incident, which it stands for. */
function firstOfIncident({ record, records, limits }: StartFacts, root: string): RecordSummary | undefined {
  return records
    .filter(({ incident, name, target }) => incident === root && name !== record.name && target !== record.target)
    .filter(({ phase }) => phase !== "Cancelled" && phase !== "Superseded" && phase !== "Succeeded")
    .filter(({ receivedAt }) => Math.abs(receivedAt - record.receivedAt) <= limits.togetherMs)
    .toSorted(byArrival)
    .find(({ reason }) => reason !== "DependencyUnhealthy");
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

function held(hold: Hold): StartVerdict {
  return { kind: "hold", hold };
}
