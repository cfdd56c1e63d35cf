// Bundles the program and the sandbox into dist/: one entry each, shared code split into chunks, nothing left in node_modules at run time.
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = join(root, "dist");
await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { operarius: "src/main.ts", sandbox: "sandbox/main.ts" },
  outdir,
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  platform: "node",
  format: "esm",
  target: "node20",
  loader: { ".yaml": "text" },
  // CommonJS dependencies call require() for Node's own modules; ESM output has none.
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
await writeFile(join(outdir, ".built"), "");
