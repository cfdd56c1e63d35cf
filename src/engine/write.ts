/** Carries one plan out: pause, ledger, steps, each fenced. The first step that no longer fits ends it. */
import { StatusError } from "../kube/errors.ts";
import { Interrupted, Stalled, TargetMoved } from "./errors.ts";
import { judgeClusterUse } from "./guards/cluster-budget.ts";
import type { ActPlan } from "./guards/guard.ts";
import { LEASE_MS } from "./ledger.ts";
import type { RunOptions, RunState } from "./run-types.ts";
import type { Fence, Intent, ObservationBase, Step } from "./types.ts";

function intentOf(step: Step, plan: ActPlan, cause: Intent["cause"], at: number): Intent {
  return {
    kind: step.kind,
    uid: plan.fence.uid,
    templateHash: plan.fence.templateHash,
    cause,
    trouble: step.kind === "delete-pod" ? step.trouble : step.reason,
    node: step.kind === "delete-pod" ? step.node : "",
    pod: step.kind === "delete-pod" ? step.pod.uid : "",
    generation: plan.fence.generation,
    at,
  };
}

/** Rejects with `TargetMoved` when the target is no longer what was planned for, `Stalled` when nothing may be written. */
export async function carryOut<O extends ObservationBase>(
  plan: ActPlan,
  options: RunOptions<O>,
  state: RunState<O>,
): Promise<void> {
  const { ledger, now, report } = options;
  const diagnosis = state.last?.diagnosis;
  const cause = diagnosis?.kind === "unhealthy" ? diagnosis.findings[0].cause : "none";
  await options.assertNotPaused();
  const at = now();
  const intents = plan.steps.map((step) => intentOf(step, plan, cause, at));
  const dryRun = options.dryRun === "server";
  const before = state.intents;
  if (!dryRun) {
    await ledger.begin(intents);
    state.intents = [...before, ...intents];
  }
  let undone: readonly Intent[] = intents;
  let fence = plan.fence;
  let lockedAt = at;
  try {
    // Whoever held the lock may have written, and time has passed: what was planned before is old.
    if (now() - at > options.settings.requestTimeoutMs)
      throw new TargetMoved("another repair of this target held the lock");
    if (!dryRun) await assertWithinBudget(plan, before, options);
    for (const [index, step] of plan.steps.entries()) {
      undone = intents.slice(index);
      if (options.signal.aborted) throw new Interrupted();
      if (index > 0) await options.assertNotPaused();
      // No write starts with less than two request timeouts of the lock left.
      if (!dryRun && now() - lockedAt > LEASE_MS - 2 * options.settings.requestTimeoutMs) {
        lockedAt = now();
        await ledger.begin([]);
      }
      // From here on only the API's own refusal proves that the step was not carried out.
      undone = intents.slice(index + 1);
      const generation = await apply(step, fence, options).catch((error: unknown) => {
        if (isRefusal(error)) undone = intents.slice(index);
        else if (!dryRun) record(state, { at: now(), step, generation: fence.generation, unconfirmed: true });
        throw error;
      });
      fence = { ...fence, generation };
      if (!dryRun) record(state, { at: now(), step, generation });
      report({ kind: "wrote", step, dryRun });
      if (dryRun) continue;
      await announce(step, plan.fence.uid, options);
      await options.keep(state);
    }
    undone = [];
  } finally {
    state.intents = state.intents.filter((intent) => !undone.includes(intent));
    if (!dryRun) await release(undone, options);
  }
}

/**
 * Jobs of different targets share no lock. Each records what it is about to do and then counts anew: of two that were
 * within the budget before, the later one sees the other, and withdraws. Both may; never both go on.
 */
async function assertWithinBudget<O extends ObservationBase>(
  plan: ActPlan,
  intents: readonly Intent[],
  { ledger, settings, now }: RunOptions<O>,
): Promise<void> {
  // Without the right to list, the guard has said so, and one pod is the limit.
  if (ledger.others() === undefined) return;
  await ledger.readOthers();
  const result = judgeClusterUse(plan, { intents, others: ledger.others(), settings, at: now() });
  if (result.kind === "veto") throw new Stalled(result.reason, result.message);
}

function record<O extends ObservationBase>(
  state: RunState<O>,
  write: Omit<RunState<O>["writes"][number], "look">,
): void {
  state.actedOn ??= state.last;
  state.writes.push({ ...write, look: state.last });
}

/** The API server itself said that it did not do it; a server error or no answer leaves that open. */
function isRefusal(error: unknown): boolean {
  return error instanceof TargetMoved || error instanceof Stalled || (error instanceof StatusError && error.code < 500);
}

function apply<O extends ObservationBase>(step: Step, fence: Fence, options: RunOptions<O>): Promise<number> {
  return options.actuator.apply(step, fence).catch((error: unknown) => {
    if (options.dryRun === "server" && isDryRunRefused(error)) return notEvaluated(error, fence, options);
    throw error;
  });
}

/** A webhook without support for dry runs says nothing about the write: that is no veto. */
function isDryRunRefused(error: unknown): error is StatusError {
  return error instanceof StatusError && /does not support dry run/i.test(error.message);
}

function notEvaluated<O extends ObservationBase>(
  error: StatusError,
  { generation }: Fence,
  { report }: RunOptions<O>,
): number {
  report({ kind: "note", message: `not evaluated by the dry run: ${error.message}` });
  return generation;
}

/** An Event that cannot be written is told, and changes nothing about the repair. */
async function announce<O extends ObservationBase>(step: Step, uid: string, options: RunOptions<O>): Promise<void> {
  try {
    await options.announce(step, uid);
  } catch (error) {
    options.report({
      kind: "note",
      message: `the event on the target was not written: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

/** The lock expires by itself; a failure to give it back early must not hide how the write ended. */
async function release<O extends ObservationBase>(
  undone: readonly Intent[],
  { ledger, report }: RunOptions<O>,
): Promise<void> {
  try {
    await ledger.end(undone);
  } catch (error) {
    report({
      kind: "note",
      message: `the ledger could not be released and will expire by itself: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}
