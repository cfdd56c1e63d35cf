/** Builds the program once for a whole project of tests, in a folder of its own that is removed at the end. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The bundled program: what users run. */
    programEntry: string;
  }
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Vitest's global set-up; the function it returns is the tear-down. Errors: the bundler's own words. */
export function setup(project: TestProject): () => void {
  // Inside the checkout: the program looks for deploy/crds above itself.
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, "operarius-test-"));
  execFileSync(process.execPath, [join(root, "scripts", "build.mjs"), directory], { stdio: "inherit" });
  project.provide("programEntry", join(directory, "operarius.js"));
  return () => rmSync(directory, { recursive: true, force: true });
}
