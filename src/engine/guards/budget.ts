/** Budget: a target that needed this many repairs needs a person. */
import type { Guard } from "./guard.ts";
import { pass } from "./guard.ts";

const WINDOW_MS = 4 * 60 * 60_000;
const WRITES = 3;

export const budget: Guard = {
  name: "Budget",
  judge({ intents, plan, at }) {
    // Intents of one wave share their time.
    const waves = new Set(
      intents
        .filter((intent) => intent.uid === plan.fence.uid && at - intent.at < WINDOW_MS)
        .map((intent) => intent.at),
    );
    return waves.size >= WRITES
      ? {
          kind: "veto",
          reason: "BudgetExhausted",
          message: `The target was already repaired ${waves.size} times within 4 h; the limit is ${WRITES}. Something brings the trouble back.`,
        }
      : pass;
  },
};
