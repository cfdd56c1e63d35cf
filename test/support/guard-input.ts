/** Plans and facts for tests of the guards. */
import type { ActPlan, GuardInput, GuardResult } from "../../src/engine/guards/guard.ts";
import { guards } from "../../src/engine/guards/index.ts";
import type { GuardFacts, Intent, Plan, Step } from "../../src/engine/types.ts";
import { asAct, NOW, settings, someGuardFacts, somePolicies, UID } from "./daemonset-builders.ts";

export function deletion(node: string, overrides: Partial<Extract<Step, { kind: "delete-pod" }>> = {}): Step {
  return {
    kind: "delete-pod",
    pod: { namespace: "kube-system", name: `agent-${node}`, uid: `uid-${node}`, resourceVersion: "1" },
    node,
    reason: "CrashLoop",
    trouble: "CrashLoop",
    force: false,
    summary: `delete on ${node}`,
    ...overrides,
  };
}

export const touch: Step = { kind: "touch", reason: "StatusStale", summary: "touch" };

export const restart: Step = { kind: "restart", reason: "StrategyRestart", summary: "restart" };

export const rollback: Step = {
  kind: "rollback",
  reason: "ImageNotFound",
  revision: { name: "r", number: 1, templateHash: "t" },
  restartsAvailable: 0,
  summary: "roll back",
};

export function aPlan(...steps: [Step, ...Step[]]): ActPlan {
  const plan: Plan = {
    kind: "act",
    reason: "r",
    message: "m",
    steps,
    more: false,
    needsApproval: false,
    fence: { uid: UID, generation: 2, templateHash: "t" },
    digest: "d",
    notes: { delete: "", template: "" },
  };
  return asAct(plan);
}

export interface Given extends Partial<Pick<GuardInput, "plan" | "others" | "surroundings" | "settings">> {
  facts?: Partial<GuardFacts>;
  intents?: Intent[];
  ownNode?: string;
}

/** One deletion on n1 by default, and nothing that speaks against it. */
export function input({ facts, ...given }: Given): GuardInput {
  return {
    plan: aPlan(deletion("n1")),
    intents: [],
    others: [],
    surroundings: undefined,
    ownNode: "",
    policies: somePolicies(),
    settings,
    at: NOW,
    ...given,
    facts: someGuardFacts(facts),
  };
}

/** The word of one guard, by its name. */
export function say(name: string, given: Given): GuardResult {
  const guard = guards.find((each) => each.name === name);
  if (!guard) throw new Error(`no guard ${name}`);
  return guard.judge(input(given));
}
