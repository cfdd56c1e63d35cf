/** The receipt's JSON Schema as it is published (pure). */
import { z } from "zod";
import { RECEIPT_SCHEMA, receiptSchema } from "./receipt-schema.ts";

/** Text of docs/schemas/receipt-v1.json. */
export function receiptJsonSchema(): string {
  const schema = z.toJSONSchema(receiptSchema, { target: "draft-2020-12", io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ $id: RECEIPT_SCHEMA, title: "Receipt of one run of operarius", ...schema }, undefined, 2)}\n`;
}
