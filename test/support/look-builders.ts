/** Looks as the commands show them, judged by the real remedy on built observations. */
import { preview } from "../../src/engine/proposal.ts";
import type { Policies } from "../../src/engine/types.ts";
import type { Observation } from "../../src/remedies/daemonset-rollout/facts.ts";
import { daemonSetRollout } from "../../src/remedies/daemonset-rollout/remedy.ts";
import type { JudgedLook, PoliciesInForce } from "../../src/reporting/look.ts";
import { anIntent, MINUTE, NOW, settings, somePolicies } from "./daemonset-builders.ts";

/** The flags of the scenes unless they say otherwise. */
export function inForce(flags: Partial<Policies> = {}): PoliciesInForce {
  return { flags: somePolicies({ rollback: "approve", ...flags }), source: "the shipped defaults" };
}

/** What the look at an observation comes to. */
export function judgedLook(
  observation: Observation,
  { overrides = {}, flags = {} }: { overrides?: Partial<JudgedLook>; flags?: Partial<Policies> } = {},
): JudgedLook {
  const { namespace, name } = observation.daemonSet;
  const remedy = daemonSetRollout;
  const proposing = {
    remedy,
    settings,
    policies: inForce(flags).flags,
    intents: [],
    others: [],
    at: NOW,
    surroundings: undefined,
    mayPatchTemplate: true,
  };
  return {
    kind: "judged",
    target: { cluster: "", kind: "DaemonSet", namespace, name },
    description: remedy.describe(observation, settings),
    preview: preview(observation, proposing),
    owner: "",
    changedAt: NOW - 12 * MINUTE,
    ledger: { kind: "read", intents: [], others: [] },
    unread: [],
    ...overrides,
  };
}

/** A ledger with one deletion five minutes ago. */
export const triedOnce: JudgedLook["ledger"] = {
  kind: "read",
  intents: [anIntent({ node: "n2", at: NOW - 5 * MINUTE })],
  others: [],
};
