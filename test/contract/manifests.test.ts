/** Every manifest we ship must mean the same to kubectl, which reads YAML 1.1 (a bare `n`, `y`, `on` is a boolean there). */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

const deploy = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "deploy");
const files = readdirSync(deploy, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".yaml"));

function parse(file: string, version: "1.1" | "1.2"): unknown[] {
  const documents = parseAllDocuments(readFileSync(join(deploy, file), "utf8"), { version, uniqueKeys: true });
  return documents.map((document) => {
    expect(document.errors).toEqual([]);
    // As kubectl does: keys become JSON strings.
    return JSON.parse(JSON.stringify(document.toJS()));
  });
}

it("finds the manifests", () => {
  expect(files).toContain(join("crds", "remediations.openfero.io.yaml"));
});

it.each(files)("%s reads alike as YAML 1.1 and 1.2", (file) => {
  expect(parse(file, "1.1")).toEqual(parse(file, "1.2"));
});
