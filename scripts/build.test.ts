/** The built program can be used while it is built again: two terminals on a fresh clone do that. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const directory = mkdtempSync(join(cache, "operarius-build-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const build = () => run(process.execPath, [join(root, "scripts", "build.mjs"), directory]);
const help = () => run(process.execPath, [join(directory, "operarius.js"), "serve", "--help"]);

it("is whole at any moment of another build", async () => {
  await build();
  let isOver = false;
  const again = Promise.all([build(), build()]).finally(() => {
    isOver = true;
  });
  while (!isOver) expect((await help()).stdout).toContain("--addr");
  await again;
  expect((await help()).stdout).toContain("--addr");
}, 60_000);
