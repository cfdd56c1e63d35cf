/** What `heal` would come to at a look: diagnosis, plan, and the guards' words. Shared by the commands and the server's looks. */
import type { Surroundings, SurroundingsQuery } from "../engine/guards/common-cause.ts";
import { surroundingsQuery } from "../engine/guards/common-cause.ts";
import type { Preview } from "../engine/proposal.ts";
import { preview } from "../engine/proposal.ts";
import type { Policies, Settings, Target } from "../engine/types.ts";
import type { Observation } from "../remedies/daemonset-rollout/facts.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import type { LedgerLook } from "../reporting/look.ts";

/** Which other DaemonSets are in trouble near the target. */
export type Nearby = (target: Target, query: SurroundingsQuery, at: number) => Promise<Surroundings>;

export interface JudgeInput {
  target: Target;
  ledger: LedgerLook;
  /** The flags; annotations may lower them. */
  policies: Policies;
  settings: Settings;
  nearby: Nearby;
}

/** As `heal` would: what it reads of the surroundings is read only where there is something to forbid. Rejects as `nearby` does. */
export async function previewOf(
  observation: Observation,
  { target, ledger, policies, settings, nearby }: JudgeInput,
): Promise<Preview> {
  const { at } = observation;
  const { intents, others } = ledger.kind === "read" ? ledger : { intents: [], others: [] };
  // The rights of the account that repairs are not those of whoever looks.
  const base = { remedy: daemonSetRollout, settings, policies, intents, others, at, mayPatchTemplate: true };
  const seen = preview(observation, { ...base, surroundings: undefined });
  if (ledger.kind === "broken" && seen.diagnosis.kind === "unhealthy") {
    const { message } = ledger;
    return { ...seen, proposal: { kind: "blocked", reason: "LedgerUnreadable", message }, guards: [], veto: undefined };
  }
  const query = surroundingsQuery(daemonSetRollout.guardFacts(observation, settings));
  const acts = seen.proposal.kind === "proposed" && seen.proposal.plan.kind === "act";
  if (!acts || seen.veto || !query) return seen;
  return preview(observation, { ...base, surroundings: await nearby(target, query, at) });
}
