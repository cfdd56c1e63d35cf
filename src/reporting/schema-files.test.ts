import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { schemaFiles } from "./schema-files.ts";

const directory = join(import.meta.dirname, "..", "..", "docs", "schemas");

describe("docs/schemas", () => {
  it.each(schemaFiles())("$file is what the sources generate (else: npm run generate)", ({ file, text }) => {
    expect(readFileSync(join(directory, file), "utf8")).toBe(text);
  });

  it("holds nothing else of these commands", () => {
    const names = schemaFiles().map(({ file }) => file);
    expect(
      readdirSync(directory)
        .filter((file) => /^(diagnosis|blast-radius|scorecard)/.test(file))
        .toSorted(),
    ).toEqual(names.toSorted());
  });

  it.each(schemaFiles())("$file lets members be added", ({ text }) => {
    expect(text).not.toContain('"additionalProperties": false');
  });
});
