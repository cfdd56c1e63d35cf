// Writes docs/causes.md from the causes beside their recognisers; run through scripts/generate.mjs (`npm run generate`).
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { causes } from "../src/remedies/daemonset-rollout/causes/index.ts";
import { causesPage } from "../src/remedies/daemonset-rollout/causes/page.ts";

/** Writes the page below `root` and returns its path. */
export async function generateCauses(root: string): Promise<string> {
  const path = join(root, "docs", "causes.md");
  await mkdir(join(root, "docs"), { recursive: true });
  await writeFile(path, causesPage(causes));
  return path;
}
