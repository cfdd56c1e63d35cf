/** One run of a remedy on one target: look, diagnose, plan, guard, dwell, look again, act, verify. Re-entrant by the ledger. */
import { awaitingApproval, declined, incomplete, onRecord, waiting, withoutSecrets } from "./endings.ts";
import { Interrupted, Stalled, TargetMoved } from "./errors.ts";
import type { ActPlan } from "./guards/guard.ts";
import { judgePlan } from "./judge-plan.ts";
import { owesStep } from "./owed-step.ts";
import { propose } from "./proposal.ts";
import { mayCarryOut, withRights } from "./run-rights.ts";
import type { Look, Outcome, RunOptions, RunState } from "./run-types.ts";
import { settle } from "./settle.ts";
import { isDwelt, remaining, retryPause, tooShort } from "./time-left.ts";
import type { Turn } from "./turn.ts";
import { end, NOW } from "./turn.ts";
import type { ObservationBase, Plan, Verdict, View } from "./types.ts";
import { carryOut } from "./write.ts";

/** How often a moving target is planned for anew before a person is asked. */
const MAX_MOVES = 3;
/** Longest sleep between two looks, so that what no watch shows, such as time itself, is noticed. */
const LOOK_AT_LEAST_MS = 5000;

/**
 * Runs until there is a verdict or the time is up. What stands in the way in the cluster becomes a verdict, and so does
 * whatever ends the run after a write. Without one, errors of the API are thrown.
 */
export async function runRemedy<O extends ObservationBase>(options: RunOptions<O>): Promise<Outcome<O>> {
  const { remedy, kube, target, settings, signal, now } = options;
  const view = await remedy.open({ kube, target, settings, signal, now });
  const state: RunState<O> = {
    first: undefined,
    last: undefined,
    actedOn: undefined,
    guards: [],
    intents: [],
    ledgerRead: false,
    writes: [],
    dwelt: undefined,
    moves: 0,
    approvedPlan: options.approvedPlan,
    badSince: undefined,
    mayPatchTemplate: undefined,
    confirm: () => view.confirm(),
  };
  try {
    const verdict = await loop(view, options, state).catch((error: unknown) => onRecord(error, remedy, state));
    const { first, last, actedOn, guards, intents, writes } = state;
    return { verdict: withoutSecrets(verdict), first, last, actedOn, guards, intents, writes };
  } finally {
    view.stop();
  }
}

async function loop<O extends ObservationBase>(
  view: View<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Verdict> {
  for (;;) {
    if (options.signal.aborted) throw new Interrupted();
    const turn = await oneTurn(view, options, state).catch((error: unknown) => retry(error, options, state));
    if (turn.kind === "end") return turn.verdict;
    if (turn.kind === "again")
      await view.changed(Math.max(50, Math.min(turn.ms, remaining(options), LOOK_AT_LEAST_MS)), options.signal);
  }
}

/** What may be answered differently the next time is looked at again, with everything read anew. */
async function retry<O extends ObservationBase>(
  error: unknown,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn> {
  if (!state.last) throw error;
  await retryPause(error, options);
  state.dwelt = undefined;
  state.ledgerRead = false;
  return NOW;
}

async function oneTurn<O extends ObservationBase>(
  view: View<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn> {
  const { remedy, settings, report } = options;
  const observation = await view.look();
  const diagnosis = remedy.diagnose(observation, { settings, intents: state.intents });
  const look: Look<O> = { observation, diagnosis, plan: undefined, known: state.intents };
  const before = state.last?.plan;
  state.first ??= look;
  state.last = look;
  report({ kind: "look", description: remedy.describe(observation, settings), diagnosis });
  if (diagnosis.kind === "healthy" && !owesStep(look, options, state)) return settle(look, options, state);
  if (remaining(options) <= 0) return end(outOfTime(look, before, options, state));
  try {
    return await decide(look, options, state);
  } catch (error) {
    if (error instanceof Stalled) return end(notDone(error, look, options, state));
    if (!(error instanceof TargetMoved)) throw error;
    report({ kind: "moved", message: error.message });
    state.dwelt = undefined;
    state.ledgerRead = false;
    state.moves += 1;
    const moving = { reason: "TargetMoving", message: `The target keeps changing: ${error.message}.` };
    if (state.moves > MAX_MOVES) return end(notDone(moving, look, options, state));
    return { kind: "again", ms: 1000 };
  }
}

/** Declined means that nothing was written; after a write the same reason leaves the repair incomplete. */
function notDone<O extends ObservationBase>(
  why: { reason: string; message: string },
  { observation }: Look<O>,
  { remedy }: RunOptions<O>,
  state: RunState<O>,
): Verdict {
  return state.writes.length > 0 ? incomplete(remedy, observation, why) : declined(why.reason, why.message);
}

function outOfTime<O extends ObservationBase>(
  { observation, diagnosis }: Look<O>,
  before: Plan | undefined,
  options: RunOptions<O>,
  state: RunState<O>,
): Verdict {
  if (diagnosis.kind === "pending") return waiting(diagnosis.reason, diagnosis.message, diagnosis.recheckAfterMs);
  if (before?.kind === "wait") return waiting(before.reason, before.message, before.recheckAfterMs);
  if (state.writes.length > 0) return incomplete(options.remedy, observation, diagnosis);
  return waiting("OutOfTime", `${diagnosis.message} The time ran out before anything could be done safely.`, 60_000);
}

async function decide<O extends ObservationBase>(
  look: Look<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn> {
  const { remedy, settings, report, ledger } = options;
  const { observation, diagnosis } = look;
  if (diagnosis.kind === "unhealthy" && !state.ledgerRead && options.dryRun !== "client") {
    state.intents = await ledger.read();
    state.ledgerRead = true;
  }
  const others = ledger.others();
  const proposing = {
    remedy,
    settings,
    policies: withRights(options),
    intents: state.intents,
    others,
    at: options.now(),
  };
  const planWith = (mayPatchTemplate: boolean) => {
    const proposal = propose(observation, diagnosis, { ...proposing, mayPatchTemplate });
    if (proposal.kind === "blocked") throw new Stalled(proposal.reason, proposal.message);
    return proposal;
  };
  const wished = planWith(state.mayPatchTemplate ?? true);
  if (wished.notes.length > 0) report({ kind: "policies", notes: wished.notes });
  const { plan, context } = (await mayCarryOut(wished.plan, options, state)) ? wished : planWith(false);
  look.plan = plan;
  look.proposed = plan;
  look.context = context;
  report({ kind: "plan", plan });
  if (plan.kind === "act") return consider(plan, look, options, state);
  if (plan.kind === "wait") {
    state.badSince = undefined;
    // What started may be well at any moment; after a write of ours the whole time is given to its result.
    const mayEndSooner = diagnosis.kind === "pending" && !diagnosis.onlyLater;
    const pointless = plan.recheckAfterMs > remaining(options) && state.writes.length === 0 && !mayEndSooner;
    if (pointless) return end(waiting(plan.reason, plan.message, plan.recheckAfterMs));
    return { kind: "again", ms: plan.recheckAfterMs };
  }
  if (plan.kind === "nothing") return settle(look, options, state);
  return decline(plan, look, options, state);
}

/** Nothing more is to be done. After a write of ours, what looks bad must last before it counts. */
async function decline<O extends ObservationBase>(
  plan: { reason: string; message: string; command?: string },
  look: Look<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn> {
  const { observation, diagnosis } = look;
  // A step that only the strategy demands is refused: the repair is what it was without it.
  if (diagnosis.kind === "healthy") return settle(look, options, state);
  if (state.writes.length === 0) return end(declined(plan.reason, plan.message, plan.command));
  state.badSince ??= observation.at;
  const lasted = observation.at - state.badSince;
  if (lasted >= options.settings.settleMs) return end(incomplete(options.remedy, observation, plan));
  return { kind: "again", ms: options.settings.settleMs - lasted };
}

/** Between a plan and its writes: guards, the dwell and its second look, a person's agreement, enough time. */
async function consider<O extends ObservationBase>(
  planned: ActPlan,
  look: Look<O>,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn> {
  const judged = await judgePlan(planned, look, options, state);
  look.plan = judged.plan;
  if (judged.kind === "refused") return decline(judged, look, options, state);
  const { plan } = judged;
  state.badSince = undefined;
  if (options.dryRun === "client")
    return end(declined("DryRun", `${plan.message} It would: ${plan.steps.map(({ summary }) => summary).join("; ")}.`));
  const short = tooShort(plan, look, options, state);
  if (short) return end(short);
  const looking = await dwell(plan, options, state);
  if (looking) return looking;
  // A run that was given an approval begins with the approved plan or with none.
  const bound = plan.needsApproval || (options.approvedPlan !== undefined && state.writes.length === 0);
  if (bound && options.dryRun === "none" && state.approvedPlan !== plan.digest) return askFor(plan, options, state);
  await carryOut(plan, options, state);
  // A person agreed to these writes, once: whatever comes next is asked for anew.
  state.approvedPlan = undefined;
  state.dwelt = undefined;
  state.moves = 0;
  if (options.dryRun === "server")
    return end(declined("DryRun", `The API server accepted every step of the plan as a dry run; nothing was changed.`));
  return { kind: "again", ms: 200 };
}

/** The same plan must stand before and after the dwell. */
async function dwell<O extends ObservationBase>(
  plan: ActPlan,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn | undefined> {
  if (isDwelt(plan, state)) return undefined;
  if (state.dwelt !== undefined) state.moves += 1;
  if (state.moves > MAX_MOVES)
    throw new Stalled("TargetMoving", "The plan was another one at every look; the target is changing.");
  state.dwelt = plan.digest;
  options.report({ kind: "dwell", ms: options.settings.dwellMs });
  await options.sleep(options.settings.dwellMs);
  return NOW;
}

async function askFor<O extends ObservationBase>(
  plan: ActPlan,
  { approval, signal }: RunOptions<O>,
  state: RunState<O>,
): Promise<Turn> {
  if (approval.kind !== "ask") return end(awaitingApproval(plan));
  const agreed = await approval.ask(plan);
  if (signal.aborted) throw new Interrupted();
  if (!agreed) throw new Stalled("ApprovalDenied", `${plan.message} The proposed change was not approved.`);
  state.approvedPlan = plan.digest;
  return NOW;
}
