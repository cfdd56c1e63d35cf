// What `npm run test:e2e` and `npm run test:node` begin with: a TypeScript entry, a folder for it, and how it is interrupted.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "../../scripts/import-typescript.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Runs `main` of the entry and ends the process with its exit code. `name` is the suite's own. */
export async function runSuite({ name, entryPoint }) {
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
  removeLeft(cache, name);
  const directory = join(cache, `operarius-${name}-${process.pid}`);
  mkdirSync(directory);
  let code = 1;
  try {
    const { main } = await importTypeScript({ root, entryPoint, directory });
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
}

/** What a killed run has left, or an earlier one of the same pid. */
function removeLeft(cache, name) {
  for (const each of readdirSync(cache)) {
    const pid = Number(new RegExp(`^operarius-${name}-(\\d+)$`).exec(each)?.[1]);
    if (pid > 0 && (pid === process.pid || !isRunning(pid)))
      rmSync(join(cache, each), { recursive: true, force: true });
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
