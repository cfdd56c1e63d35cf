// Generates the files that are derived from the sources (deploy/crds). Bundled in memory first: Node 20 runs no TypeScript.

import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const directory = await mkdtemp(join(root, "node_modules", ".generate-"));
try {
  const outfile = join(directory, "generate.mjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["scripts/generate-crds.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  const { generateCrds } = await import(pathToFileURL(outfile).href);
  for (const path of await generateCrds(root)) console.log(`wrote ${path.slice(root.length + 1)}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
