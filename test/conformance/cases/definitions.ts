/** Definitions of custom kinds that are refused, and custom resources with several faults. */
import { expect } from "vitest";
import type { Bench, Case } from "../case.ts";
import type { Status } from "../http.ts";

type Schema = Record<string, unknown>;

interface Parts {
  spec: Schema;
  columns?: object[];
  storage?: boolean;
  name?: string;
}

const groupOf = ({ namespace }: Bench): string => `${namespace}.example.com`;

function definition(bench: Bench, { spec, columns, storage = true, name = "widgets" }: Parts): object {
  const group = groupOf(bench);
  const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
  const version = {
    name: "v1",
    served: true,
    storage,
    schema,
    ...(columns === undefined ? {} : { additionalPrinterColumns: columns }),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${name}.${group}` },
    spec: { group, scope: "Namespaced", names: { plural: "widgets", kind: "Widget" }, versions: [version] },
  };
}

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

async function refusal(bench: Bench, parts: Parts): Promise<string> {
  const { code, body } = await bench.http({ method: "POST", path: crds, body: definition(bench, parts) });
  expect(code).toBe(422);
  return body.message ?? "";
}

const at = "spec.validation.openAPIV3Schema.properties[spec]";
const object = (properties: Schema, more: Schema = {}): Schema => ({ type: "object", properties, ...more });

export const definitionCases: readonly Case[] = [
  {
    name: "a definition with a type that there is not, a default that it refuses, a column of no type",
    async run(bench) {
      expect(await refusal(bench, { spec: object({ size: { type: "intgr" } }) })).toContain(
        `${at}.properties[size].type: Unsupported value: "intgr": supported values: "array", "boolean", "integer", "number", "object", "string"`,
      );
      expect(
        await refusal(bench, { spec: object({ mode: { type: "string", enum: ["p", "q"], default: "x" } }) }),
      ).toContain(`${at}.properties[mode].default: Unsupported value: "x": supported values: "p", "q"`);
      const columns = [{ name: "Age", type: "dat", jsonPath: ".metadata.creationTimestamp" }];
      expect(await refusal(bench, { spec: object({}), columns })).toContain(
        'spec.additionalPrinterColumns[0].type: Invalid value: "dat": must be one of boolean,date,integer,number,string',
      );
    },
  },
  {
    name: "a definition without a stored version, or with another name than its kind's",
    async run(bench) {
      expect(await refusal(bench, { spec: object({}), storage: false })).toContain(
        '"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version, status.storedVersions: Invalid value: null: must have at least one stored version]',
      );
      expect(await refusal(bench, { spec: object({}), name: "other" })).toContain(
        'must be spec.names.plural+"."+spec.group',
      );
    },
  },
  {
    name: "a definition with a rule that cannot be read is refused",
    async run(bench) {
      const rules = [{ rule: "self.size <=" }];
      const spec = object({ size: { type: "integer" } }, { "x-kubernetes-validations": rules });
      const told = await refusal(bench, { spec });
      expect(told).toContain(`${at}.x-kubernetes-validations[0].rule: Invalid value: `);
      expect(told).toContain("compilation failed: ERROR: ");
    },
  },
  {
    name: "faults that keep rules from being asked are told as such; others are told with the rules'",
    async run(bench) {
      const rules = [{ rule: "!has(self.size) || self.size < 10", message: "too big" }];
      const spec = object(
        {
          size: { type: "integer", minimum: 1 },
          mode: { type: "string", enum: ["p", "q"] },
          tags: {
            type: "array",
            maxItems: 4,
            items: { type: "string", maxLength: 9, pattern: "^[a-z]+$" },
            "x-kubernetes-list-type": "set",
          },
        },
        { "x-kubernetes-validations": rules },
      );
      const made = await bench.http<Status>({ method: "POST", path: crds, body: definition(bench, { spec }) });
      expect(made.body.message).toBeUndefined();
      const path = `/apis/${groupOf(bench)}/v1/namespaces/${bench.namespace}/widgets`;
      const body = { apiVersion: `${groupOf(bench)}/v1`, kind: "Widget", metadata: { name: "one" } };
      // Before the kind is served the answer is plain text.
      const told = async (fields: object) =>
        (await bench.http({ method: "POST", path: `${path}?dryRun=All`, body: { ...body, spec: fields } })).text;
      await bench.until("the kind is served with its schema", async () =>
        (await told({ size: "x" })).includes("spec.size"),
      );
      const notAsked =
        "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
      const message = async (fields: object) => (JSON.parse(await told(fields)) as Status).message;
      expect(await message({ size: 20 })).toContain(": spec: Invalid value: too big");
      expect(await message({ size: 20, mode: "x" })).toMatch(
        /supported values: "p", "q", <nil>: Invalid value: null: /,
      );
      expect(await message({ size: "x" })).toContain(notAsked);
      expect(await message({ size: 20, tags: ["A"] })).toMatch(
        /spec\.tags\[0\] in body should match .*, spec: Invalid value: too big\]$/,
      );
      expect(await message({ tags: ["a", "a"] })).toContain('spec.tags[1]: Duplicate value: "a"');
    },
  },
];
