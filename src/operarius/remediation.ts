/** The Remediation: the durable record of one episode of one target, and the only deduplication state. */
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import { z } from "zod";
import { VERDICTS } from "../engine/termination.ts";
import type { Resource } from "../kube/types.ts";

const texts = z.record(z.string(), z.string());
const instant = z.iso.datetime({ offset: true });

export const PHASES = [
  "Pending",
  "Blocked",
  "Running",
  "AwaitingApproval",
  "Verifying",
  "Succeeded",
  "Ineffective",
  "Failed",
  "Declined",
  "Cancelled",
  "Superseded",
] as const;
export type Phase = (typeof PHASES)[number];

export const remediationSpecSchema = z.object({
  target: z
    .object({
      cluster: z.string().describe("The alert's cluster label, or the server's --clusterName."),
      kind: z.string(),
      namespace: z.string().describe("Empty for things without a namespace."),
      name: z.string(),
    })
    .describe("What is being remediated."),
  operarius: z
    .object({ name: z.string(), uid: z.string().optional(), generation: z.int().optional() })
    .describe("The Operarius that answered, in the same namespace."),
  sequence: z.int().min(1).describe("Which episode of the target this is."),
  alert: z
    .object({
      status: z.enum(["firing", "resolved"]),
      labels: texts,
      annotations: texts,
      startsAt: z.string().optional(),
      endsAt: z.string().optional(),
      fingerprint: z.string().optional(),
      generatorURL: z.string().optional(),
    })
    .describe("The alert as it arrived, common labels and annotations included."),
  hook: z
    .object({
      version: z.string(),
      groupKey: z.string(),
      status: z.string(),
      receiver: z.string(),
      groupLabels: texts,
      commonLabels: texts,
      commonAnnotations: texts,
      externalURL: z.string(),
    })
    .describe("The envelope the alert came in."),
  receivedAt: instant,
  approval: z
    .object({
      decision: z.enum(["approve", "deny"]),
      planDigest: z.string().optional().describe("status.planDigest of the plan that was read; required to approve."),
      by: z.string().optional(),
      reason: z.string().optional(),
    })
    .optional()
    .describe("A person's answer to a plan that awaits approval."),
});

const attemptSchema = z.object({
  n: z.int().min(1),
  jobName: z.string(),
  approvedPlan: z.string().optional().describe("Digest of the plan this attempt was allowed to carry out."),
  verdict: z.enum(VERDICTS).optional(),
  reason: z.string().optional(),
  node: z.string().optional().describe("Where its pod ran."),
  receipt: z.string().optional().describe("The Receipt that tells all of it, in the same namespace."),
  startedAt: instant.optional(),
  finishedAt: instant.optional(),
});

const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: instant,
});

export const remediationStatusSchema = z.object({
  phase: z.enum(PHASES).optional(),
  reason: z.string().optional().describe("CamelCase constant."),
  message: z.string().optional().describe("One sentence for a person."),
  cause: z.string().optional().describe("Cause number of the failure catalogue, or none."),
  planDigest: z.string().optional().describe("The plan that awaits approval."),
  approvalExpiresAt: instant.optional(),
  nextAttemptAt: instant.optional(),
  attempts: z.array(attemptSchema).max(20).optional(),
  lastSeenFiring: instant.optional(),
  alertResolvedAt: instant.optional(),
  endedAt: instant.optional(),
  conditions: z.array(conditionSchema).max(10).optional(),
});

export type RemediationSpec = z.infer<typeof remediationSpecSchema>;
export type RemediationStatus = z.infer<typeof remediationStatusSchema>;
export type RemediationAttempt = z.infer<typeof attemptSchema>;

export interface Remediation {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  spec: RemediationSpec;
  status?: RemediationStatus;
}

export const remediations: Resource<Remediation> = {
  group: "openfero.io",
  version: "v1alpha1",
  plural: "remediations",
  kind: "Remediation",
  namespaced: true,
};

/** Label on every Remediation: the target's identity (names.ts). What a consistent LIST before a new episode asks for. */
export const TARGET_HASH_LABEL = "operarius.openfero.io/target-hash";

const TERMINAL: ReadonlySet<Phase> = new Set<Phase>([
  "Succeeded",
  "Ineffective",
  "Failed",
  "Declined",
  "Cancelled",
  "Superseded",
]);

/** Whether the phase is an end; Blocked and the absence of a phase are not. */
export function isTerminal(phase: Phase | undefined): boolean {
  return phase !== undefined && TERMINAL.has(phase);
}
