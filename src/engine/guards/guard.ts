/** Named vetoes. Each is one pure function; the inputs that need I/O are read first, by inputs.ts. */

import type { ForeignIntent, GuardFacts, Intent, Plan, Policies, Settings } from "../types.ts";
import type { Surroundings } from "./common-cause.ts";

export type ActPlan = Extract<Plan, { kind: "act" }>;

export interface GuardInput {
  plan: ActPlan;
  facts: GuardFacts;
  policies: Policies;
  settings: Settings;
  /** Of this target. */
  intents: readonly Intent[];
  /** Of all other targets; undefined when these rights do not reach them. */
  others: readonly ForeignIntent[] | undefined;
  /** Read right before a write and not earlier: undefined = not yet, or nothing in it could matter. */
  surroundings: Surroundings | undefined;
  /** Node this program runs on; "" when it is not in a pod. */
  ownNode: string;
  at: number;
}

export type GuardResult =
  | { kind: "pass" }
  /** `command`: what a person runs instead, where it is not what the finding says. */
  | {
      kind: "veto";
      reason: string;
      message: string;
      command?: string;
      /** What has to be repaired first: node/n2, zone/a, daemonset/kube-system/cni. */
      root?: string;
    }
  /** Allowed once a person has approved exactly this plan, whatever the policies say. */
  | { kind: "needs-approval"; reason: string; message: string; command?: string }
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
