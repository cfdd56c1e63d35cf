/** Named vetoes. Each is one pure function; the inputs that need I/O are read first, by inputs.ts. */
import type { GuardFacts, Intent, Plan, Policies, Settings } from "../types.ts";

export type ActPlan = Extract<Plan, { kind: "act" }>;

export interface GuardInput {
  plan: ActPlan;
  facts: GuardFacts;
  policies: Policies;
  settings: Settings;
  intents: readonly Intent[];
  /** Node this program runs on; "" when it is not in a pod. */
  ownNode: string;
  at: number;
}

export type GuardResult =
  | { kind: "pass" }
  | { kind: "veto"; reason: string; message: string }
  /** The inputs cannot be read with these rights: allowed is one pod and no template write. */
  | { kind: "not-evaluated"; scope: string; message: string };

export interface Guard {
  name: string;
  judge(input: GuardInput): GuardResult;
}

export const pass: GuardResult = { kind: "pass" };

/** True when the plan changes the template. */
export function writesTemplate(plan: ActPlan): boolean {
  return plan.steps.some(({ kind }) => kind === "restart" || kind === "rollback");
}

/** True when the plan patches the target itself, its template or its metadata. */
export function patchesTarget(plan: ActPlan): boolean {
  return plan.steps.some(({ kind }) => kind !== "delete-pod");
}
