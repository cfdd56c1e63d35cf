/** What one look at a target came to, as the commands show it, and its sentences (pure). */
import type { Preview } from "../engine/proposal.ts";
import type { LedgerReading } from "../engine/read-ledger.ts";
import type { Description, Diagnosis, Finding, Plan, Policies, Step, Target } from "../engine/types.ts";

/** The policies that a plan rests on, and where they are from: "the shipped defaults", "Operarius openfero/x". */
export interface PoliciesInForce {
  flags: Policies;
  source: string;
}

/** What was already tried on the target: the intents, why they are not known here, or why nobody can read them. */
export type LedgerLook = LedgerReading | { kind: "unread"; message: string };

/** A target that was judged as `heal` would judge it. */
export interface JudgedLook {
  kind: "judged";
  target: Target;
  description: Description;
  preview: Preview;
  /** Who else manages the template; "" = nobody besides kubectl. */
  owner: string;
  /** When the target's spec was last changed, in milliseconds since the epoch; undefined when that is not known. */
  changedAt: number | undefined;
  ledger: LedgerLook;
  /** What could not be read of this target and its surroundings. */
  unread: readonly string[];
}

/** A target of which too little could be read to count or judge it. */
export interface PartlyLook {
  kind: "partly";
  target: Target;
  /** As the target's own status reports them. */
  counts: { desired: number; available: number };
  isStuck: boolean;
  /** What its pods show, or its status where they could not be read. */
  message: string;
  owner: string;
  changedAt: number | undefined;
  unread: readonly string[];
}

/** A target on which the look itself failed; the others are not concerned. */
export interface FailedLook {
  kind: "failed";
  target: Target;
  message: string;
}

export type TargetLook = JudgedLook | PartlyLook | FailedLook;

/** stuck: something is wrong and will not end by itself. moving: it is too early to say. unknown: it could not be judged. */
export type Standing = "stuck" | "moving" | "healthy" | "unknown";

/** How the target stands. What could not be judged and reports no trouble counts as healthy only where its status says so. */
export function standingOf(look: TargetLook): Standing {
  if (look.kind === "failed") return "unknown";
  if (look.kind === "partly") return look.isStuck ? "stuck" : "healthy";
  const { kind } = look.preview.diagnosis;
  return kind === "unhealthy" ? "stuck" : kind === "pending" ? "moving" : "healthy";
}

/** The findings, the first being what the diagnosis is about. */
export function findingsOf(diagnosis: Diagnosis): readonly Finding[] {
  return diagnosis.kind === "healthy" ? [] : diagnosis.findings;
}

function pods(count: number): string {
  return count === 1 ? "1 pod" : `${count} pods`;
}

/** The numbers of a plan to act. */
export function numbersOf(steps: readonly Step[]): { deletions: number; templateWrites: number; restarts: number } {
  return {
    deletions: steps.filter(({ kind }) => kind === "delete-pod").length,
    templateWrites: steps.filter(({ kind }) => kind === "rollback" || kind === "restart").length,
    restarts: steps.reduce((sum, step) => sum + (step.kind === "rollback" ? step.restartsAvailable : 0), 0),
  };
}

function actClause(steps: readonly [Step, ...Step[]]): string {
  const [first] = steps;
  if (first.kind === "rollback") {
    const { restartsAvailable: count, revision } = first;
    const restarts = count === 0 ? "nothing that runs" : `${pods(count)} that ${count === 1 ? "runs" : "run"}`;
    return `rolling back to revision ${revision.number} would restart ${restarts}`;
  }
  if (first.kind === "restart")
    return "a rolling restart would re-create every pod, as fast as the update strategy allows";
  if (first.kind !== "delete-pod") return `the plan is to ${(first as Step).summary}`;
  return steps.length === 1
    ? `deleting the pod on ${first.node} would give that node a fresh one`
    : `deleting ${pods(steps.length)} would give their nodes fresh ones`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** When to look again, for a person. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** What would come of it, in one sentence. */
export function outcomeSentence({ proposal, veto }: Preview): string {
  if (proposal.kind === "blocked") return `Nothing may be planned: ${proposal.message}`;
  const { plan } = proposal;
  switch (plan.kind) {
    case "nothing":
      return "Nothing has to be done.";
    case "wait":
      return `Nothing is to be done yet; look again in ${duration(plan.recheckAfterMs)}.`;
    case "decline":
      return "Nothing is done automatically: a person is needed.";
    case "act": {
      const clause = capital(actClause(plan.steps));
      if (veto) return `${clause}, but that is forbidden: ${veto.message}`;
      return plan.needsApproval ? `${clause}; a person has to agree first.` : `${clause}.`;
    }
  }
}

/** "3 of 4 pods run. <what is wrong> <what would come of it>" */
export function headline({ description: { counts }, preview }: Pick<JudgedLook, "description" | "preview">): string {
  const { diagnosis } = preview;
  // The sentence of a broken revision begins with the same count.
  const isCounted = diagnosis.kind === "healthy" || /^\d+ of \d+ pods/.test(diagnosis.message);
  const running = counts === undefined || isCounted ? "" : `${counts.available} of ${pods(counts.desired)} run. `;
  return `${running}${diagnosis.message} ${outcomeSentence(preview)}`;
}

/** The plan in a few words, for one cell of a table. */
export function planWords({ proposal, veto }: Preview): string {
  if (proposal.kind === "blocked") return `blocked: ${proposal.reason}`;
  const { plan } = proposal;
  if (plan.kind !== "act") return { nothing: "-", wait: "wait", decline: "a person" }[plan.kind];
  const what = stepWords(plan);
  // What matters most comes first: a narrow screen cuts the end.
  if (veto) return `no: ${veto.reason} (${what})`;
  return plan.needsApproval ? `ask: ${what}` : what;
}

function stepWords({ steps }: Extract<Plan, { kind: "act" }>): string {
  const [first] = steps;
  if (first.kind === "rollback") return `rollback to ${first.revision.number}`;
  if (first.kind === "restart") return "rolling restart";
  return first.kind === "delete-pod" ? `delete ${pods(steps.length)}` : (first as Step).kind;
}

/** The cause in a few words: "C01 ImageNotFound", "+1" where there are more. */
export function causeWords(look: TargetLook): string {
  if (look.kind === "failed") return "not evaluated";
  if (look.kind === "partly") return look.message;
  const { diagnosis } = look.preview;
  const [first, ...rest] = findingsOf(diagnosis);
  if (first === undefined) return diagnosis.reason;
  return `${first.cause} ${first.reason}${rest.length > 0 ? ` +${rest.length}` : ""}`;
}

/** Whole units, as kubectl writes ages; "" when the time is not known. */
export function age(sinceMs: number | undefined, at: number): string {
  if (sinceMs === undefined) return "";
  const seconds = Math.max(0, Math.round((at - sinceMs) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 2 * 86_400 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}
