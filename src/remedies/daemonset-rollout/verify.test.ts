import { describe, expect, it } from "vitest";
import {
  aContainer,
  anObservation,
  aPod,
  badImagePod,
  crashingPod,
  deadNode,
  flappingPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  oldPod,
  SECOND,
  settings,
  someNodes,
  terminatingPod,
} from "../../../test/support/daemonset-builders.ts";
import { settingsFor } from "../../engine/settings.ts";
import type { Observation, PodFacts } from "./facts.ts";
import { requiredSoakMs } from "./soak.ts";
import { verify } from "./verify.ts";

const wrote = NOW - 10 * MINUTE;

function health(observation: Observation, { sinceMs = 0, first = observation } = {}) {
  return verify(observation, { settings, sinceMs, first });
}

const names = (node: string) => ({ node, name: `agent-${node}`, uid: `uid-agent-${node}` });

const crashedAfter = (ms: number): PodFacts =>
  crashingPod("n1", {
    containers: [
      aContainer({
        lastTerminated: { exitCode: 1, reason: "Error", startedAt: NOW - HOUR - ms, finishedAt: NOW - HOUR },
      }),
    ],
  });

describe("health", () => {
  it("counts from the latest of Ready, start of a container and our own write", () => {
    const pods = fleet(4, [
      aPod("n1", { readyChangedAt: NOW - 5 * MINUTE, containers: [aContainer({ runningSince: NOW - 4 * MINUTE })] }),
    ]);
    expect(health(anObservation({ pods }))).toEqual({ healthy: true, soakedMs: 4 * MINUTE, requiredMs: MINUTE });
    expect(health(anObservation(), { sinceMs: wrote })).toMatchObject({ soakedMs: 10 * MINUTE });
    expect(health(anObservation())).toMatchObject({ soakedMs: 2 * HOUR - 2 * SECOND });
  });

  it("counts from the last change of the spec where no node is to run a pod", () => {
    const empty = anObservation({ nodes: [], pods: [], daemonSet: { specChangedAt: NOW - 3 * MINUTE } });
    expect(health(empty)).toMatchObject({ healthy: true, soakedMs: 3 * MINUTE });
    const { specChangedAt: _unknown, ...daemonSet } = empty.daemonSet;
    expect(health({ ...empty, daemonSet })).toMatchObject({ healthy: true, soakedMs: 0 });
  });

  it("one look right after a write is never enough", () => {
    const observation = anObservation();
    const result = verify(observation, {
      settings: settingsFor("fast", { soakMs: 0 }),
      sinceMs: NOW,
      first: observation,
    });
    expect(result).toMatchObject({ healthy: true, soakedMs: 0 });
    expect(result.healthy && result.requiredMs).toBeGreaterThan(0);
  });

  it("a clock behind the cluster's gives nothing for free", () => {
    expect(health(anObservation({ pods: fleet(4, [aPod("n1", { readyChangedAt: NOW + MINUTE })]) }))).toMatchObject({
      soakedMs: 0,
    });
  });

  it.each<[string, Observation]>([
    ["a pod is not available", anObservation({ pods: fleet(4, [badImagePod("n1")]) })],
    ["a pod is old", anObservation({ pods: fleet(4, [oldPod("n1")]) })],
    ["a pod was only relabelled", anObservation({ pods: fleet(4, [aPod("n1", { specs: { main: "spec-1" } })]) })],
    [
      "a pod is going, available as it is",
      anObservation({ pods: fleet(4, [aPod("n1", { deletionDeadline: NOW + MINUTE })]) }),
    ],
    [
      "an old pod is going beside the new one",
      anObservation({ pods: [...fleet(4, []), terminatingPod("n1", 0, { uid: "old" })] }),
    ],
    ["a Ready pod keeps ending", anObservation({ pods: fleet(4, [flappingPod("n1")]) })],
    ["a node has no pod", anObservation({ pods: fleet(4, []).slice(1) })],
    [
      "a pod is where none should be",
      anObservation({
        nodes: [...someNodes(4), { ...deadNode("n5"), taints: [{ key: "a", effect: "NoSchedule" }] }],
        pods: fleet(5, []),
      }),
    ],
    ["the newest spec was not observed", anObservation({ daemonSet: { generation: 3 } })],
  ])("not: %s", (_name, observation) => {
    expect(health(observation)).toMatchObject({ healthy: false, reason: "NotRolledOut" });
  });

  it("says the counters as they are", () => {
    expect(health(anObservation({ pods: fleet(4, [badImagePod("n1"), oldPod("n2")]) }))).toEqual({
      healthy: false,
      reason: "NotRolledOut",
      message: "desired 4, current 4, up to date 3, available 3, misscheduled 0",
    });
  });

  it("containers and conditions without a time hold nothing up", () => {
    const { readyChangedAt: _none, ...pod } = aPod("n1");
    const { runningSince: _unknown, ...container } = aContainer();
    const pods = ["n1", "n2", "n3", "n4"].map((node) => ({ ...pod, ...names(node), containers: [container] }));
    expect(health(anObservation({ pods }), { sinceMs: wrote })).toMatchObject({ soakedMs: 10 * MINUTE });
  });

  it("what failed at the first look still sets the length, although that pod is gone", () => {
    const first = anObservation({ pods: fleet(4, [crashedAfter(3 * MINUTE)]) });
    expect(health(anObservation(), { first })).toMatchObject({ requiredMs: 6 * MINUTE });
  });
});

describe("how long it must last", () => {
  it.each<[string, PodFacts[], number, number]>([
    ["the pace's soak", [aPod("n1")], 0, MINUTE],
    ["minReadySeconds and some more", [aPod("n1")], 120, 150 * SECOND],
    ["minReadySeconds below the soak", [aPod("n1")], 10, MINUTE],
    [
      "twice the longest life of a container that ended",
      [crashedAfter(90 * SECOND), crashedAfter(MINUTE)],
      0,
      3 * MINUTE,
    ],
    ["a quick crash does not shorten it", [crashedAfter(SECOND)], 0, MINUTE],
    ["at most fifteen minutes", [crashedAfter(5 * HOUR)], 0, 15 * MINUTE],
    [
      "an init container that ended well says nothing",
      [
        aPod("n1", {
          containers: [
            aContainer({
              init: true,
              terminated: { exitCode: 0, reason: "Completed", startedAt: NOW - HOUR, finishedAt: NOW },
            }),
          ],
        }),
      ],
      0,
      MINUTE,
    ],
    [
      "an end without times says nothing",
      [aPod("n1", { containers: [aContainer({ lastTerminated: { exitCode: 1, reason: "Error" } })] })],
      0,
      MINUTE,
    ],
    ["no pods", [], 0, MINUTE],
  ])("%s", (_name, pods, minReadySeconds, want) => {
    expect(requiredSoakMs(pods, minReadySeconds, settings)).toBe(want);
  });
});
