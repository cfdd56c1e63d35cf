/** The Operarius: one definition gives the type, the runtime check and the CRD (see crd.ts). */
import { z } from "zod";

const labels = z.record(z.string(), z.string());

const container = z.looseObject({ name: z.string().min(1) });

/** A Job template. Loose on purpose: Kubernetes validates the rest, and metadata and unknown fields must survive. */
const jobTemplateSchema = z
  .looseObject({
    spec: z.looseObject({
      template: z.looseObject({
        spec: z.looseObject({ containers: z.array(container).min(1) }),
      }),
    }),
  })
  .describe("The Job to start, complete. command, args and env values may hold Go-template paths.");

export const operariusSpecSchema = z.object({
  alertSelector: z
    .object({
      alertname: z.string().min(1).describe("Name of the alert, exact."),
      status: z.enum(["firing", "resolved"]).describe("Status of the alert this Operarius answers."),
      labels: labels.optional().describe("Labels the alert must have, all of them, exact."),
      matchers: z
        .array(z.string().min(1).max(1024))
        .max(50)
        .optional()
        .describe("Alertmanager matchers that must hold too; =~ and !~ are anchored RE2."),
    })
    .describe("Which alerts this Operarius answers."),
  jobTemplate: jobTemplateSchema,
  priority: z.int32().default(0).describe("The highest priority among the matching Operarii wins; ties go by name."),
  enabled: z.boolean().default(true).describe("False keeps the Operarius from answering anything."),
  deduplication: z
    .object({
      enabled: z.boolean().default(false).describe("Whether the time window below is kept."),
      ttl: z.int32().min(0).default(0).describe("Seconds after the end of a remediation in which no new one starts."),
    })
    .optional()
    .describe("How soon the same target may be remediated again. One at a time is always the rule."),
  target: z
    .object({
      kind: z.string().min(1).describe("Kind of the target, for example DaemonSet."),
      nameFrom: z.string().min(1).describe("The alert label that holds the target's name."),
    })
    .optional()
    .describe("Overrides how the target is derived from the alert's labels."),
});

const EXECUTION_STATUSES = ["Pending", "Running", "Successful", "Failed", "Skipped: Deduplication"] as const;

const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string(),
  message: z.string().describe("A sentence for a person; it names the field at fault."),
  observedGeneration: z.int().min(0).optional().describe("The generation that was checked."),
  lastTransitionTime: z.iso.datetime({ offset: true }),
});

export const operariusStatusSchema = z.object({
  lastExecutionTime: z.iso.datetime({ offset: true }).optional().describe("When the last Job was started."),
  executionCount: z.int32().optional().describe("How many Jobs were started."),
  lastExecutedJobName: z.string().optional(),
  lastExecutionStatus: z
    .string()
    .optional()
    .describe(`One of ${EXECUTION_STATUSES.join(", ")}.`),
  conditions: z
    .array(conditionSchema)
    .max(10)
    .optional()
    .describe("Ready: whether its matchers, templates and Job are accepted."),
});

export type OperariusSpec = z.input<typeof operariusSpecSchema>;
export type OperariusStatus = z.infer<typeof operariusStatusSchema>;
export type OperariusCondition = z.infer<typeof conditionSchema>;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];
