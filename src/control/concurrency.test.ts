import { describe, expect, it } from "vitest";
import { aSummary } from "../../test/support/control-fixture.ts";
import { holdByConcurrency } from "./concurrency.ts";
import type { RecordSummary } from "./summary.ts";

const limits = { recheckMs: 1000, maxRunning: { total: 4, perNamespace: 3, perOperarius: 2 } };

function running(count: number, more: Partial<RecordSummary>): RecordSummary[] {
  return Array.from({ length: count }, (_, index) =>
    aSummary({ name: `r${index}-1`, inFlight: true, targetNamespace: `n${index}`, operarius: `o${index}`, ...more }),
  );
}

describe("the limit that is reached", () => {
  const record = aSummary({ targetNamespace: "mine", operarius: "own" });
  it.each<[string, RecordSummary[], RegExp | undefined]>([
    ["nothing runs", [], undefined],
    ["one less than all", running(3, {}), undefined],
    ["in all", running(4, {}), /^4 attempts run in all, of at most 4/],
    ["more than all", running(9, {}), /^9 attempts run in all, of at most 4/],
    ["one less in the namespace", running(2, { targetNamespace: "mine" }), undefined],
    ["in the namespace", running(3, { targetNamespace: "mine" }), /^3 attempts run in namespace mine, of at most 3/],
    ["one less of the Operarius", running(1, { operarius: "own" }), undefined],
    ["of the Operarius", running(2, { operarius: "own" }), /^2 attempts run of Operarius own, of at most 2/],
    ["those that do not run", running(9, { inFlight: false, operarius: "own" }), undefined],
    ["the record itself", [{ ...record, inFlight: true }], undefined],
  ])("%s", (_, records, want) => {
    const hold = holdByConcurrency(record, records, limits);
    if (want === undefined) expect(hold).toBeUndefined();
    else expect(hold).toMatchObject({ reason: "TooManyRunning", message: expect.stringMatching(want) });
  });
  it("those far behind in line ask less often", () => {
    const waiting = Array.from({ length: 50 }, (_, index) =>
      aSummary({ name: `w${index}`, reason: "TooManyRunning", receivedAt: record.receivedAt - 1000 }),
    );
    const ask = (line: typeof waiting) =>
      holdByConcurrency(record, [...running(9, {}), ...line], limits)?.recheckAfterMs;
    expect([ask([]), ask(waiting.slice(0, 4)), ask(waiting)]).toEqual([1000, 5000, 10_000]);
  });
  it("targets without a namespace share one limit", () =>
    expect(
      holdByConcurrency(aSummary({ targetNamespace: "" }), running(3, { targetNamespace: "" }), limits)?.message,
    ).toContain("without a namespace"));
});
