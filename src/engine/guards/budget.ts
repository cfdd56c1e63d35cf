/** Budget of a target: one that needed this many repairs needs a person. */
import type { Intent } from "../types.ts";
import type { Guard, GuardResult } from "./guard.ts";
import { pass } from "./guard.ts";

const WINDOW_MS = 4 * 60 * 60_000;
const REPAIRS = 3;
/** A wave waits for the soak of the one before (15 min at most) and for its start; what comes later is another repair. */
const SAME_REPAIR_MS = 30 * 60_000;

type Write = Pick<Intent, "kind" | "templateHash" | "trouble" | "at">;

/** Writes of the same kind against the same trouble of the same template that follow each other: a canary and its waves. */
function repairsOf(writes: readonly Write[]): { last: number }[] {
  const repairs: { key: string; last: number }[] = [];
  for (const { kind, templateHash, trouble, at } of [...writes].sort((a, b) => a.at - b.at)) {
    const key = JSON.stringify([kind, templateHash, trouble]);
    const open = repairs.find((repair) => repair.key === key && at - repair.last <= SAME_REPAIR_MS);
    if (open) open.last = at;
    else repairs.push({ key, last: at });
  }
  return repairs;
}

/** `excess` of those that were done must be older than the window before the plan has room. */
function exhausted(done: readonly { last: number }[], excess: number): GuardResult {
  const frees = done.map(({ last }) => last).sort((a, b) => a - b)[excess - 1];
  const message =
    frees === undefined
      ? `The plan has ${REPAIRS + excess - done.length} repairs that were not begun; the limit is ${REPAIRS} within 4 h. So many different troubles at once have a cause that they share: look for it first.`
      : `The target was already repaired ${done.length} times within 4 h; the limit is ${REPAIRS}, and the next one may be at ${new Date(frees + WINDOW_MS).toISOString()}. Something brings the trouble back.`;
  return { kind: "veto", reason: "BudgetExhausted", message };
}

/**
 * DESIGN.md, Budgets: 3 writes per target in 4 h. A canary and the waves after it are one of them, or no large fleet could
 * be repaired; the cluster's own budget limits their number.
 */
export const budget: Guard = {
  name: "Budget",
  judge({ intents, plan, at }) {
    const { uid, templateHash } = plan.fence;
    const before = intents.filter((intent) => intent.uid === uid && at - intent.at < WINDOW_MS);
    const planned = plan.steps.map((step) => ({
      kind: step.kind,
      templateHash,
      trouble: step.kind === "delete-pod" ? step.trouble : step.reason,
      at,
    }));
    const excess = repairsOf([...before, ...planned]).length - REPAIRS;
    return excess > 0 ? exhausted(repairsOf(before), excess) : pass;
  },
};
