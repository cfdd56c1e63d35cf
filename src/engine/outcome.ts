/** What a verdict means outside the program: exit code and termination message (pure). */
import { canonicalJson } from "./digest.ts";
import { planMark } from "./proposal.ts";
import type { Outcome } from "./run-types.ts";
import type { TerminationMessage } from "./termination.ts";
import type { CauseId, Diagnosis, Finding, ObservationBase, PlanMark, Verdict } from "./types.ts";

export const EXIT = { ok: 0, notRecovered: 1, usage: 2, interrupted: 3, declined: 4 } as const;

/** Exit code of a verdict (DESIGN.md, Exit). A dry run that came to its plan has done what it was asked. */
export function exitCode({ kind, reason }: Verdict): number {
  if (reason === "Interrupted") return EXIT.interrupted;
  if (kind === "recovered" || reason === "DryRun") return EXIT.ok;
  return kind === "declined" ? EXIT.declined : EXIT.notRecovered;
}

/** The finding that the run was about: what it acted on, else the last it saw. */
export function mainFinding<O extends ObservationBase>({
  actedOn,
  last,
  first,
}: Pick<Outcome<O>, "actedOn" | "last" | "first">): Finding | undefined {
  const found = (diagnosis: Diagnosis | undefined): Finding | undefined =>
    diagnosis === undefined || diagnosis.kind === "healthy" ? undefined : diagnosis.findings[0];
  return found(actedOn?.diagnosis) ?? found(last?.diagnosis) ?? found(first?.diagnosis);
}

/** What is wrong now: the finding of the last look. Its commands are what a person can still run. */
export function presentFinding<O extends ObservationBase>({ last }: Pick<Outcome<O>, "last">): Finding | undefined {
  return last === undefined || last.diagnosis.kind === "healthy" ? undefined : last.diagnosis.findings[0];
}

/** What became of the plan of a run's last look: what refused it, the guards or the policies, has declined it. */
export function lastPlan<O extends ObservationBase>({
  last,
  verdict,
}: Pick<Outcome<O>, "last" | "verdict">): PlanMark | undefined {
  if (last === undefined) return undefined;
  const { plan, guards = [] } = last;
  const refusals = guards.flatMap(({ result }) => (result.kind === "veto" ? [result] : []));
  if (plan !== undefined) return planMark(plan, refusals[0]);
  return verdict.kind === "declined" ? { kind: "decline", reason: verdict.reason } : undefined;
}

/** At most this many bytes are kept by the kubelet for us (it cuts at 4096). */
const MAX_BYTES = 3072;

type ReceiptField = "receiptDigest" | "receipt" | "receiptProblem";

/** The termination message, cut to fit: writes first, then the sentence. */
export function terminationMessage(
  verdict: Verdict,
  details: {
    cause: CauseId;
    writes: readonly string[];
    /** Of the last write, in milliseconds since the epoch. */
    lastWriteAt?: number | undefined;
    /** Of the last look. */
    fingerprint?: string | undefined;
    kept?: Pick<TerminationMessage, ReceiptField>;
  },
): string {
  const message: TerminationMessage = {
    schema: "operarius.openfero.io/termination/v1",
    verdict: verdict.kind,
    reason: verdict.reason,
    sentence: verdict.message,
    cause: details.cause,
    ...(verdict.planDigest ? { planDigest: verdict.planDigest } : {}),
    ...(verdict.recheckAfterMs === undefined ? {} : { recheckAfterSeconds: Math.ceil(verdict.recheckAfterMs / 1000) }),
    writes: details.writes.slice(0, 10),
    ...(details.lastWriteAt === undefined ? {} : { lastWriteAt: new Date(details.lastWriteAt).toISOString() }),
    ...(details.fingerprint === undefined ? {} : { fingerprint: details.fingerprint }),
    ...details.kept,
  };
  for (const limit of [1500, 600, 200]) {
    const cut = {
      ...message,
      sentence: message.sentence.slice(0, limit),
      ...(message.receiptProblem === undefined ? {} : { receiptProblem: message.receiptProblem.slice(0, limit / 5) }),
      writes: message.writes.map((line) => line.slice(0, limit / 5)),
    };
    const text = canonicalJson(cut);
    if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  }
  const { receiptProblem: _dropped, ...rest } = message;
  return canonicalJson({ ...rest, sentence: message.sentence.slice(0, 200), writes: [] });
}
