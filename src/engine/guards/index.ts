/** The guards in the order in which they speak. Fail closed: the first veto ends the plan. */
import { budget } from "./budget.ts";
import type { Guard, GuardInput, GuardResult } from "./guard.ts";
import { managedBy } from "./managed-by.ts";
import { nodeStorm, selfNode } from "./nodes.ts";
import { optOut } from "./opt-out.ts";
import { narrowed } from "./scope.ts";

export const guards: readonly Guard[] = [optOut, selfNode, nodeStorm, managedBy, budget];

export interface GuardReport {
  name: string;
  result: GuardResult;
}

/** Every guard's word on a plan; `veto` is the first refusal. */
export function judge(input: GuardInput): {
  reports: GuardReport[];
  veto: Extract<GuardResult, { kind: "veto" }> | undefined;
} {
  const reports: GuardReport[] = guards.map((guard) => ({ name: guard.name, result: guard.judge(input) }));
  const unread = reports.flatMap(({ result }) => (result.kind === "not-evaluated" ? [result.scope] : []));
  reports.push({ name: "Scope", result: narrowed(input, unread) });
  const veto = reports.map(({ result }) => result).find((result) => result.kind === "veto");
  return { reports, veto: veto?.kind === "veto" ? veto : undefined };
}
