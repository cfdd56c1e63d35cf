/** The published JSON Schemas of what the commands print with `-o json` (pure). */
import { z } from "zod";
import { blastRadiusSchema } from "./blast-radius-text.ts";
import { diagnosisListSchema, diagnosisSchema } from "./diagnosis-document.ts";
import { scorecardSchema } from "./scorecard.ts";

const SCHEMAS = [
  ["diagnosis-v1.json", diagnosisSchema],
  ["diagnosis-list-v1.json", diagnosisListSchema],
  ["blast-radius-v1.json", blastRadiusSchema],
  ["scorecard-v1.json", scorecardSchema],
] as const;

/** The text of every file in docs/schemas. JSON Schema 2020-12; members may be added within a version. */
export function schemaFiles(): { file: string; text: string }[] {
  return SCHEMAS.map(([file, schema]) => ({
    file,
    text: `${JSON.stringify(z.toJSONSchema(schema, { io: "input", override: withoutPatterns }), undefined, 2)}\n`,
  }));
}

/** `format: date-time` says it all; the regular expression that zod adds is noise in a published schema. */
function withoutPatterns({ jsonSchema }: { jsonSchema: { format?: string; pattern?: string } }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
}
