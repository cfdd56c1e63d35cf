// `.ci/run`: everything a change has to pass; scripts/ci/main.ts says what.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./import-typescript.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(3);
    stopping.abort(new Error(`received ${signal}`));
  });
}

const cache = join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const directory = mkdtempSync(join(cache, "operarius-ci-"));
try {
  const { main } = await importTypeScript({ root, entryPoint: "scripts/ci/main.ts", directory });
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    root,
    signal: stopping.signal,
    out: (text) => process.stdout.write(text),
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
