/**
 * The receipt's form, version 1: one definition for the type, the check at run time and the published JSON Schema
 * (docs/schemas/receipt-v1.json). What a remedy or a guard adds to its own parts is kept as it is.
 */
import { z } from "zod";
import type { Column, Json } from "./fold.ts";
import { VERDICTS } from "./termination.ts";

/** Raised only when a reader of the old form would misread the new one. */
export const RECEIPT_SCHEMA = "operarius.openfero.io/receipt/v1";

const instant = z.iso.datetime();
const words = { reason: z.string().describe("CamelCase constant."), message: z.string() };
const part = { kind: z.string(), ...words };

const json: z.ZodType<Json> = z.json() as z.ZodType<Json>;
const column: z.ZodType<Column> = z.lazy(() =>
  z.union([
    z.strictObject({ same: json }),
    z.strictObject({ values: z.array(json) }),
    z.strictObject({ deltas: z.array(z.number()) }),
    z.strictObject({ fields: z.array(z.tuple([z.string(), column])) }),
    z.strictObject({ items: z.array(column) }),
    z.strictObject({ groups: z.array(z.strictObject({ rows: z.string(), column })) }),
  ]),
);

const table = z
  .strictObject({ count: z.int().min(0), column })
  .describe("A folded list: what all rows share is kept once, the rest field by field.");

const finding = z.looseObject({
  cause: z.string().describe("Number in the failure catalogue."),
  ...words,
  evidence: z.array(z.string()),
});

const step = z.looseObject({ kind: z.string(), reason: z.string(), summary: z.string() });

const policies = z.looseObject({ strategy: z.string(), rollback: z.string(), delete: z.string() });

const intents = z.array(z.looseObject({ kind: z.string(), at: z.number() }));

const guard = z.strictObject({
  name: z.string(),
  result: z.string().describe("pass, veto or not-evaluated."),
  reason: z.string().optional(),
  scope: z.string().optional().describe("What these rights do not let it read."),
  message: z.string().optional(),
});

const plan = z.looseObject({ ...part, steps: z.array(step).optional(), digest: z.string().optional() });

const look = z
  .strictObject({
    as: z.array(z.enum(["first", "acted", "last"])).describe("What this look was to the run."),
    at: instant,
    observation: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("The facts that diagnosis reads; absent where the receipt was cut."),
    folded: z
      .record(z.string(), z.string())
      .optional()
      .describe('Long lists of the observation, as rows of the table of that name in `tables`: "0-4999".'),
    known: intents.describe("The intents that the diagnosis knew."),
    diagnosis: z.looseObject({ ...part, findings: z.array(finding).optional() }),
    context: z
      .strictObject({ policies, intents, mayPatchTemplate: z.boolean(), deletionsLeft: z.number().optional() })
      .optional()
      .describe("What the plan was allowed, after annotations and rights have lowered it; absent without a plan."),
    plan: plan.optional().describe("What became of the plan once the guards were heard."),
    proposed: plan
      .optional()
      .describe("What the remedy planned before the guards were heard, where they made something else of it."),
    guards: z.array(guard).optional().describe("What each guard said to this plan."),
  })
  .describe("One look: the facts, and what was made of them.");

const pod = z.strictObject({ name: z.string(), uid: z.string(), revision: z.string(), ready: z.boolean() });

/** See `Receipt`. */
export const receiptSchema = z
  .strictObject({
    schema: z.literal(RECEIPT_SCHEMA),
    version: z.string().describe("Of the program that wrote it."),
    remedy: z.string(),
    remediation: z.string().describe("The record it belongs to; empty without a server."),
    attempt: z.int().min(0).describe("Which Job of the record; 0 without a server."),
    target: z.strictObject({ cluster: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }),
    alert: z.record(z.string(), z.string()).optional().describe("The alert's labels as the Job's variables."),
    startedAt: instant,
    finishedAt: instant.optional().describe("Absent while the run goes on."),
    settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).describe("Durations in ms."),
    policies: policies.describe("The flags."),
    verdict: z
      .strictObject({
        kind: z.enum(VERDICTS),
        ...words,
        command: z.string().optional().describe("What a person runs about it, where the refusal names something."),
        planDigest: z.string().optional(),
        recheckAfterMs: z.number().optional(),
      })
      .optional()
      .describe("Absent while the run goes on."),
    looks: z.array(look).describe("The first, each one that a write rested on, and the last."),
    tables: z.record(z.string(), table).describe("Long lists of all looks, each row once."),
    intents: intents.describe("The ledger as the run left it."),
    writes: z.array(
      z.strictObject({
        at: instant,
        look: z.int().min(0).describe("Index in `looks` of what it rested on."),
        step,
        unconfirmed: z.literal(true).optional().describe("The API server did not say whether it was carried out."),
        generation: z.number().describe("Of the target after the write."),
      }),
    ),
    nodes: z
      .strictObject({
        changed: z
          .array(z.strictObject({ node: z.string(), before: z.array(pod), after: z.array(pod) }))
          .describe("Nodes whose pods differ between the first and the last look, or that a finding or a write names."),
        more: z.int().min(0).describe("Further such nodes, not listed."),
        unchanged: z.int().min(0),
      })
      .describe("Before and after, node by node."),
    excerpts: z
      .array(
        z.strictObject({
          pod: z.string(),
          container: z.string(),
          lines: z.array(z.string()).optional(),
          notEvaluated: z.string().optional().describe("Why there are none."),
        }),
      )
      .optional()
      .describe("Last lines of failed containers, redacted; only with --log-excerpts."),
    next: z.array(z.string()).describe("Commands for a person, the best first."),
    truncated: z.array(z.string()).optional().describe("What was left out to fit; such a receipt cannot be replayed."),
  })
  .describe("Everything one run saw, concluded and wrote. `operarius replay FILE` diagnoses and plans it again.");

export type Receipt = z.infer<typeof receiptSchema>;
export type ReceiptLook = Receipt["looks"][number];
