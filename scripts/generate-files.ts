// Writes the files that are derived from the schemas in src (deploy/crds, docs/schemas); run through scripts/generate.mjs
// (`npm run generate`).
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { receiptJsonSchema } from "../src/engine/receipt-json-schema.ts";
import { crdFiles } from "../src/operarius/crd-files.ts";
import { causes } from "../src/remedies/daemonset-rollout/causes/index.ts";
import { causesPage } from "../src/remedies/daemonset-rollout/causes/page.ts";
import { schemaFiles } from "../src/reporting/schema-files.ts";

/** Writes every generated file below `root` and returns the paths written. */
export async function generateFiles(root: string): Promise<string[]> {
  const files = [
    ...crdFiles().map(({ file, text }) => ({ path: join("deploy", "crds", file), text })),
    { path: join("docs", "schemas", "receipt-v1.json"), text: receiptJsonSchema() },
    { path: join("docs", "causes.md"), text: causesPage(causes) },
    ...schemaFiles().map(({ file, text }) => ({ path: join("docs", "schemas", file), text })),
  ];
  const written: string[] = [];
  for (const { path, text } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    written.push(join(root, path));
  }
  return written;
}
