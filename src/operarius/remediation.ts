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

const operariusSchema = z
  .object({
    name: z.string(),
    uid: z.string().optional(),
    generation: z.int().optional(),
    ours: z.boolean().optional().describe("Its Job runs a remedy of ours, so that the server can look, too."),
  })
  .describe("The Operarius that answered, in the same namespace.");

const alertSchema = z
  .object({
    status: z.enum(["firing", "resolved"]),
    labels: texts,
    annotations: texts,
    startsAt: z.string().optional(),
    endsAt: z.string().optional(),
    fingerprint: z.string().optional(),
    generatorURL: z.string().optional(),
  })
  .describe("The alert as it arrived, common labels and annotations included.");

const hookSchema = z
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
  .describe("The envelope the alert came in.");

export const remediationSpecSchema = z.object({
  target: z
    .object({
      cluster: z.string().describe("The alert's cluster label, or the server's --clusterName."),
      kind: z.string(),
      namespace: z.string().describe("Empty for things without a namespace."),
      name: z.string(),
    })
    .describe("What is being remediated."),
  operarius: operariusSchema,
  sequence: z.int().min(1).describe("Which episode of the target this is."),
  alert: alertSchema,
  hook: hookSchema,
  receivedAt: instant,
  openedAfter: z
    .string()
    .optional()
    .describe("The record after whose end the trouble went on; absent: a delivery opened it."),
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
  suspended: z.boolean().optional().describe("Its Job was created suspended and waits for an approval."),
  verdict: z.enum(VERDICTS).optional(),
  reason: z.string().optional(),
  node: z.string().optional().describe("Where its pod ran."),
  receipt: z.string().optional().describe("The Receipt that tells all of it, in the same namespace."),
  reservedAt: instant.optional().describe("Since when its Job is tried to be made."),
  startedAt: instant.optional(),
  finishedAt: instant.optional(),
  lastWriteAt: instant.optional().describe("Of its last write to the target; absent when it wrote nothing."),
  fingerprint: z.string().optional().describe("Of what it saw last; a decline sleeps until another look differs."),
});

/** What the server itself saw, without writing anything. */
const lookSchema = z.object({
  at: instant,
  uid: z.string().optional().describe("Of the target."),
  generation: z.int().optional().describe("Of the target."),
  health: z.enum(["healthy", "pending", "unhealthy", "gone", "unread"]),
  cause: z.string(),
  reason: z.string(),
  message: z.string(),
  plan: z.enum(["act", "wait", "decline", "nothing"]).describe("What a run would come to."),
  planMessage: z.string().optional(),
  planDigest: z.string().optional(),
  fingerprint: z.string().describe("Equal as long as cause, pods, nodes, generation and plan are."),
  root: z.string().optional().describe("What is behind it, for example node/n2 or registry/example.com."),
  healthySince: instant.optional(),
});

/** What happened to a person's attention: one message per incident, at least once. */
const notificationSchema = z.object({
  event: z.string().describe("For example ApprovalNeeded, Declined, Ineffective."),
  about: z.string().optional().describe("The plan's digest for ApprovalNeeded, the reason for Blocked."),
  at: instant.describe("When there was something to tell."),
  sentAt: instant.optional().describe("When it was told, to every channel or by another record."),
  sentTo: z.array(z.string()).max(5).optional().describe("The channels that took it."),
  tries: z.int().min(0).optional(),
  triedAt: instant.optional(),
  droppedAt: instant.optional().describe("Since when it is not tried any more; the message says why."),
  message: z.string().optional().describe("Why it could not be sent, or which record told it."),
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
  next: z
    .object({ operarius: operariusSchema, alert: alertSchema, hook: hookSchema })
    .optional()
    .describe("A resolved alert for another Operarius that came meanwhile: it opens the next record."),
  otherAlerts: z
    .record(z.string(), z.object({ lastSeenFiring: instant.optional(), alertResolvedAt: instant.optional() }))
    .optional()
    .describe("Alerts of other names about the same target, by name: it fires while any of them does."),
  endedAt: instant.optional(),
  blockedSince: instant.optional().describe("Since when it waits for the same reason."),
  mode: z.enum(["observe", "approve", "auto"]).optional().describe("Of the installation when it was first judged."),
  incident: z.string().optional().describe("Shared by all records with one root, for example storm or node/n2."),
  look: lookSchema.optional().describe("What the server saw last."),
  firstLook: lookSchema.optional().describe("What the server saw first: what would have been done, for the scorecard."),
  outcome: z
    .enum(["repaired", "self-healed", "changed-by-person", "not-repaired", "gone"])
    .optional()
    .describe("What became of the trouble, by recount."),
  outcomeAt: instant.optional(),
  changedBy: z.string().optional().describe("Field manager of a change of the target that was not ours."),
  notifications: z.array(notificationSchema).max(10).optional(),
  conditions: z.array(conditionSchema).max(10).optional(),
});

export type RemediationSpec = z.infer<typeof remediationSpecSchema>;
export type RemediationStatus = z.infer<typeof remediationStatusSchema>;
export type RemediationAttempt = z.infer<typeof attemptSchema>;
export type RemediationLook = z.infer<typeof lookSchema>;
export type RemediationNotification = z.infer<typeof notificationSchema>;

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
