import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { receiptJsonSchema } from "./receipt-json-schema.ts";

it("docs/schemas/receipt-v1.json is what the schema generates (else: npm run generate)", () => {
  const file = join(import.meta.dirname, "..", "..", "docs", "schemas", "receipt-v1.json");
  expect(readFileSync(file, "utf8")).toBe(receiptJsonSchema());
});
