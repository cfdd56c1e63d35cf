// `npm run cluster -- up|down|status|build`: real Kubernetes on this machine. Bundled first: Node 20 runs no TypeScript.
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const entry = fileURLToPath(import.meta.url);
const root = dirname(dirname(entry));

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(3);
    stopping.abort(new Error(`received ${signal}`));
  });
}

/** Once imported, the bundle is in memory and its file is not needed any more. */
async function load() {
  const directory = await mkdtemp(join(root, "node_modules", ".cluster-"));
  try {
    const outfile = join(directory, "cluster.mjs");
    await build({
      absWorkingDir: root,
      entryPoints: ["scripts/cluster/main.ts"],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      loader: { ".yaml": "text" },
      logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
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
