import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Metafile } from "esbuild";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = `
import { loadCredentials } from "./credentials.ts";
import { createKube } from "./client.ts";
const credentials = await loadCredentials({ kubeconfig: process.argv[2], env: {} });
createKube(credentials, { userAgent: "test" }).close();
await credentials.authenticate();
console.log(credentials.server);
`;

let directory: string;
let metafile: Metafile;

/** As scripts/build.mjs bundles the program. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kube-bundle-"));
  const result = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname, sourcefile: "program.ts", loader: "ts" },
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node20",
    metafile: true,
    banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
    logLevel: "silent",
  });
  metafile = result.metafile;
});
afterAll(() => rm(directory, { recursive: true }));

/** The inputs of a chunk and of everything it imports at once. */
function loadedAtStart(name: string): string[] {
  const path = Object.keys(metafile.outputs).find((key) => key.endsWith(name));
  const output = path === undefined ? undefined : metafile.outputs[path];
  if (output === undefined) throw new Error(`no ${name} was built`);
  const further = output.imports.filter(({ kind, external }) => kind === "import-statement" && !external);
  return [
    ...Object.keys(output.inputs),
    ...further.flatMap(({ path: next }) => loadedAtStart(next.split("/").at(-1) ?? "")),
  ];
}

describe("the bundled program", () => {
  it("loads no library before it needs one: in a pod every millisecond delays the repair", () => {
    const inputs = loadedAtStart("stdin.mjs");
    expect(inputs.some((input) => input.endsWith("src/kube/transport.ts"))).toBe(true);
    expect(inputs.filter((input) => input.includes("node_modules"))).toEqual([]);
  });

  it("still reads a kubeconfig", async () => {
    const file = join(directory, "config");
    await writeFile(
      file,
      [
        "current-context: a",
        "contexts: [{name: a, context: {cluster: a, user: a}}]",
        "clusters: [{name: a, cluster: {server: 'https://10.0.0.1:6443'}}]",
        "users: [{name: a, user: {token: t}}]",
      ].join("\n"),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [join(directory, "stdin.mjs"), file]);
    expect(stdout.trim()).toBe("https://10.0.0.1:6443");
  });
});
