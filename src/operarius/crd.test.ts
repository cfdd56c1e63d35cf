import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { customResourceDefinitions } from "./crd.ts";
import { crdFiles } from "./crd-files.ts";

const directory = join(import.meta.dirname, "..", "..", "deploy", "crds");

describe("deploy/crds", () => {
  it.each(crdFiles())("$file is what the schemas generate (else: npm run generate)", ({ file, text }) => {
    expect(readFileSync(join(directory, file), "utf8")).toBe(text);
  });

  it("holds nothing else", () => {
    expect(readdirSync(directory).toSorted()).toEqual(
      crdFiles()
        .map(({ file }) => file)
        .toSorted(),
    );
  });
});

describe("the generated schemas", () => {
  const definitions = customResourceDefinitions().map(({ definition }) => definition);
  const nodes = definitions.flatMap((definition) => [...walk(definition)]);

  it("are structural: no construct the API server refuses", () => {
    const forbidden = ["$schema", "$ref", "propertyNames", "additionalItems", "patternProperties", "definitions"];
    for (const node of nodes) for (const key of forbidden) expect(Object.keys(node)).not.toContain(key);
    const both = nodes.filter((node) => "properties" in node && "additionalProperties" in node);
    expect(both).toEqual([]);
  });

  it("keep OpenFero's names, short name, columns (Ready is ours) and enum", () => {
    const [operarius] = definitions;
    expect(operarius).toMatchObject({
      metadata: { name: "operariuses.openfero.io" },
      spec: {
        scope: "Namespaced",
        names: { kind: "Operarius", listKind: "OperariusList", singular: "operarius", shortNames: ["op"] },
        versions: [{ name: "v1alpha1", subresources: { status: {} } }],
      },
    });
    const columns = nodes.flatMap((node) =>
      Array.isArray(node.additionalPrinterColumns) ? [node.additionalPrinterColumns] : [],
    );
    expect(columns[0]?.map(({ jsonPath }: { jsonPath: string }) => jsonPath)).toEqual([
      ".spec.alertSelector.alertname",
      ".spec.alertSelector.status",
      ".spec.enabled",
      ".status.executionCount",
      '.status.conditions[?(@.type=="Ready")].status',
      ".metadata.creationTimestamp",
    ]);
    expect(nodes).toContainEqual(expect.objectContaining({ enum: ["firing", "resolved"] }));
  });

  it("tell the story of a Remediation in a list: what everybody needs, and why it stands so with -o wide", () => {
    const columns = nodes.flatMap((node) =>
      Array.isArray(node.additionalPrinterColumns) ? [node.additionalPrinterColumns] : [],
    );
    const names = columns
      .at(-1)
      ?.map(({ name, priority = 0 }: { name: string; priority?: number }) => [name, priority]);
    expect(names).toEqual([
      ["Target", 0],
      ["Alert", 0],
      ["Cause", 0],
      ["Phase", 0],
      ["Age", 0],
      ["Where", 1],
      ["Reason", 1],
      ["Message", 1],
    ]);
  });

  it("keep everything in a jobTemplate that they do not name, metadata included", () => {
    const template = nodes.find((node) => String(node.description).startsWith("The Job to start"));
    expect(template).toMatchObject({ "x-kubernetes-preserve-unknown-fields": true, required: ["spec"] });
    expect(template?.properties).not.toHaveProperty("metadata");
  });
});

type Json = Record<string, unknown>;

function* walk(value: unknown): Generator<Json> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Json;
  for (const child of Object.values(value)) yield* walk(child);
}
