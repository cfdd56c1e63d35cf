/** The options of lists and watches, and what cannot be read in selectors. */
import { expect } from "vitest";
import type { Bench, Case } from "../case.ts";
import type { HttpAnswer, Status } from "../http.ts";
import { makeOne } from "../writes.ts";

interface Refusal {
  query: string;
  code: number;
  reason?: string;
  message: string;
}

const path = ({ namespace }: Bench): string => `/api/v1/namespaces/${namespace}/configmaps`;

async function refusesAll(bench: Bench, refusals: readonly Refusal[]): Promise<void> {
  for (const { query, ...want } of refusals) {
    const { body } = await bench.http({ path: `${path(bench)}?${query}` });
    expect({ query, code: body.code, reason: body.reason, message: body.message }).toEqual({
      query,
      reason: undefined,
      ...want,
    });
  }
}

const bad = (query: string, message: string): Refusal => ({ query, code: 400, reason: "BadRequest", message });
const options = (query: string, message: string): Refusal => ({
  query,
  code: 422,
  reason: "Invalid",
  message: `ListOptions.meta.k8s.io "" is invalid: ${message}`,
});
const match = "resourceVersionMatch";
const marker = "sendInitialEvents";

export const listingCases: readonly Case[] = [
  {
    name: "numbers and versions that cannot be read",
    async run(bench) {
      await refusesAll(bench, [
        bad("limit=few", 'strconv.ParseInt: parsing "few": invalid syntax'),
        bad("timeoutSeconds=x", 'strconv.ParseInt: parsing "x": invalid syntax'),
        bad(
          "resourceVersion=abc",
          'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        ),
        {
          query: "watch=1&resourceVersion=abc",
          code: 500,
          message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        },
      ]);
    },
  },
  {
    name: "resourceVersionMatch: what it needs, and what it does not go with",
    async run(bench) {
      await refusesAll(bench, [
        options(`${match}=Exact`, `${match}: Forbidden: ${match} is forbidden unless resourceVersion is provided`),
        options(
          `resourceVersion=0&${match}=Exact`,
          `${match}: Forbidden: ${match} "exact" is forbidden for resourceVersion "0"`,
        ),
        options(
          `resourceVersion=5&${match}=Nope`,
          `${match}: Unsupported value: "Nope": supported values: "Exact", "NotOlderThan", ""`,
        ),
      ]);
    },
  },
  {
    name: "sendInitialEvents is for watches, and with resourceVersionMatch NotOlderThan alone",
    async run(bench) {
      await refusesAll(bench, [
        options(`${marker}=true`, `${marker}: Forbidden: ${marker} is forbidden for list`),
        options(`watch=1&${marker}=true`, `${match}: Forbidden: ${marker} requires setting ${match} to NotOlderThan`),
        options(
          `watch=1&${match}=NotOlderThan`,
          `${match}: Forbidden: ${match} is forbidden for watch unless ${marker} is provided`,
        ),
        options(
          `watch=1&${marker}=true&${match}=Exact`,
          `[${match}: Forbidden: ${marker} requires setting ${match} to NotOlderThan, ${match}: Unsupported value: "Exact": supported values: "NotOlderThan"]`,
        ),
      ]);
    },
  },
  {
    name: "a version that is still to come is 504 with the cause ResourceVersionTooLarge",
    async run(bench) {
      const { code, body, headers } = await bench.http({ path: `${path(bench)}?resourceVersion=999999999` });
      expect([code, body.reason]).toEqual([504, "Timeout"]);
      expect(body.message).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
      expect(body.details).toMatchObject({
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        retryAfterSeconds: 1,
      });
      expect(headers["retry-after"]).toBe("1");
    },
  },
  {
    name: "selectors that cannot be read, and fields that nobody can select by",
    async run(bench) {
      await refusesAll(bench, [
        bad("labelSelector=a%3D%3D%3Db", "unable to parse requirement: found '=', expected: identifier"),
        bad("labelSelector=a%3Db%3Dc", "found '=', expected: ',' or 'end of string'"),
        bad("labelSelector=app%20notin", "unable to parse requirement: found '' expected: '('"),
        bad("fieldSelector=a", "invalid selector: 'a'; can't understand 'a'"),
        bad(
          "fieldSelector=spec.x%3Db",
          '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
      ]);
      const { body } = await bench.http({ path: `${path(bench)}?labelSelector=-bad%3Dx` });
      expect(body.message).toMatch(
        /^unable to parse requirement: <nil>: Invalid value: "-bad": name part must consist of alphanumeric characters/,
      );
      const pods = await bench.http({
        path: `/api/v1/namespaces/${bench.namespace}/pods?fieldSelector=spec.foo%3Dbar`,
      });
      expect(pods.body.message).toBe("field label not supported: spec.foo");
    },
  },
  {
    name: "the items of a list do not repeat their type, those of a list of custom resources do",
    async run(bench) {
      await makeOne(bench);
      const { body } = await bench.http<{ items: { kind?: string }[] }>({ path: path(bench) });
      expect(body.items.length).toBeGreaterThan(0);
      expect(body.items.map(({ kind }) => kind)).toEqual(body.items.map(() => undefined));
      const crds = await bench.http<{ items: { kind?: string }[] }>({
        path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=1",
      });
      expect(crds.body.items.map(({ kind }) => kind)).toEqual(crds.body.items.map(() => undefined));
    },
  },
  {
    name: "a path that leads nowhere: plain text outside of the API, a Status inside",
    async run({ http }) {
      const look = async (path: string) => http({ path });
      for (const path of ["/nope", "/apis/nope", "/apis/nope/v1"]) {
        const { code, text }: HttpAnswer<Status> = await look(path);
        expect([path, code, text]).toEqual([path, 404, "404 page not found\n"]);
      }
      for (const path of ["/api/v1/nope", "/apis/apps/v9", "/apis/apps/v1/nope"]) {
        const { code, body } = await look(path);
        expect([path, code, body.message]).toEqual([path, 404, "the server could not find the requested resource"]);
      }
    },
  },
];
