/** The record of one run: everything that was seen, concluded and written, as plain JSON (pure). */
import type { Outcome } from "./run-types.ts";
import type { ObservationBase, Policies, Settings, Target } from "./types.ts";

export interface ReceiptInput<O extends ObservationBase> {
  version: string;
  remedy: string;
  remediation: string;
  target: Target;
  settings: Settings;
  policies: Policies;
  startedAt: number;
  finishedAt: number;
  outcome: Outcome<O>;
  next: readonly string[];
}

/** Versioned by `schema`. Times are ISO 8601 outside the observations. */
export function buildReceipt<O extends ObservationBase>(input: ReceiptInput<O>) {
  const { outcome, startedAt, finishedAt, ...rest } = input;
  return {
    schema: "operarius.openfero.io/receipt/v1",
    ...rest,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    verdict: outcome.verdict,
    looks: { first: outcome.first, actedOn: outcome.actedOn, last: outcome.last },
    guards: outcome.guards,
    intents: outcome.intents,
    writes: outcome.writes.map(({ at, ...write }) => ({ at: new Date(at).toISOString(), ...write })),
  };
}
