/** The guards in the order in which they speak. Fail closed: the first veto ends the plan. */
import { approval } from "./approval.ts";
import { budget } from "./budget.ts";
import { clusterBudget } from "./cluster-budget.ts";
import { commonCause } from "./common-cause.ts";
import { criticalClass } from "./critical-class.ts";
import type { Guard, GuardInput, GuardResult } from "./guard.ts";
import { maintenanceWindow } from "./maintenance-window.ts";
import { managedBy } from "./managed-by.ts";
import { nodeStorm, selfNode } from "./nodes.ts";
import { optOut } from "./opt-out.ts";
import { narrowed } from "./scope.ts";

export const guards: readonly Guard[] = [
  optOut,
  maintenanceWindow,
  selfNode,
  nodeStorm,
  commonCause,
  managedBy,
  criticalClass,
  budget,
  clusterBudget,
  approval,
];

export interface GuardReport {
  name: string;
  result: GuardResult;
}

export interface Judgement {
  reports: GuardReport[];
  /** The first refusal. */
  veto: Extract<GuardResult, { kind: "veto" }> | undefined;
  /** The first guard that wants a person's word, where none refuses. */
  approval: Extract<GuardResult, { kind: "needs-approval" }> | undefined;
}

/** Every guard's word on a plan. */
export function judge(input: GuardInput): Judgement {
  const reports: GuardReport[] = guards.map((guard) => ({ name: guard.name, result: guard.judge(input) }));
  const unread = reports.flatMap(({ result }) => (result.kind === "not-evaluated" ? [result.scope] : []));
  reports.push({ name: "Scope", result: narrowed(input, [...new Set(unread)]) });
  const results = reports.map(({ result }) => result);
  return {
    reports,
    veto: results.find((result) => result.kind === "veto"),
    approval: results.find((result) => result.kind === "needs-approval"),
  };
}
