import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "./folders.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "operarius-folders-"));
});
afterEach(() => rmSync(base, { recursive: true }));

test("makes the folder and those above it, for the owner alone, and may be called again", () => {
  const directory = join(base, "a", "b");
  makeFolder(directory);
  makeFolder(directory);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test("a file in its place, or above it, is named", () => {
  writeFileSync(join(base, "file"), "");
  expect(() => makeFolder(join(base, "file"))).toThrow(`${join(base, "file")} is a file`);
  expect(() => makeFolder(join(base, "file", "below"))).toThrow("is a file");
});

test.runIf(existsSync("/proc/self"))("where nothing can be made it says so instead of trying for ever", () => {
  expect(() => makeFolder("/proc/operarius/cluster")).toThrow(/ENOENT.*\/proc\/operarius/);
});
