// `npm run test:e2e`: from Prometheus to the healed node.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "../../scripts/import-typescript.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(3);
    stopping.abort(new Error(`received ${signal}`));
  });
}

// Inside the checkout: the program looks for deploy/crds above itself.
const cache = join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
removeLeft();
const directory = join(cache, `operarius-e2e-${process.pid}`);
mkdirSync(directory);
let code = 1;
try {
  const { main } = await importTypeScript({ root, entryPoint: "test/e2e/main.ts", directory });
  code = await main(process.argv.slice(2), {
    env: process.env,
    root,
    scratch: directory,
    isRoot: process.getuid?.() === 0,
    signal: stopping.signal,
    out: (line) => console.log(line),
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(code);

/** What a killed run has left, or an earlier one of the same pid. */
function removeLeft() {
  for (const name of readdirSync(cache)) {
    const pid = Number(/^operarius-e2e-(\d+)$/.exec(name)?.[1]);
    if (pid > 0 && (pid === process.pid || !isRunning(pid)))
      rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
