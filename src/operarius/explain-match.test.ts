import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anAlert, anOperarius, stuckLabels } from "../../test/support/control-fixture.ts";
import { explainMatch } from "./explain-match.ts";
import { match } from "./match.ts";
import type { OperariusObject, ReadOperarius } from "./operarius.ts";
import { readOperarius } from "./operarius.ts";

type Selector = Partial<OperariusObject["spec"]["alertSelector"]>;

function op(name: string, selector: Selector = {}, spec: Partial<OperariusObject["spec"]> = {}): ReadOperarius {
  const alertSelector = { alertname: "KubeDaemonSetRolloutStuck", status: "firing" as const, ...selector };
  return readOperarius(anOperarius({ alertSelector, ...spec }, name));
}

describe("explainMatch", () => {
  it.each<[string, ReadOperarius, { reason: string; message: string }[]]>([
    [
      "disabled",
      op("a", {}, { enabled: false }),
      [{ reason: "Disabled", message: "it is disabled (spec.enabled is false)" }],
    ],
    [
      "status",
      op("a", { status: "resolved" }),
      [{ reason: "OtherStatus", message: "it answers resolved alerts, this one is firing" }],
    ],
    [
      "name",
      op("a", { alertname: "X" }),
      [{ reason: "OtherAlertName", message: 'it answers "X", this alert is "KubeDaemonSetRolloutStuck"' }],
    ],
    [
      "a missing label",
      op("a", { labels: { team: "x" } }),
      [{ reason: "LabelMissing", message: 'label team is missing, it has to be "x"' }],
    ],
    [
      "another value",
      op("a", { labels: { severity: "critical" } }),
      [{ reason: "LabelDiffers", message: 'label severity is "warning", not "critical"' }],
    ],
    [
      "a matcher",
      op("a", { matchers: ['severity=~"crit.*"'] }),
      [{ reason: "MatcherFails", message: 'matcher severity=~"crit.*" fails: label severity is "warning"' }],
    ],
    ["a matcher without its label", op("a", { matchers: ['team=""'] }), []],
    [
      "a matcher that needs a label",
      op("a", { matchers: ['team!=""'] }),
      [{ reason: "MatcherFails", message: 'matcher team!="" fails: label team is missing' }],
    ],
    [
      "everything at once",
      op("a", { alertname: "X", status: "resolved", labels: { l: "1" }, matchers: ["m=1", "n=2"] }, { enabled: false }),
      ["OtherAlertName", "Disabled", "OtherStatus", "LabelMissing", "MatcherFails", "MatcherFails"].map((reason) => ({
        reason,
        message: expect.any(String),
      })),
    ],
  ])("%s", (_, read, failing) => {
    const { operarii, unmatched } = explainMatch(anAlert(), [read]);
    expect(operarii).toEqual([
      { name: "a", namespace: "openfero", kind: failing.length === 0 ? "answers" : "misses", failing },
    ]);
    expect(unmatched === undefined).toBe(failing.length === 0);
  });

  it("says which one answers and which ones are outranked", () => {
    const { answer, unmatched, operarii } = explainMatch(anAlert(), [op("b"), op("a"), op("c", {}, { priority: 1 })]);
    expect(answer?.metadata.name).toBe("c");
    expect(unmatched).toBeUndefined();
    expect(operarii.map(({ name, kind }) => [name, kind])).toEqual([
      ["c", "answers"],
      ["a", "outranked"],
      ["b", "outranked"],
    ]);
  });

  it("an invalid one is named with its fault, and is near when it is meant for this alert", () => {
    const broken = op("broken", { matchers: ["a=~("] });
    const { operarii, unmatched } = explainMatch(anAlert(), [op("far", { labels: { a: "1", b: "2" } }), broken]);
    expect(operarii[0]).toMatchObject({ name: "broken", kind: "invalid", failing: [{ reason: "MatcherInvalid" }] });
    expect(unmatched?.nearest).toMatchObject({
      operarius: "broken",
      why: expect.stringContaining("spec.alertSelector.matchers[0]: "),
    });
    expect(
      explainMatch(anAlert({ labels: { alertname: "Other" } }), [broken, op("x")]).unmatched?.nearest?.operarius,
    ).toBe("x");
  });

  it.each<[string, ReadOperarius[], string, string | undefined]>([
    ["none installed", [], "NoOperarii", undefined],
    [
      "none of this name",
      [op("a", { alertname: "X" }), op("b", { alertname: "X", status: "resolved" })],
      "NoOperariusForAlertName",
      "a",
    ],
    [
      "the same name before fewer conditions",
      [op("a", { alertname: "X" }), op("b", { labels: { p: "1", q: "2" } })],
      "ConditionsNotMet",
      "b",
    ],
    [
      "the fewest conditions",
      [op("a", { labels: { p: "1", q: "2" } }), op("b", { labels: { p: "1" } })],
      "ConditionsNotMet",
      "b",
    ],
    ["a tie by name", [op("b", { status: "resolved" }), op("a", { labels: { p: "1" } })], "ConditionsNotMet", "a"],
  ])("the nearest miss: %s", (_, reads, reason, nearest) => {
    const { unmatched, answer } = explainMatch(anAlert(), reads);
    expect(answer).toBeUndefined();
    expect([unmatched?.reason, unmatched?.nearest?.operarius]).toEqual([reason, nearest]);
  });

  it("agrees with match, whatever the alert and the Operarii", () => {
    const labels = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("", "1", "2"));
    const matcher = fc.constantFrom("a=1", "a!=1", "b=~1|2", "b!~2", 'c=""', "c=~.+");
    const any = fc.record({
      alertname: fc.constantFrom("A", "B"),
      status: fc.constantFrom("firing" as const, "resolved" as const),
      labels,
      matchers: fc.array(matcher, { maxLength: 2 }),
      priority: fc.integer({ min: 0, max: 2 }),
      enabled: fc.boolean(),
    });
    const alerts = fc.record({
      name: fc.constantFrom("A", "B"),
      labels,
      status: fc.constantFrom("firing" as const, "resolved" as const),
    });
    fc.assert(
      fc.property(alerts, fc.array(any, { maxLength: 6 }), (given, specs) => {
        const alert = anAlert({ status: given.status, labels: { ...given.labels, alertname: given.name } });
        const reads = specs.map(({ priority, enabled, ...selector }, index) =>
          op(`o${index}`, selector, { priority, enabled }),
        );
        const usable = reads.flatMap((read) => (read.kind === "operarius" ? [read.operarius] : []));
        const { answer, unmatched, operarii } = explainMatch(alert, reads);
        expect(answer).toBe(match(alert, usable));
        expect(unmatched === undefined).toBe(answer !== undefined);
        expect(operarii).toHaveLength(reads.length);
        for (const { kind, failing } of operarii) expect(failing.length > 0).toBe(kind === "misses");
      }),
    );
  });

  it("cuts what is long", () => {
    const alert = anAlert({ labels: stuckLabels({ severity: "x".repeat(10_000) }) });
    expect(explainMatch(alert, [op("a", { labels: { severity: "y" } })]).unmatched?.message.length).toBeLessThan(300);
  });
});
