import { describe, expect, it } from "vitest";
import { aSummary, NOW } from "../../test/support/control-fixture.ts";
import { limitsFor } from "./limits.ts";
import { createStanding } from "./standing.ts";
import type { RecordSummary } from "./summary.ts";

function setUp(cached: RecordSummary[]) {
  const state = { now: NOW, cached, reads: 0 };
  const records = () => {
    state.reads++;
    return state.cached;
  };
  const standing = createStanding({ records, daemonSets: () => 0, limits: limitsFor("normal"), now: () => state.now });
  return { state, standing, inFlight: () => standing.records().filter(({ inFlight }) => inFlight) };
}

describe("an attempt that has just begun", () => {
  it("counts before the cache shows it, with its incident", () => {
    const { standing, inFlight } = setUp([aSummary()]);
    standing.starting(aSummary({ incident: "node/n2" }), 1);
    expect(inFlight()).toMatchObject([{ name: "a-1", incident: "node/n2" }]);
  });
  it("counts although the cache does not know its record yet", () => {
    const { standing, inFlight } = setUp([]);
    standing.starting(aSummary(), 1);
    expect(inFlight()).toMatchObject([{ name: "a-1" }]);
  });
  it("counts as what the cache says as soon as it says it", () => {
    const { state, standing, inFlight } = setUp([aSummary()]);
    standing.starting(aSummary(), 1);
    state.cached = [aSummary({ attempts: 1, inFlight: false, phase: "AwaitingApproval" })];
    expect(inFlight()).toEqual([]);
  });
  it.each<[string, (set: ReturnType<typeof setUp>) => void]>([
    ["it did not come to that", ({ standing }) => standing.notStarting("a-1")],
    [
      "the record has ended without it",
      ({ state }) => {
        state.cached = [aSummary({ phase: "Cancelled" })];
      },
    ],
    [
      "nothing was heard of it for half a minute",
      ({ state }) => {
        state.now += 30_001;
      },
    ],
  ])("does not count when %s", (_, happen) => {
    const set = setUp([aSummary()]);
    set.standing.starting(aSummary(), 1);
    happen(set);
    expect(set.inFlight()).toEqual([]);
  });
  it("a later attempt counts while the cache shows the one before", () => {
    const { standing, inFlight } = setUp([aSummary({ attempts: 1 })]);
    standing.starting(aSummary({ attempts: 1 }), 2);
    expect(inFlight()).toHaveLength(1);
  });
});

describe("the storm gate", () => {
  it("is judged anew when a record has come, or after a while", () => {
    const four = ["a-1", "b-1", "c-1", "d-1"].map((name) => aSummary({ name }));
    const { state, standing } = setUp(four.slice(1));
    expect(standing.storm(NOW).kind).toBe("calm");
    state.cached = four;
    expect(standing.storm(NOW).kind).toBe("held");
    expect(standing.storm(NOW + 60 * 60_000).kind).toBe("calm");
  });
});
