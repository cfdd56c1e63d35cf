import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aContext, aHook, anAlert, aSummary, NAMESPACE, NOW } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError } from "../kube/errors.ts";
import type { Phase } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { tidy, toForget } from "./tidy.ts";

const DAY = 24 * 60 * 60_000;
const ended = (name: string, daysAgo: number, phase: Phase = "Succeeded") =>
  aSummary({ name, phase, endedAt: NOW - daysAgo * DAY });
const forgotten = (...records: Parameters<typeof toForget>[0]) => toForget(records, NOW).map(({ name }) => name);

describe("what is forgotten", () => {
  it("old ones, but never the newest of a target", () =>
    expect(forgotten(ended("a-1", 40), ended("a-2", 36), ended("a-3", 36), ended("b-1", 400))).toEqual(["a-1", "a-2"]));
  it("nothing that the scorecard still looks back on", () =>
    expect(forgotten(ended("a-1", 34), ended("a-2", 1))).toEqual([]));
  it("nothing that is live", () =>
    expect(forgotten(aSummary({ name: "a-1", phase: "Running" }), ended("a-2", 40))).toEqual([]));
  it("the oldest of too many", () => {
    const many = Array.from({ length: 5003 }, (_, index) => ended(`a-${index + 1}`, 30 - index / 1000));
    expect(forgotten(...many.toReversed())).toEqual(["a-1", "a-2"]);
  });
  it("never a live one, never the newest, whatever there is", () => {
    const record = fc.record({
      target: fc.constantFrom("a", "b", "c"),
      sequence: fc.integer({ min: 1, max: 9 }),
      daysAgo: fc.integer({ min: 0, max: 90 }),
      phase: fc.constantFrom<Phase | undefined>("Succeeded", "Declined", "Blocked", undefined),
    });
    fc.assert(
      fc.property(fc.array(record), (all) => {
        const records = all.map(({ target, sequence, daysAgo, phase }) => ({
          ...aSummary({ name: `${target}-${sequence}`, endedAt: NOW - daysAgo * DAY }),
          phase,
        }));
        for (const { target, sequence, phase } of toForget(records, NOW)) {
          expect(["Succeeded", "Declined"]).toContain(phase);
          expect(records.some((other) => other.target === target && other.sequence > sequence)).toBe(true);
        }
      }),
    );
  });
});

describe("tidying", () => {
  async function setUp() {
    const kube = createMemoryKube(() => NOW);
    const target = { cluster: "c", kind: "DaemonSet", namespace: "n", name: "x" };
    for (const sequence of [1, 2, 3]) {
      await kube.create(remediations, {
        metadata: { name: `x-${sequence}`, namespace: NAMESPACE },
        spec: {
          target,
          operarius: { name: "o" },
          sequence,
          alert: anAlert(),
          hook: aHook(),
          receivedAt: "2025-01-01T00:00:00Z",
        },
        status: { phase: "Succeeded", endedAt: "2025-01-01T01:00:00Z" },
      });
    }
    const context = aContext(kube, { now: () => NOW });
    return { kube, context, names: () => kube.all(remediations).map(({ metadata }) => metadata.name) };
  }
  it("leaves the newest, also of records without the label", async () => {
    const { context, names } = await setUp();
    await tidy(context);
    expect(names()).toEqual(["x-3"]);
  });
  it("goes on over one that another replica has deleted, and stops at an API that does not answer", async () => {
    const { kube, context, names } = await setUp();
    const notFound = new StatusError({ code: 404, reason: "NotFound", message: "gone" });
    kube.failWith(({ verb, name }) => (verb === "delete" && name === "x-1" ? notFound : undefined));
    await tidy(context);
    expect(names()).toEqual(["x-1", "x-3"]);
    const down = new StatusError({ code: 500, reason: "InternalError", message: "down" });
    kube.failWith(({ verb }) => (verb === "delete" ? down : undefined));
    await expect(tidy(context)).rejects.toBe(down);
  });
});
