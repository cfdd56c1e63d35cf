// Bundles the program and the sandbox into dist/: one entry each, shared code split into chunks, nothing left in node_modules at run time.
// `node scripts/build.mjs DIRECTORY` builds there instead, so that tests do not pull the program from under those who use dist/.
import { rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [directory] = process.argv.slice(2);
const outdir = directory === undefined ? join(root, "dist") : resolve(directory);
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
