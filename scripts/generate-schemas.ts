// Writes docs/schemas/*.json from the schemas in src/reporting; run through scripts/generate.mjs (`npm run generate`).
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { schemaFiles } from "../src/reporting/schema-files.ts";

/** Writes every schema below `root` and returns the paths written. */
export async function generateSchemas(root: string): Promise<string[]> {
  const directory = join(root, "docs", "schemas");
  await mkdir(directory, { recursive: true });
  return Promise.all(
    schemaFiles().map(async ({ file, text }) => {
      const path = join(directory, file);
      await writeFile(path, text);
      return path;
    }),
  );
}
