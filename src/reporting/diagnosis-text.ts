/** The words of `operarius diagnose`: the sentence first, then evidence, then the plan (pure). */
import type { Description, Diagnosis, Finding, Plan, Target } from "../engine/types.ts";

interface DiagnosisTextInput {
  target: Target;
  diagnosis: Diagnosis;
  plan: Plan;
  description: Description;
}

function findingText({ cause, reason, message, evidence, commands }: Finding): string[] {
  return [
    `${cause} ${reason}: ${message}`,
    ...evidence.map((line) => `   evidence: ${line}`),
    ...commands.map((line) => `   for a person: ${line}`),
  ];
}

function planText(plan: Plan): string[] {
  if (plan.kind !== "act")
    return [
      `plan: ${plan.kind} (${plan.reason})`,
      `   delete pods: ${plan.notes.delete}`,
      `   restart or rollback: ${plan.notes.template}`,
    ];
  return [
    `plan: act${plan.needsApproval ? " after approval" : ""} (${plan.reason}), digest ${plan.digest}`,
    ...plan.steps.map(({ summary }) => `   ${summary}`),
    `   delete pods: ${plan.notes.delete}`,
    `   restart or rollback: ${plan.notes.template}`,
  ];
}

/** Several lines, the last one ended by a newline. */
export function diagnosisText({ target, diagnosis, plan, description }: DiagnosisTextInput): string {
  const findings = diagnosis.kind === "healthy" ? [] : diagnosis.findings;
  const lines = [
    `${target.namespace}/${target.name}: ${diagnosis.message}`,
    ...description.status.map((line) => `   ${line}`),
    ...description.pods.map((line) => `   not running: ${line}`),
    ...findings.flatMap(findingText),
    ...planText(plan),
  ];
  return `${lines.join("\n")}\n`;
}
