// `npm run cluster -- up|down|status|build`: real Kubernetes on this machine.
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./import-typescript.mjs";

const entry = fileURLToPath(import.meta.url);
const root = dirname(dirname(entry));

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(3);
    stopping.abort(new Error(`received ${signal}`));
  });
}

async function load() {
  const directory = await mkdtemp(join(root, "node_modules", ".cluster-"));
  try {
    return await importTypeScript({ root, entryPoint: "scripts/cluster/main.ts", directory });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const { main } = await load();
const code = await main(process.argv.slice(2), {
  env: process.env,
  root,
  entry,
  signal: stopping.signal,
  out: (line) => console.log(line),
  err: (line) => console.error(`cluster: ${line}`),
});
process.exit(code);
