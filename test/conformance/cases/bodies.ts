/** The forms of requests and answers: JSON, YAML, tables; and what cannot be read. */
import type { ConfigMap } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { parse } from "yaml";
import type { Live } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import { makeOne } from "../writes.ts";

const path = ({ namespace }: Bench): string => `/api/v1/namespaces/${namespace}/configmaps`;
const unrecognized = "the object provided is unrecognized (must be of type ConfigMap):";
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io";

async function refused(bench: Bench, body: string, contentType = "application/json"): Promise<[number, string]> {
  const answer = await bench.http({ method: "POST", path: path(bench), body, contentType });
  return [answer.code, answer.body.message ?? ""];
}

export const bodyCases: readonly Case[] = [
  {
    name: "a body that is not JSON is 400 with the words of Go's decoder",
    async run(bench) {
      const why = "couldn't get version/kind; json parse error:";
      expect(await refused(bench, "{bad")).toEqual([
        400,
        `${unrecognized} ${why} invalid character 'b' looking for beginning of object key string ({bad)`,
      ]);
      expect(await refused(bench, "nope")).toEqual([
        400,
        `${unrecognized} ${why} invalid character 'o' in literal null (expecting 'u') (6e6f7065)`,
      ]);
      expect((await refused(bench, '{"a":1'))[1]).toContain('unexpected end of JSON input ({"a":1)');
      expect((await refused(bench, '{"a":1]'))[1]).toContain("invalid character ']' after object key:value pair");
      expect((await refused(bench, "[]"))[1]).toContain("json: cannot unmarshal array into Go value of type struct");
    },
  },
  {
    name: "values of the wrong type are 400 with the field and its Go type",
    async run(bench) {
      expect(await refused(bench, '{"metadata":{"name":"a"},"data":{"x":1}}')).toEqual([
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      ]);
      const body = { metadata: { name: "a" }, spec: { minReadySeconds: "x" } };
      const sets = `/apis/apps/v1/namespaces/${bench.namespace}/daemonsets`;
      expect((await bench.http({ method: "POST", path: sets, body })).body.message).toBe(
        'DaemonSet in version "v1" cannot be handled as a DaemonSet: json: cannot unmarshal string into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32',
      );
    },
  },
  {
    name: "another kind than the path's is 400",
    async run(bench) {
      expect(await refused(bench, '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}')).toEqual([
        400,
        'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
      ]);
    },
  },
  {
    name: "YAML is read and written, other forms are 415 and 406",
    async run(bench) {
      const made = await bench.http<Live<ConfigMap>>({
        method: "POST",
        path: path(bench),
        contentType: "application/yaml",
        body: "metadata: {name: one}\ndata: {a: b}\n",
      });
      expect([made.code, made.body.data]).toEqual([201, { a: "b" }]);
      const yaml = await bench.http({ path: `${path(bench)}/one`, accept: "application/yaml" });
      expect(yaml.headers["content-type"]).toBe("application/yaml");
      expect(parse(yaml.text)).toMatchObject({ kind: "ConfigMap", data: { a: "b" } });
      expect(await refused(bench, "x", "text/plain")).toEqual([
        415,
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
      ]);
      const html = await bench.http({ path: path(bench), accept: "text/html" });
      expect([html.code, html.body.reason, html.body.message]).toEqual([
        406,
        "NotAcceptable",
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
      ]);
    },
  },
  {
    name: "curl is answered on many lines, programs on one",
    async run(bench) {
      const look = async (agent: string, query = "") =>
        (await bench.http({ path: `${path(bench)}/none${query}`, headers: { "user-agent": agent } })).text;
      expect(await look("curl/8.5.0")).toMatch(/^\{\n {2}"kind": "Status",\n/);
      expect(await look("kubectl/v1.35.0")).toMatch(/^\{"kind":"Status",.*\}\n$/);
      expect(await look("kubectl/v1.35.0", "?pretty=true")).toMatch(/^\{\n {2}"kind": "Status",\n/);
    },
  },
  {
    name: "a Table with the objects, their metadata or nothing in its rows; other forms of it are refused",
    async run(bench) {
      await makeOne(bench);
      const rows = async (include: string) => {
        const query = `fieldSelector=metadata.name%3Done&includeObject=${include}`;
        const answer = await bench.http<{ rows: { cells: unknown[]; object?: { kind: string; data?: object } }[] }>({
          path: `${path(bench)}?${query}`,
          accept: asTable,
        });
        return answer.body.rows.map(({ cells, object }) => [cells.slice(0, 2), object?.kind, object?.data]);
      };
      expect(await rows("None")).toEqual([[["one", 1], undefined, undefined]]);
      expect(await rows("Metadata")).toEqual([[["one", 1], "PartialObjectMetadata", undefined]]);
      expect(await rows("Object")).toEqual([[["one", 1], "ConfigMap", { a: "1" }]]);
      const nope = await bench.http({ path: `${path(bench)}?includeObject=Nope`, accept: asTable });
      expect([nope.code, nope.body.message]).toEqual([
        400,
        "Unable to convert to Table as requested: includeObject: Invalid value: \"Nope\": must be 'Metadata', 'Object', 'None', or empty",
      ]);
      const old = await bench.http({ path: path(bench), accept: "application/json;as=Table;v=v9;g=meta.k8s.io" });
      expect([old.code, old.body.message]).toEqual([
        406,
        "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
      ]);
    },
  },
  {
    name: "the options of a write: what nobody knows is 422",
    async run(bench) {
      await makeOne(bench);
      const send = async (query: string, body: unknown = {}) =>
        (
          await bench.http({
            method: "PATCH",
            path: `${path(bench)}/one?${query}`,
            contentType: "application/merge-patch+json",
            body,
          })
        ).body.message;
      const invalid = 'PatchOptions.meta.k8s.io "" is invalid:';
      expect(await send("dryRun=Nope")).toBe(`${invalid} dryRun: Unsupported value: ["Nope"]: supported values: "All"`);
      expect(await send("fieldValidation=Nope")).toBe(
        `${invalid} fieldValidation: Unsupported value: "Nope": supported values: "", "Ignore", "Strict", "Warn"`,
      );
      expect(await send(`fieldManager=${"x".repeat(129)}`)).toBe(
        `${invalid} fieldManager: Too long: may not be more than 128 bytes`,
      );
      expect(await send("force=true")).toBe(`${invalid} force: Forbidden: may not be specified for non-apply patch`);
    },
  },
];
