/** A person's answer to a plan: judged against what awaits one, then written. For the API and the command line alike. */
import type { Kube, Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { isTerminal, remediations } from "../operarius/remediation.ts";
import { instant } from "./transition.ts";

export interface ApprovalAnswer {
  decision: "approve" | "deny";
  /** The plan that the person read; a denial may leave it out and is about the plan that awaits. */
  planDigest?: string | undefined;
  /** Who answers, as the cluster names them. */
  by?: string | undefined;
  reason?: string | undefined;
}

export type ApprovalVerdict =
  /** This very plan awaits an answer. */
  | { kind: "awaits"; planDigest: string }
  /** Nothing may be written. `planDigest` is the one that awaits, where one does. */
  | { kind: "refused"; reason: string; message: string; planDigest?: string };

/** Whether the answer fits what the record waits for. Never true for a plan that does not await an answer now. */
export function judgeAnswer(remediation: Live<Remediation>, answer: ApprovalAnswer, now: number): ApprovalVerdict {
  const { name } = remediation.metadata;
  const { phase, planDigest = "", approvalExpiresAt } = remediation.status ?? {};
  const { approval } = remediation.spec;
  const refused = (reason: string, message: string): ApprovalVerdict => ({ kind: "refused", reason, message });
  if (phase !== "AwaitingApproval" || planDigest === "" || remediation.metadata.deletionTimestamp !== undefined) {
    const state = isTerminal(phase) ? `it ended as ${phase}` : `its phase is ${phase ?? "Pending"}`;
    return refused("NotAwaitingApproval", `Remediation ${name} awaits no approval: ${state}.`);
  }
  if (now >= instant(approvalExpiresAt)) {
    const until = approvalExpiresAt ?? "an unknown time";
    return refused("ApprovalLapsed", `Plan ${planDigest} could be approved until ${until}; it lapsed.`);
  }
  const isAboutAnother = answer.planDigest !== undefined && answer.planDigest !== planDigest;
  if (isAboutAnother || (answer.decision === "approve" && answer.planDigest === undefined)) {
    const named = answer.planDigest === undefined ? "No plan is named" : `Plan ${answer.planDigest} does not await one`;
    const message = `${named}; plan ${planDigest} awaits approval. Read it and answer with that digest.`;
    return { kind: "refused", reason: "OtherPlan", message, planDigest };
  }
  const isAnswered = approval?.planDigest === planDigest;
  // Somebody who is quick may still take an approval back; nothing else is overwritten, nor who gave it.
  if (isAnswered && !(approval.decision === "approve" && answer.decision === "deny")) {
    const done = approval.decision === "approve" ? "approved" : "denied";
    const by = approval.by === undefined ? "" : ` by ${approval.by}`;
    return {
      kind: "refused",
      reason: "AlreadyAnswered",
      message: `Plan ${planDigest} was ${done}${by} already.`,
      planDigest,
    };
  }
  return { kind: "awaits", planDigest };
}

/**
 * Writes the answer on the record as it was judged; a record that changed meanwhile is a conflict. Fields of an earlier
 * answer do not survive.
 */
export async function writeAnswer(
  kube: Kube,
  remediation: Live<Remediation>,
  { decision, planDigest, by, reason }: ApprovalAnswer & { planDigest: string },
): Promise<Live<Remediation>> {
  const { name, namespace = "", uid, resourceVersion } = remediation.metadata;
  const approval = { decision, planDigest, by: by ?? null, reason: reason ?? null };
  const body = { metadata: { uid, resourceVersion }, spec: { approval } };
  return kube.patch(remediations, { namespace, name }, { type: "merge", body });
}
