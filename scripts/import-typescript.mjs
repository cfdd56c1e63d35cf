// Loads a TypeScript entry in this process: Node 20 runs no TypeScript, so it is bundled into `directory` first.
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** The module's exports. Once imported, the bundle is in memory and `directory` is not needed for it any more. */
export async function importTypeScript({ root, entryPoint, directory }) {
  const outfile = join(directory, `${basename(entryPoint, ".ts")}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
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
}
