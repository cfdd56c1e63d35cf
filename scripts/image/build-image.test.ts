import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ClusterProblem } from "../cluster/problem.ts";
import { writeInOnePiece } from "./build-image.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "image-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("what was there is replaced, and nothing else is left", () => {
  const file = join(directory, "image.tar");
  writeFileSync(file, "old");
  writeInOnePiece(file, Buffer.from("new"));
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(readdirSync(directory)).toEqual(["image.tar"]);
});

test("a place that cannot be written is named, with the cause", () => {
  const file = join(directory, "missing", "image.tar");
  expect(() => writeInOnePiece(file, Buffer.from("new"))).toThrow(ClusterProblem);
  expect(() => writeInOnePiece(file, Buffer.from("new"))).toThrow(/image\.tar cannot be written: ENOENT/);
});
