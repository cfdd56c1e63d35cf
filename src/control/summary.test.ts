import { describe, expect, it } from "vitest";
import { aRemediation, aSummary, at, NOW } from "../../test/support/control-fixture.ts";
import { targetHash } from "../operarius/names.ts";
import type { RemediationStatus } from "../operarius/remediation.ts";
import { byArrival, newestOf, toSummary } from "./summary.ts";

const attempt = { n: 1, jobName: "j" };
const started = { ...attempt, startedAt: at(0) };

describe("what is kept of a record", () => {
  it.each<[string, RemediationStatus, boolean]>([
    ["no attempt", {}, false],
    ["reserved", { phase: "Pending", attempts: [attempt] }, true],
    ["reserved, and held up before its Job was created", { phase: "Blocked", attempts: [attempt] }, false],
    ["running", { phase: "Running", attempts: [started] }, true],
    ["suspended", { phase: "AwaitingApproval", attempts: [{ ...attempt, suspended: true }] }, false],
    ["finished", { phase: "Verifying", attempts: [{ ...started, finishedAt: at(1) }] }, false],
    ["ended with an attempt left open", { phase: "Failed", attempts: [attempt] }, false],
  ])("in flight: %s", (_, status, want) => expect(toSummary(aRemediation(status)).inFlight).toBe(want));
  it("its target is known without the label, too", () => {
    const { metadata, ...rest } = aRemediation();
    const { labels: _none, ...bare } = metadata;
    expect(toSummary({ ...rest, metadata: bare }).target).toBe(targetHash(rest.spec.target));
  });
  it("a delivery is the first sign that it fires", () =>
    expect(toSummary(aRemediation()).lastFiringAt).toBe(NOW - 60_000));
  it("times that cannot be read are none", () =>
    expect(toSummary(aRemediation({ phase: "Failed", endedAt: "yesterday", alertResolvedAt: "" }))).toMatchObject({
      endedAt: 0,
      resolvedAt: 0,
    }));
});

describe("among others", () => {
  const records = [aSummary({ name: "a-2" }), aSummary({ name: "b-9" }), aSummary({ name: "a-10" })];
  it("the newest of a target is that of the highest number", () => {
    expect(newestOf(records, "a")?.name).toBe("a-10");
    expect(newestOf(records, "c")).toBeUndefined();
  });
  it("the order of arrival is the same everywhere", () => {
    const late = aSummary({ name: "0-1", receivedAt: NOW + 1 });
    expect([late, ...records].toSorted(byArrival).map(({ name }) => name)).toEqual(["a-10", "a-2", "b-9", "0-1"]);
  });
});

describe("several alerts about one target", () => {
  const heard = (status: RemediationStatus) => {
    const { lastFiringAt, resolvedAt } = toSummary(aRemediation(status, { receivedAt: at(-60) }));
    return [(lastFiringAt - NOW) / 1000, resolvedAt === 0 ? "fires" : (resolvedAt - NOW) / 1000];
  };
  it.each<[string, RemediationStatus, [number, number | string]]>([
    ["one that fires", {}, [-60, "fires"]],
    ["one that resolved", { alertResolvedAt: at(-5) }, [-60, -5]],
    [
      "another one fires on",
      { alertResolvedAt: at(-5), otherAlerts: { B: { lastSeenFiring: at(-30) } } },
      [-30, "fires"],
    ],
    [
      "both resolved",
      { alertResolvedAt: at(-5), otherAlerts: { B: { lastSeenFiring: at(-30), alertResolvedAt: at(-2) } } },
      [-30, -2],
    ],
    [
      "only the other one resolved",
      { otherAlerts: { B: { lastSeenFiring: at(-30), alertResolvedAt: at(-2) } } },
      [-30, "fires"],
    ],
  ])("%s", (_, status, want) => expect(heard(status)).toEqual(want));
});
