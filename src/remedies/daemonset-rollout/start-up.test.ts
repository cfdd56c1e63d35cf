import { describe, expect, it } from "vitest";
import {
  aContainer,
  anObservation,
  aPod,
  DAY,
  flappingPod,
  HOUR,
  MINUTE,
  NOW,
  SECOND,
} from "../../../test/support/daemonset-builders.ts";
import type { PodFacts } from "./facts.ts";
import { slowestStart, startupAllowance } from "./standing.ts";

describe("start-up allowance", () => {
  it.each([
    ["the floor", [], 0, 5 * MINUTE],
    ["the startupProbe", [], 20 * MINUTE, 20 * MINUTE],
    [
      "twice the slowest sibling",
      [aPod("n1", { readyChangedAt: NOW - 2 * HOUR + 4 * MINUTE - 10 * SECOND })],
      0,
      8 * MINUTE,
    ],
    ["a sibling that restarted says nothing", [flappingPod("n1")], 0, 5 * MINUTE],
    [
      "one that lost readiness and came back much later says nothing",
      [aPod("n1", { createdAt: NOW - DAY })],
      0,
      5 * MINUTE,
    ],
  ])("%s", (_name, pods, startupAllowanceMs, want) => {
    const observation = anObservation({ pods });
    const { daemonSet } = observation;
    const own = {
      ...observation,
      daemonSet: { ...daemonSet, template: { ...daemonSet.template, startupAllowanceMs } },
    };
    expect(startupAllowance(own, 5 * MINUTE)).toBe(want);
  });

  it("of no pods is 0", () => expect(slowestStart([])).toBe(0));

  const started = (ms: number, overrides: Partial<PodFacts> = {}) =>
    aPod("n1", { createdAt: NOW - HOUR, readyChangedAt: NOW - HOUR + ms, ...overrides });
  const { readyChangedAt: _none, ...timeless } = started(MINUTE);

  it.each<[string, PodFacts, number]>([
    ["at once", started(0), 0],
    ["almost half an hour", started(30 * MINUTE - 1), 30 * MINUTE - 1],
    ["half an hour, which is no start", started(30 * MINUTE), 0],
    ["before its creation, by another clock", started(-MINUTE), 0],
    ["not Ready", started(MINUTE, { ready: false }), 0],
    ["Ready at a time that is not told", timeless, 0],
    [
      "Ready after a restart of one container",
      started(MINUTE, { containers: [aContainer(), aContainer({ restartCount: 1 })] }),
      0,
    ],
  ])("of a pod that was Ready %s", (_name, pod, want) => {
    expect(slowestStart([pod])).toBe(want);
    expect(slowestStart([started(2), pod, started(1)])).toBe(Math.max(2, want));
  });
});
