/**
 * What stands between a record and its next Job (pure), in this order: pause and windows of the installation, scope, an
 * alert that resolved before anything was done, mode, the storm gate, earlier episodes, concurrency, and last, for targets
 * that the server can see, a fresh look. The first that objects is what the record says.
 */
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { holdByConcurrency } from "./concurrency.ts";
import type { Mode } from "./context.ts";
import { holdByHistory } from "./history.ts";
import type { Hold } from "./hold.ts";
import { judgeLook, judgeResolved } from "./judge-look.ts";
import type { Limits } from "./limits.ts";
import type { Look } from "./looks.ts";
import { observe } from "./observe.ts";
import type { Storm } from "./storm-gate.ts";
import { turnsBefore } from "./storm-gate.ts";
import type { RecordSummary } from "./summary.ts";
import type { Transition } from "./transition.ts";
import { end, iso } from "./transition.ts";

export interface StartFacts {
  remediation: Live<Remediation>;
  /** The same, as the others are kept. */
  record: RecordSummary;
  /** All records, this one included. */
  records: readonly RecordSummary[];
  /** Number of the attempt that would begin. */
  attempt: number;
  /** A person has agreed to exactly this. */
  approved: boolean;
  /** Why nothing may be written in the whole installation. */
  standstill?: Hold;
  /** Why this target is none of ours. */
  outOfScope?: Hold;
  storm: Storm;
  mode: Mode;
  limits: Limits;
  now: number;
  /** Absent: not looked yet. */
  look?: Look;
}

export type StartVerdict =
  /** `incident`: what it is the first to stand for. */
  | { kind: "go"; incident?: string }
  | { kind: "look" }
  /** Too early to say: others may be about to come. */
  | { kind: "wait"; ms: number }
  | { kind: "hold"; hold: Hold }
  | Transition;

/** Whether the attempt may begin now. */
export function judgeStart(facts: StartFacts): StartVerdict {
  const { record, attempt, approved, mode } = facts;
  const general = facts.standstill ?? facts.outOfScope;
  const resolved = attempt === 1 ? judgeResolved(facts) : undefined;
  if (resolved !== undefined) return resolved;
  const stale = attempt === 1 ? notHeardSince(facts) : undefined;
  if (stale !== undefined) return stale;
  if (general !== undefined) return held(general);
  if (mode === "observe") return observe(facts);
  const gathering = attempt === 1 && record.ours ? stillToGather(facts) : 0;
  if (gathering > 0) return { kind: "wait", ms: gathering };
  const waits = attempt === 1 ? (holdByStorm(facts) ?? holdByEpisodes(facts)) : undefined;
  const hold = waits ?? holdByConcurrency(record, facts.records, facts.limits);
  if (hold !== undefined) return held(hold);
  return record.ours && !approved ? judgeLook(facts) : { kind: "go" };
}

/** Nobody can look at the targets of foreign Jobs: what has waited for long starts only when its alert is still heard. */
function notHeardSince({ record, limits, now }: StartFacts): Transition | undefined {
  if (record.ours || now - record.lastFiringAt <= limits.followMs) return undefined;
  const message = `The alert was heard last at ${iso(record.lastFiringAt)}, before this record could go on; nothing was done.`;
  return end(now, "Cancelled", "NotHeardSince", message);
}

/** Milliseconds; none for a record whose time is in our future: the clock of the replica that took it is not ours. */
function stillToGather({ record: { receivedAt }, limits, now }: StartFacts): number {
  return receivedAt > now ? 0 : Math.max(0, receivedAt + limits.gatherMs - now);
}

function held(hold: Hold): StartVerdict {
  return { kind: "hold", hold };
}

function holdByEpisodes({ record, records, limits, now }: StartFacts): Hold | undefined {
  const episodes = records.filter(({ target }) => target === record.target);
  return holdByHistory({ record, episodes, limits, now });
}

/** Foreign Jobs keep to their contract: the gate is for what we ourselves would do. */
function holdByStorm({ record, records, storm, limits, now }: StartFacts): Hold | undefined {
  if (!record.ours) return undefined;
  if (storm.kind === "held") {
    const { count, threshold, since, releaseAt } = storm;
    return {
      reason: "ReceiverStorm",
      message: `${count} targets fired within ${limits.storm.windowMs / 1000} s, more than ${threshold}: one trouble, not many. Nothing is begun before ${iso(releaseAt)}; then one target at a time is looked at anew.`,
      until: releaseAt,
      incident: `storm/${iso(since)}`,
      needsPerson: false,
    };
  }
  const before = record.stormHeld ? turnsBefore(records, record.name) : undefined;
  if (before === undefined) return undefined;
  return {
    reason: "StormRelease",
    message: `The storm of alerts is over; its targets are looked at one at a time, in the order of their coming. At ${iso(now)} ${before} were before this one.`,
    recheckAfterMs: limits.recheckMs * Math.min(20, Math.max(1, before)),
    needsPerson: false,
  };
}
