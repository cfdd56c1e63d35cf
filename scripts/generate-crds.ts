// Writes deploy/crds/*.yaml from the schemas in src/operarius; run through scripts/generate.mjs (`npm run generate`).
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crdFiles } from "../src/operarius/crd-files.ts";

/** Writes every CRD below `root` and returns the paths written. */
export async function generateCrds(root: string): Promise<string[]> {
  const directory = join(root, "deploy", "crds");
  await mkdir(directory, { recursive: true });
  const written: string[] = [];
  for (const { file, text } of crdFiles()) {
    const path = join(directory, file);
    await writeFile(path, text);
    written.push(path);
  }
  return written;
}
