/** The Receipt: what one attempt saw, concluded and wrote, kept beside its Remediation and collected with it. */
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import { z } from "zod";
import { MOST_CHARACTERS } from "../engine/receipt-pack.ts";
import { VERDICTS } from "../engine/termination.ts";
import type { Resource } from "../kube/types.ts";

export const receiptSpecSchema = z.object({
  target: z
    .object({ kind: z.string(), namespace: z.string(), name: z.string() })
    .describe("What the attempt was about."),
  remediation: z.string().describe("The record it belongs to."),
  attempt: z.int().min(1).describe("Which attempt of the record."),
  schema: z.string().describe("Of the receipt in data."),
  verdict: z.enum(VERDICTS).optional().describe("Absent while the attempt goes on."),
  reason: z.string().optional().describe("CamelCase constant."),
  message: z.string().optional().describe("One sentence for a person."),
  cause: z.string().optional().describe("Cause number of the failure catalogue, or none."),
  writes: z.array(z.string()).max(50).optional().describe("What was changed, one line each."),
  truncated: z.boolean().optional().describe("True when details were left out so that it fits."),
  digest: z.string().describe("sha256 of the receipt in data; the pod's termination message names it too."),
  data: z.string().max(MOST_CHARACTERS).describe("The receipt: base64 of gzip of JSON. operarius replay reads it."),
});

export type ReceiptSpec = z.infer<typeof receiptSpecSchema>;

export interface ReceiptResource {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  spec: ReceiptSpec;
}

export const receipts: Resource<ReceiptResource> = {
  group: "openfero.io",
  version: "v1alpha1",
  plural: "receipts",
  kind: "Receipt",
  namespaced: true,
};

/** One name per record and attempt. */
export function receiptName(remediation: string, attempt: number): string {
  return `${remediation}-${attempt}`;
}
