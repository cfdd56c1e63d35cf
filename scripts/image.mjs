// `npm run image -- [--output FILE]`: the container image as a file, without a daemon and without a registry.
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./import-typescript.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stopping.abort(new Error(`received ${signal}`)));

const directory = await mkdtemp(join(root, "node_modules", ".image-"));
let code = 1;
try {
  const { main } = await importTypeScript({ root, entryPoint: "scripts/image/main.ts", directory });
  code = await main(process.argv.slice(2), {
    env: process.env,
    root,
    scratch: directory,
    machine: { platform: process.platform, arch: process.arch },
    signal: stopping.signal,
    out: (line) => console.log(line),
    err: (line) => console.error(`image: ${line}`),
  });
} finally {
  await rm(directory, { recursive: true, force: true });
}
process.exit(code);
