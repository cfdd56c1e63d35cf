// `npm run test:cluster` and `npm run test:conformance`: a project of vitest, with flags of our own before it.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "../../scripts/import-typescript.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => stopping.abort(new Error(`received ${signal}`)));
}

async function load() {
  // Inside the checkout: what is loaded looks for deploy/ above itself.
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, "operarius-runner-"));
  try {
    return await importTypeScript({ root, entryPoint: "test/runner/main.ts", directory });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function ask(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // While it asks, the terminal gives Ctrl-C to it and not to the process.
  terminal.on("SIGINT", () => stopping.abort(new Error("received SIGINT")));
  try {
    return await terminal.question(question, { signal: stopping.signal });
  } finally {
    terminal.close();
  }
}

const { main } = await load();
const code = await main(process.argv.slice(2), {
  env: process.env,
  root,
  signal: stopping.signal,
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  ...(process.stdin.isTTY && process.stdout.isTTY ? { ask } : {}),
});
process.exit(code);
