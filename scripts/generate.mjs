// Generates the files that are derived from the sources (deploy/crds, docs/schemas, docs/causes.md).

import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./import-typescript.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const directory = await mkdtemp(join(root, "node_modules", ".generate-"));
try {
  const { generateFiles } = await importTypeScript({ root, entryPoint: "scripts/generate-files.ts", directory });
  for (const path of await generateFiles(root)) console.log(`wrote ${path.slice(root.length + 1)}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
