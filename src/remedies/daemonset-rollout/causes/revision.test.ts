import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  aContainer,
  anObservation,
  aPod,
  aRevision,
  badImagePod,
  crashingPod,
  degradedPod,
  flappingPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  oldRevision,
  SECOND,
  settings,
  stoppedRollout,
  unschedulablePod,
  waitingPod,
} from "../../../../test/support/daemonset-builders.ts";
import type { Observation, PodFacts } from "../facts.ts";
import { situation } from "../situation.ts";
import { groups } from "./revision.ts";

/** Each group as its kind, its reason and its pods' nodes. */
function sorted(observation: Observation): string[] {
  return groups(situation(observation, settings)).map(({ kind, finding, pods }) =>
    [kind, finding.reason, ...pods.map(({ pod }) => pod.node)].join(" "),
  );
}

describe("a degraded revision (C41)", () => {
  const lost = (count: number, of = (node: string) => degradedPod(node)) =>
    Array.from({ length: count }, (_, i) => of(`n${i + 1}`));
  const many = (count: number, desired: number, scene: Scene = {}) =>
    anObservation({ pods: fleet(desired, lost(count)), ...scene });
  const DEGRADED = /^degraded ProvenRevisionDegraded/;

  it.each<[string, Observation, boolean]>([
    ["one of four", many(1, 4), false],
    ["two of four", many(2, 4), true],
    ["two of twenty", many(2, 20), true],
    ["two of twenty-one", many(2, 21), false],
    ["three of twenty-one", many(3, 21), true],
    [
      "within fifteen minutes",
      anObservation({
        pods: fleet(4, [degradedPod("n1"), degradedPod("n2", { readyChangedAt: NOW - 25 * MINUTE })]),
      }),
      true,
    ],
    [
      "within little more",
      anObservation({
        pods: fleet(4, [degradedPod("n1"), degradedPod("n2", { readyChangedAt: NOW - 25 * MINUTE - 1 })]),
      }),
      false,
    ],
    ["the template is an hour old", many(2, 4, { revisions: [aRevision({ createdAt: NOW - HOUR })] }), true],
    [
      "the template is almost an hour old",
      many(2, 4, { revisions: [aRevision({ createdAt: NOW - HOUR + SECOND })] }),
      false,
    ],
    [
      "a rollback brought the old revision back half an hour ago",
      many(2, 4, { daemonSet: { specChangedAt: NOW - 30 * MINUTE } }),
      false,
    ],
    ["the spec is not observed", many(2, 4, { daemonSet: { generation: 3 } }), false],
    ["nobody knows the present revision", many(2, 4, { revisions: [oldRevision()] }), false],
  ])("%s", (_name, observation, isDegraded) => {
    expect(sorted(observation).some((line) => DEGRADED.test(line))).toBe(isDegraded);
  });

  it("keeps its pods apart from those that never ran", () => {
    const pods = fleet(8, [...lost(2), crashingPod("n3")]);
    expect(sorted(anObservation({ pods }))).toEqual([
      "degraded ProvenRevisionDegraded n1 n2",
      "one-node OneNodeOnly n3",
    ]);
  });

  it("is no fault of the revision, even where none of its pods is well: others are not judged by it either", () => {
    const pods = [...lost(3), crashingPod("n4")];
    expect(sorted(anObservation({ pods }))).toEqual([
      "degraded ProvenRevisionDegraded n1 n2 n3",
      "person CrashLoop n4",
    ]);
  });
});

describe("a revision that runs nowhere", () => {
  it("what is certain comes first, whatever the order of the pods; foreign troubles come last", () => {
    const pods = [unschedulablePod("n1"), crashingPod("n2"), badImagePod("n3"), crashingPod("n4")];
    expect(sorted(stoppedRollout(pods, { pods: fleet(10, pods, oldPod) }))).toEqual([
      "revision-fault ImageNotFound n3",
      "revision-fault CrashLoop n2 n4",
      "person Unschedulable n1",
    ]);
  });

  it("each reason of a foreign trouble is told with its own why", () => {
    const denied = waitingPod("n1", { reason: "ErrImagePull", message: "unauthorized" });
    const found = groups(situation(stoppedRollout([denied, unschedulablePod("n2")]), settings));
    expect(found.map(({ finding }) => finding.message.split(". ").at(-1))).toEqual([
      "The kubelet tries again by itself once the credentials are right.",
      "Neither a new pod nor another template changes that.",
    ]);
  });
});

describe("a revision that runs elsewhere", () => {
  /** A sibling that has been Ready for this long, in the middle of a rollout over eight nodes. */
  const beside = (pod: PodFacts, good: PodFacts) =>
    sorted(stoppedRollout([pod, good], { pods: fleet(8, [pod, good], oldPod) }));
  const readyFor = (ageMs: number, overrides: Partial<PodFacts> = {}) =>
    aPod("n1", { createdAt: NOW - 20 * MINUTE, readyChangedAt: NOW - ageMs, ...overrides });
  const restarted = [aContainer(), aContainer({ name: "side", restartCount: 1 })];
  const { readyChangedAt: _none, ...timeless } = readyFor(0);

  it.each<[string, PodFacts, string]>([
    ["for as long as health must last", readyFor(MINUTE), "one-node OneNodeOnly n2"],
    ["for less", readyFor(MINUTE - SECOND), "person OneNodeUnproven n2"],
    [
      "with a container that has restarted",
      readyFor(10 * MINUTE, { containers: restarted }),
      "person OneNodeUnproven n2",
    ],
    ["since nobody knows when", timeless, "person OneNodeUnproven n2"],
  ])("one good pod, Ready %s", (_name, good, want) => {
    const [first] = beside(crashingPod("n2"), good);
    expect(first).toBe(want);
  });

  it("an unknown trouble needs half of the nodes", () => {
    const unknown = waitingPod("n2", { reason: "ContainerCreating" });
    expect(beside(unknown, readyFor(10 * MINUTE))).toEqual(["person OneNodeUnproven n2"]);
    const good = ["n1", "n3"].map((node) => aPod(node));
    expect(sorted(stoppedRollout([], { pods: fleet(4, [unknown, ...good], oldPod) }))).toEqual([
      "one-node OneNodeOnly n2",
    ]);
    expect(sorted(stoppedRollout([], { pods: fleet(5, [unknown, ...good], oldPod) }))).toEqual([
      "person OneNodeUnproven n2",
    ]);
  });

  it("what no new pod helps is a person's, on one node as well", () => {
    const config = waitingPod("n2", { reason: "CreateContainerConfigError", message: "no" });
    expect(sorted(anObservation({ pods: fleet(4, [config]) }))).toEqual(["person ContainerConfig n2"]);
    expect(sorted(anObservation({ pods: fleet(4, [unschedulablePod("n2")]) }))).toEqual(["person Unschedulable n2"]);
  });

  it("flapping on one node is that node's, on several the revision's", () => {
    expect(sorted(anObservation({ pods: fleet(8, [flappingPod("n2")]) }))).toEqual(["one-node OneNodeOnly n2"]);
    expect(sorted(anObservation({ pods: fleet(8, [flappingPod("n2"), flappingPod("n3")]) }))).toEqual([
      "person Flapping n2 n3",
    ]);
  });

  it("two reasons on two nodes are two matters", () => {
    expect(sorted(anObservation({ pods: fleet(8, [crashingPod("n2"), neverReadyPod("n3")]) }))).toEqual([
      "one-node OneNodeOnly n2",
      "one-node OneNodeOnly n3",
    ]);
  });
});
