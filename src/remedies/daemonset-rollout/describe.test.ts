import { expect, describe as group, it } from "vitest";
import {
  anObservation,
  aPod,
  badImagePod,
  deadNode,
  fleet,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  settings,
  someNodes,
  stoppedRollout,
  terminatingPod,
  unschedulablePod,
  waitingPod,
} from "../../../test/support/daemonset-builders.ts";
import { describe } from "./describe.ts";
import type { Observation } from "./facts.ts";

const pods = (observation: Observation) => describe(observation, settings).pods;

group("counts and limits", () => {
  const limits = (observation: Observation) => describe(observation, settings).limits;
  const said = (most: string, configured: number | string, desired: number) => [
    `one pod first, and further ones only after its replacement has stayed available; then at most ${most} at a time (maxUnavailable ${configured}, a tenth of the ${desired} pods, never more than 20)`,
  ];

  it("how many pods there should be, how many work, and how many may be deleted at once", () => {
    const small = anObservation({ pods: fleet(4, [badImagePod("n1")]) });
    expect(describe(small, settings).counts).toEqual({ desired: 4, available: 3 });
    expect(limits(small)).toEqual(said("1 pod", 1, 4));
    const large = anObservation({ daemonSet: { maxUnavailable: "50%" }, pods: fleet(40, []) });
    expect(limits(large)).toEqual(said("4 pods", "50%", 40));
  });
});

group("status", () => {
  it("says when the recount is the same, and when it is not", () => {
    const counters = "desired 4, current 4, up to date 4, ready 4, available 4, misscheduled 0";
    expect(describe(anObservation(), settings).status).toEqual([
      `reported: ${counters}`,
      "recount from pods and nodes: the same",
      "generation 2, observed 2; the alert's condition does not hold",
    ]);
    const differs = describe(anObservation({ pods: fleet(4, [badImagePod("n1")]) }), settings).status;
    expect(differs[1]).toBe(
      "recount from pods and nodes differs: desired 4, current 4, up to date 4, ready 3, available 3, misscheduled 0",
    );
    expect(differs[2]).toMatch(/the alert's condition holds$/);
  });
});

group("pods that are not running", () => {
  it.each<[string, Observation, string]>([
    [
      "troubled",
      stoppedRollout([badImagePod("n1")]),
      "agent-n1 on n1, revision 2 (present), age 20m: cannot pull image app:ok-2: not found",
    ],
    [
      "starting",
      stoppedRollout([neverReadyPod("n1", { createdAt: NOW - MINUTE })]),
      "agent-n1 on n1, revision 2 (present), age 60s: starting",
    ],
    [
      "not scheduled",
      stoppedRollout([unschedulablePod("n1", { createdAt: NOW - 1000 })]),
      "agent-n1 on n1, revision 2 (present), age 1s: not scheduled yet",
    ],
    [
      "ending",
      stoppedRollout([terminatingPod("n1", -MINUTE)]),
      "agent-n1 on n1, revision 1, age 120h: Terminating, 60s of its grace period left",
    ],
    [
      "stuck",
      stoppedRollout([terminatingPod("n1", MINUTE)]),
      "agent-n1 on n1, revision 1, age 120h: stuck Terminating",
    ],
    [
      "node down",
      stoppedRollout([], { nodes: [deadNode("n1"), ...someNodes(4).slice(1)] }),
      "agent-n1 on n1, revision 1, age 120h: its node does not answer",
    ],
    [
      "of a revision that is gone",
      anObservation({
        pods: [oldPod("n1", { revisionHash: "lost", ready: false, phase: "Failed", reason: "Evicted" })],
      }),
      "agent-n1 on n1, revision ?, age 120h: failed (Evicted) and waits for the controller's back-off",
    ],
    [
      "pulling",
      stoppedRollout([waitingPod("n1", { reason: "ContainerCreating", ageMs: MINUTE })]),
      "agent-n1 on n1, revision 2 (present), age 60s: ContainerCreating",
    ],
    [
      "without a node",
      stoppedRollout([unschedulablePod("", { createdAt: NOW - 1000 })]),
      "agent- on no node, revision 2 (present), age 1s: not scheduled yet",
    ],
    [
      "made in the future by another clock",
      stoppedRollout([neverReadyPod("n1", { createdAt: NOW + MINUTE })]),
      "agent-n1 on n1, revision 2 (present), age 0s: starting",
    ],
    [
      "two minutes old",
      stoppedRollout([neverReadyPod("n1", { createdAt: NOW - 2 * MINUTE })]),
      "agent-n1 on n1, revision 2 (present), age 2m: starting",
    ],
    [
      "two hours past",
      stoppedRollout([terminatingPod("n1", MINUTE, { createdAt: NOW - 120 * MINUTE })]),
      "agent-n1 on n1, revision 1, age 2h: stuck Terminating",
    ],
    [
      "almost two hours",
      stoppedRollout([terminatingPod("n1", MINUTE, { createdAt: NOW - 119 * MINUTE })]),
      "agent-n1 on n1, revision 1, age 119m: stuck Terminating",
    ],
    ["none at all", anObservation({ pods: fleet(4, []).slice(1) }), "no pod on n1, which should have one"],
  ])("%s", (_name, observation, want) => {
    expect(pods(observation)[0]).toBe(want);
  });

  it("lists at most fifteen", () => {
    const lines = pods(
      anObservation({
        pods: fleet(
          40,
          someNodes(40).map(({ name }) => badImagePod(name)),
        ),
      }),
    );
    expect(lines).toHaveLength(16);
    expect(lines[15]).toBe("... and 25 more");
  });

  it("lists fifteen in full", () => {
    const all = someNodes(15).map(({ name }) => badImagePod(name));
    const lines = pods(anObservation({ pods: all }));
    expect(lines).toHaveLength(15);
    expect(lines[14]).toMatch(/^agent-n15 /);
  });

  it("is empty when all run", () => {
    expect(pods(anObservation({ pods: fleet(4, [aPod("n1")]) }))).toEqual([]);
  });
});
