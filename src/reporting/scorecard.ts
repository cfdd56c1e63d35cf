/** What became of the episodes of a while, and how often we were right: counted from the records alone (pure). */
import { z } from "zod";
import type { Remediation, RemediationStatus } from "../operarius/remediation.ts";

export const MODE_NAMES = ["observe", "approve", "auto", "unknown"] as const;
export const DECISIONS = ["act", "wait", "decline", "nothing", "unknown"] as const;
export const HAPPENINGS = [
  "repaired",
  "reversed",
  "self-healed",
  "changed-by-person",
  "not-repaired",
  "gone",
  "unverified",
  "open",
] as const;
type ModeName = (typeof MODE_NAMES)[number];
/** What we did, or would have done: what was written counts most, then what the Job said, then the first look. */
type Decision = (typeof DECISIONS)[number];
/** reversed: a person changed the target within an hour after our write. unverified: a Job of a foreign Operarius completed. */
type Happening = (typeof HAPPENINGS)[number];
type Judgement = "agreed" | "disagreed" | "notCounted";

const REVERSED_WITHIN_MS = 60 * 60_000;

/**
 * | we did or would have     | happened                  | judged                                     |
 * | ------------------------ | ------------------------- | ------------------------------------------ |
 * | acted                    | repaired                  | agreed                                     |
 * | acted                    | a person changed it       | agreed: a person acted too                 |
 * | acted                    | healed by itself          | disagreed: it was not needed               |
 * | acted                    | not repaired, reversed    | disagreed                                  |
 * | waited, or done nothing  | healed by itself          | agreed                                     |
 * | waited, or done nothing  | a person changed it       | disagreed: a person did not wait           |
 * | waited, or done nothing  | not repaired              | disagreed                                  |
 * | declined                 | healed by itself          | agreed with waiting                        |
 * | declined                 | a person changed it       | agreed: that is what a decline asks for    |
 *
 * A plan that a person denied is disagreed with, whatever happened. Everything else is not counted: nobody knows yet,
 * the target is gone, no recount was made, or there was no look to tell what would have been done.
 */
const JUDGED: Readonly<Record<Decision, Partial<Record<Happening, Judgement>>>> = {
  act: {
    repaired: "agreed",
    "changed-by-person": "agreed",
    "self-healed": "disagreed",
    "not-repaired": "disagreed",
    reversed: "disagreed",
  },
  wait: { "self-healed": "agreed", "changed-by-person": "disagreed", "not-repaired": "disagreed" },
  nothing: { "self-healed": "agreed", "changed-by-person": "disagreed", "not-repaired": "disagreed" },
  decline: { "self-healed": "agreed", "changed-by-person": "agreed" },
  unknown: {},
};

/** One record, judged; small enough to be kept of every record. */
export interface Episode {
  /** Of the target. */
  namespace: string;
  /** When its alert came, in milliseconds since the epoch. */
  receivedAt: number;
  mode: ModeName;
  cause: string;
  decision: Decision;
  happened: Happening;
  judgement: Judgement;
  /** Minutes from the alert to the end of the trouble; only when it healed by itself. */
  healedAfterMinutes?: number;
}

const number = z.int().min(0);
const agreement = z.object({ agreed: number, disagreed: number, notCounted: number });
const counts = <const Names extends readonly [string, ...string[]]>(names: Names) => z.record(z.enum(names), number);

/** `operarius scorecard -o json`. */
export const scorecardSchema = z
  .object({
    schema: z.literal("operarius.openfero.io/scorecard/v1"),
    since: z.iso.datetime().describe("Episodes whose alert came from then on."),
    until: z.iso.datetime(),
    namespace: z.string().describe("Of the targets; empty for all of them."),
    episodes: number,
    agreement: agreement.describe("What was or would have been done against what happened."),
    decisions: counts(DECISIONS).describe("What was done, or would have been."),
    outcomes: counts(HAPPENINGS).describe("What became of the trouble, by recount."),
    selfHealed: z.object({ count: number, medianMinutes: z.number().optional() }),
    byMode: z.array(z.object({ mode: z.enum(MODE_NAMES), episodes: number, agreement })).readonly(),
    byCause: z
      .array(
        z.object({
          cause: z.string().describe('Number in the catalogue of causes; "none" where none was seen.'),
          episodes: number,
          agreement,
          decisions: counts(DECISIONS),
          outcomes: counts(HAPPENINGS),
        }),
      )
      .readonly(),
  })
  .describe("What became of the episodes of a while, and how often we were right.");
export type Scorecard = z.infer<typeof scorecardSchema>;

/** The episodes whose alert came between `since` and `now`, added up. Milliseconds since the epoch. */
export function scorecard(
  all: readonly Episode[],
  { since, now, namespace = "" }: { since: number; now: number; namespace?: string },
): Scorecard {
  const episodes = all
    .filter((each) => namespace === "" || each.namespace === namespace)
    .filter(({ receivedAt }) => receivedAt >= since && receivedAt <= now);
  const healed = episodes.flatMap(({ healedAfterMinutes: minutes }) => (minutes === undefined ? [] : [minutes]));
  const medianMinutes = median(healed);
  const causes = [...new Set(episodes.map(({ cause }) => cause))].toSorted();
  return {
    schema: "operarius.openfero.io/scorecard/v1",
    since: new Date(since).toISOString(),
    until: new Date(now).toISOString(),
    namespace,
    ...sums(episodes),
    selfHealed: { count: healed.length, ...(medianMinutes === undefined ? {} : { medianMinutes }) },
    byMode: MODE_NAMES.map((mode) => ({ mode, of: episodes.filter((each) => each.mode === mode) }))
      .filter(({ of }) => of.length > 0)
      .map(({ mode, of }) => ({ mode, episodes: of.length, agreement: sums(of).agreement })),
    byCause: causes.map((cause) => ({ cause, ...sums(episodes.filter((each) => each.cause === cause)) })),
  };
}

function sums(episodes: readonly Episode[]): Pick<Scorecard, "episodes" | "agreement" | "decisions" | "outcomes"> {
  const judged = (judgement: Judgement) => episodes.filter((each) => each.judgement === judgement).length;
  return {
    episodes: episodes.length,
    agreement: { agreed: judged("agreed"), disagreed: judged("disagreed"), notCounted: judged("notCounted") },
    decisions: tally(DECISIONS, ({ decision }) => decision),
    outcomes: tally(HAPPENINGS, ({ happened }) => happened),
  };

  function tally<Name extends string>(names: readonly Name[], of: (episode: Episode) => Name): Record<Name, number> {
    const entries = names.map((name) => [name, episodes.filter((each) => of(each) === name).length]);
    return Object.fromEntries(entries) as Record<Name, number>;
  }
}

/** Of an even number the mean of the two in the middle, to a tenth; undefined of none. */
function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : Math.round(((upper + lower) / 2) * 10) / 10;
}

/** What the scorecard makes of one record. */
export function episodeOf({ spec, status = {} }: Pick<Remediation, "spec" | "status">): Episode {
  const decision = decisionOf(status);
  const happened = happeningOf(status);
  const denied = status.reason === "ApprovalDenied";
  const minutes = (Date.parse(status.outcomeAt ?? "") - Date.parse(spec.receivedAt)) / 60_000;
  return {
    namespace: spec.target.namespace,
    receivedAt: Date.parse(spec.receivedAt),
    mode: modeOf(status),
    cause: causeOf(status),
    decision,
    happened,
    judgement: denied ? "disagreed" : (JUDGED[decision][happened] ?? "notCounted"),
    ...(happened === "self-healed" && minutes >= 0 ? { healedAfterMinutes: minutes } : {}),
  };
}

/** Where no record says so: without any Job it was observed, with an approved plan it was approved. */
function modeOf({ mode, phase, reason, attempts = [], conditions = [] }: RemediationStatus): ModeName {
  if (mode !== undefined) return mode;
  if (reason === "ObserveMode" || conditions.some((each) => each.reason === "ObserveMode")) return "observe";
  if (phase === "AwaitingApproval" || attempts.some(({ approvedPlan }) => approvedPlan !== undefined)) return "approve";
  return attempts.length > 0 ? "auto" : "unknown";
}

/** What was wrong, not what is: a target that is well again has no cause. A Job may report anything. */
function causeOf({ cause, firstLook, look }: RemediationStatus): string {
  const known = [cause, firstLook?.cause, look?.cause].find((each) => each !== undefined && each !== "none") ?? "none";
  return known === "none" || /^C\d{2}$/.test(known) ? known : "other";
}

function decisionOf(status: RemediationStatus): Decision {
  const { phase, reason = "", attempts = [], firstLook } = status;
  if (writes(status).length > 0) return "act";
  if (reason === "ApprovalDenied" || reason === "ApprovalLapsed" || phase === "AwaitingApproval") return "act";
  const last = attempts.findLast(({ finishedAt }) => finishedAt !== undefined);
  if (last?.verdict === "awaiting-approval") return "act";
  if (last?.verdict === "declined" || phase === "Declined") return "decline";
  // A Job of a foreign Operarius tells no verdict, and may have done anything.
  if (last !== undefined && last.verdict === undefined) return "act";
  return firstLook?.plan ?? "unknown";
}

function happeningOf(status: RemediationStatus): Happening {
  const { phase, outcome, attempts = [] } = status;
  // A write that did not help stays one, whoever or whatever ended the trouble later.
  const isInVain = phase === "Ineffective" || (phase === "Failed" && writes(status).length > 0);
  if (isInVain) return "not-repaired";
  if (isReversed(status)) return "reversed";
  if (outcome !== undefined) return outcome;
  if (phase === "Superseded") return "changed-by-person";
  if (phase !== "Succeeded") return "open";
  return attempts.at(-1)?.verdict === "recovered" ? "repaired" : "unverified";
}

function isReversed(status: RemediationStatus): boolean {
  const since = Date.parse(status.outcomeAt ?? "") - Math.max(...writes(status));
  return status.changedBy !== undefined && since >= 0 && since <= REVERSED_WITHIN_MS;
}

/** When our own Jobs wrote to the target, in milliseconds since the epoch. */
function writes({ attempts = [] }: RemediationStatus): number[] {
  return attempts.flatMap(({ lastWriteAt }) => (lastWriteAt === undefined ? [] : [Date.parse(lastWriteAt)]));
}
