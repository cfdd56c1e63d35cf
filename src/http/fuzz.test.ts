/** Whatever is posted to /alerts: an answer that tells the sender what to do, never 500, and nothing of it half recorded. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aBody,
  aContext,
  aHook,
  anAlert,
  anOperarius,
  install,
  NAMESPACE,
  stuckLabels,
} from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createCatalog, toCatalogEntry } from "../control/catalog.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { operariuses } from "../operarius/operarius.ts";
import { remediations } from "../operarius/remediation.ts";
import { createApp } from "./app.ts";

const MAX_BODY = 64 * 1024;
/** Each property ends in time on a slow machine, too. */
const RUNS = { numRuns: 300, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false } as const;

async function setUp() {
  const kube = createMemoryKube();
  await install(kube, anOperarius());
  const cache = { hasSynced: () => true, items: () => kube.all(operariuses).map(toCatalogEntry) };
  const context = aContext(kube);
  const app = createApp({
    receiver: { context, catalog: createCatalog({ kube, namespace: NAMESPACE, cache }), store: createAlertStore() },
    auth: { method: "none" },
    about: { version: "", commit: "", buildDate: "" },
    isReady: () => true,
    isStopping: () => false,
    writeTimeoutMs: 5000,
    maxBodyBytes: MAX_BODY,
    maxConcurrentDeliveries: 64,
  });
  const post = async (body: string | Uint8Array<ArrayBuffer>) => {
    const before = kube.calls.length;
    const answer = await app.request("/alerts", { method: "POST", body });
    const text = await answer.text();
    const written = kube.calls.slice(before).some(({ verb }) => verb !== "get" && verb !== "list");
    return { code: answer.status, text, written, headers: answer.headers };
  };
  /** The answer is one of those that are allowed, in words, and goes with what was recorded. */
  const judge = async (body: string | Uint8Array<ArrayBuffer>): Promise<number> => {
    const { code, text, written, headers } = await post(body);
    expect([200, 400, 413, 503]).toContain(code);
    if (code === 200) expect(JSON.parse(text)).toMatchObject({ status: "recorded" });
    else expect(JSON.parse(text)).toEqual({ error: expect.stringMatching(/\w/) });
    if (code === 400 || code === 413) expect(written).toBe(false);
    if (code === 503) expect(headers.get("retry-after")).toBe("5");
    return code;
  };
  return { kube, context, judge, post };
}

/** Names and values that have broken parsers, prototypes, labels and terminals. */
const nasty = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "", " ", "\u0000"),
  fc.constantFrom("{{ .Labels.x }}", "$(HOME)", "`id`", "../../etc", "\ud800", "\u202e", "a\r\nb", "💥", "null", "-0"),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.integer({ min: 1, max: 5000 }).map((length) => "x".repeat(length)),
);
const scalar = fc.oneof(nasty, fc.double(), fc.boolean(), fc.constant(null), fc.bigInt().map(String));
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(nasty, scalar, { maxKeys: 4, noNullPrototype: false }),
);
const KEYS = [
  "version",
  "groupKey",
  "status",
  "receiver",
  "groupLabels",
  "commonLabels",
  "commonAnnotations",
  "externalURL",
];
const PARTS = ["status", "labels", "annotations", "startsAt", "endsAt", "fingerprint", "generatorURL"];

/** JSON text with keys in the order given, twice if they stand there twice. */
function objectText(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member) ?? "null"}`).join(",")}}`;
}

/** A payload of Alertmanager in which some fields were exchanged, doubled, or spelt otherwise. */
const mutated = fc
  .record({
    hook: fc.array(fc.tuple(fc.constantFrom(...KEYS, "alerts", "truncatedAlerts"), value), { maxLength: 3 }),
    alert: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...PARTS), nasty), value), { maxLength: 3 }),
    labels: fc.array(fc.tuple(fc.oneof(fc.constantFrom("alertname", "namespace", "daemonset", "pod"), nasty), nasty), {
      maxLength: 4,
    }),
    upper: fc.boolean(),
  })
  .map(({ hook, alert, labels, upper }) => {
    const own = Object.entries({ ...anAlert(), labels: undefined }).filter(([, member]) => member !== undefined);
    const labelText = objectText([...Object.entries(stuckLabels()), ...labels]);
    const alertText = objectText([...own, ...alert]).replace(/^\{/, `{"labels":${labelText},`);
    const text = objectText([...Object.entries(aHook()), ...hook]).replace(/^\{/, `{"alerts":[${alertText}],`);
    return upper ? text.replaceAll(/"(status|labels|alerts)":/g, (key) => key.toUpperCase()) : text;
  });

describe("the webhook, whatever is sent", () => {
  it("arbitrary bytes", async () => {
    const { judge, kube } = await setUp();
    const bytes = fc.uint8Array({ maxLength: 2000 }).map((array) => Uint8Array.from(array));
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => void (await judge(body))),
      RUNS,
    );
    expect(kube.all(remediations)).toEqual([]);
  });

  it("arbitrary text and JSON", async () => {
    const { judge } = await setUp();
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.json().map((json) => json.slice(1)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (body) => void (await judge(body))),
      RUNS,
    );
  });

  it("payloads of Alertmanager with something wrong in them", async () => {
    const { judge, kube, context } = await setUp();
    const codes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(mutated, async (body) => void codes.add(await judge(body))),
      RUNS,
    );
    // The property is worth something only if it meets both.
    expect(codes).toContain(200);
    expect(codes).toContain(400);
    for (const { metadata } of kube.all(remediations)) {
      expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
      for (const label of Object.values(metadata.labels ?? {})) {
        expect(label).toMatch(/^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
      }
    }
    expect(context.lines.join("\n")).not.toContain("a request failed");
    expect(Object.keys({})).toEqual([]);
    expect(({} as Record<string, unknown>).alertname).toBeUndefined();
  });

  it("a good alert among bad ones is recorded, the bad ones are told", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 5 }), fc.nat(5), async (others, at) => {
        const { post, kube } = await setUp();
        const bad = others.map((labels) => ({ labels: { alertname: "Other", broken: [labels] } }));
        const alerts = [...bad.slice(0, at), anAlert(), ...bad.slice(at)];
        const { code, text } = await post(JSON.stringify({ ...aHook(), alerts }));
        expect([code, kube.all(remediations).length]).toEqual([200, 1]);
        expect((JSON.parse(text) as { rejected: unknown[] }).rejected).toHaveLength(bad.length);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });

  it.each<[string, string, number]>([
    ["a hundred thousand brackets", "[".repeat(60_000), 400],
    ["deep labels", `{"alerts":[{"labels":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}]}`, 400],
    ["one byte too many", `${" ".repeat(MAX_BODY)}{`, 413],
    ["__proto__ as a label", aBody().replace('"alertname":', '"__proto__":{"status":"firing"},"alertname":'), 400],
    ["__proto__ as the alerts", `{"__proto__":{"alerts":[{}]},"version":"4"}`, 400],
    ["constructor as a label", aBody([{ labels: stuckLabels({ constructor: "x", __proto__: "y" }) }]), 200],
    ["NUL in a name", aBody([{ labels: stuckLabels({ daemonset: "a\u0000b" }) }]), 200],
    ["a name that is no name", aBody([{ labels: stuckLabels({ daemonset: "../../nodes" }) }]), 200],
    ["half a character", aBody([{ labels: stuckLabels({ daemonset: "\ud800" }) }]), 200],
    ["a mark before the text", `\ufeff${aBody()}`, 200],
  ])("%s", async (_, body, want) => {
    const { judge } = await setUp();
    expect(await judge(body)).toBe(want);
  });
});
