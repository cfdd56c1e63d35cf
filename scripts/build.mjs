// Bundles the program and the sandbox into dist/: one entry each, shared code split into chunks, nothing left in node_modules at run time.
// `node scripts/build.mjs DIRECTORY` builds there instead, so that tests do not pull the program from under those who use dist/.
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entries = new Set(["operarius.js", "sandbox.js"]);
const [directory] = process.argv.slice(2);
const outdir = directory === undefined ? join(root, "dist") : resolve(directory);
await mkdir(outdir, { recursive: true });
const fresh = await mkdtemp(join(outdir, ".build-"));
await build({
  absWorkingDir: root,
  entryPoints: { operarius: "src/main.ts", sandbox: "sandbox/main.ts" },
  outdir: fresh,
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
// Somebody may be running what is there, or building at the same time: files are exchanged one by one, parts before the
// entries that name them, and only what the new build does not have goes.
const built = (await readdir(fresh)).toSorted((a, b) => Number(entries.has(a)) - Number(entries.has(b)));
for (const file of built) await rename(join(fresh, file), join(outdir, file));
await writeFile(join(outdir, ".built"), "");
await rm(fresh, { recursive: true });
for (const file of await readdir(outdir)) {
  if (file !== ".built" && !file.startsWith(".build-") && !built.includes(file)) await rm(join(outdir, file));
}
