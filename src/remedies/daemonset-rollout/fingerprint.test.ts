import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCluster } from "../../../test/support/any-cluster.ts";
import {
  aContainer,
  aNode,
  anObservation,
  aPlanContext,
  aPod,
  aTemplate,
  badImagePod,
  crashingPod,
  deadNode,
  flappingPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  SECOND,
  settings,
  someNodes,
  stoppedRollout,
} from "../../../test/support/daemonset-builders.ts";
import { planMark } from "../../engine/proposal.ts";
import type { PlanContext } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { ContainerFacts, Observation, PodFacts } from "./facts.ts";
import { fingerprint } from "./fingerprint.ts";
import { plan } from "./plan.ts";

function of(observation: Observation, context: PlanContext = aPlanContext()): string {
  const diagnosis = diagnose(observation, context);
  return fingerprint(observation, diagnosis, planMark(plan(observation, diagnosis, context), undefined));
}

/** A pod on n2 that keeps ending, at one moment of its life. */
function ending(container: Partial<ContainerFacts>, overrides: Partial<PodFacts> = {}): PodFacts {
  const { runningSince: _none, ...rest } = aContainer({ ready: false, restartCount: 6 });
  const end = { exitCode: 1, reason: "Error", startedAt: NOW - 63 * SECOND, finishedAt: NOW - MINUTE };
  return crashingPod("n2", { containers: [{ ...rest, lastTerminated: end, ...container }], ...overrides });
}

const states: readonly [string, PodFacts][] = [
  ["backing off", ending({ waiting: { reason: "CrashLoopBackOff", message: "back-off 2m40s" } })],
  ["backing off for longer", ending({ restartCount: 9, waiting: { reason: "CrashLoopBackOff", message: "5m" } })],
  ["running", ending({ restartCount: 7, runningSince: NOW - 5 * SECOND })],
  [
    "ended just now",
    ending({ restartCount: 7, terminated: { exitCode: 2, reason: "Error", startedAt: NOW - 9000, finishedAt: NOW } }),
  ],
  ["out of memory this time", ending({ lastTerminated: { exitCode: 137, reason: "OOMKilled", finishedAt: NOW } })],
  ["written anew", ending({ restartCount: 8 }, { resourceVersion: "999", readyReason: "Other" })],
];

describe("one crashing pod is one trouble, whatever it shows at the moment", () => {
  it.each(states)("beside good ones: %s", (_name, pod) => {
    const [, first = pod] = states[0] ?? [];
    const observe = (each: PodFacts) =>
      anObservation({ pods: fleet(4, [each]), daemonSet: { template: aTemplate({ gated: true }) } });
    expect(of(observe(pod), aPlanContext({ policies: { delete: "off" } }))).toBe(
      of(observe(first), aPlanContext({ policies: { delete: "off" } })),
    );
  });

  it.each(states)("as the first of a new revision: %s", (_name, pod) => {
    const [, first = pod] = states[0] ?? [];
    const context = aPlanContext({ policies: { rollback: "off" } });
    expect(of(stoppedRollout([pod]), context)).toBe(of(stoppedRollout([first]), context));
  });

  it("without a probe: Ready between two crashes", () => {
    const down = crashingPod("n2", { readyChangedAt: NOW - 30 * SECOND });
    const context = aPlanContext({ policies: { delete: "off" } });
    const observe = (pod: PodFacts) => anObservation({ pods: fleet(4, [pod]) });
    expect(of(observe(down), context)).toBe(of(observe(flappingPod("n2")), context));
  });
});

describe("the fingerprint", () => {
  const stuck = () => stoppedRollout([badImagePod("n1")]);

  it.each<[string, Observation]>([
    ["time goes by", { ...stuck(), at: NOW + HOUR }],
    ["the registry says it in other words", stoppedRollout([other("rpc error: manifest unknown")])],
    ["between two pulls", stoppedRollout([other("manifest unknown", "ErrImagePull")])],
    [
      "a node reports",
      stoppedRollout([badImagePod("n1")], { nodes: someNodes(4).map((n) => ({ ...n, createdAt: 1 })) }),
    ],
  ])("stays while %s", (_name, observation) => {
    expect(of(observation)).toBe(of(stuck()));
  });

  function other(message: string, reason = "ImagePullBackOff"): PodFacts {
    return aPod("n1", {
      ...badImagePod("n1"),
      containers: [{ ...aContainer({ ready: false }), waiting: { reason, message } }],
    });
  }

  it.each<[string, Observation]>([
    ["another pod is in trouble", stoppedRollout([badImagePod("n2")])],
    ["a fresh pod is in the same trouble", stoppedRollout([badImagePod("n1", { uid: "fresh" })])],
    ["the spec changes", stoppedRollout([badImagePod("n1")], { daemonSet: { generation: 3, observedGeneration: 3 } })],
    ["it is created anew", stoppedRollout([badImagePod("n1")], { daemonSet: { uid: "another" } })],
    ["a node dies", stoppedRollout([badImagePod("n1")], { nodes: [...someNodes(3), deadNode("n4")] })],
    ["a node is cordoned", stoppedRollout([badImagePod("n1")], { nodes: [...someNodes(3), cordoned("n4")] })],
    ["it is well", anObservation()],
  ])("changes when %s", (_name, observation) => {
    expect(of(observation)).not.toBe(of(stuck()));
  });

  function cordoned(name: string) {
    return aNode(name, { taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] });
  }

  it("changes with what may be done about it", () => {
    expect(of(stuck(), aPlanContext({ policies: { rollback: "off" } }))).not.toBe(of(stuck()));
    const forbidden = fingerprint(stuck(), diagnose(stuck(), { settings }), { kind: "decline", reason: "NodeStorm" });
    expect(forbidden).not.toBe(of(stuck()));
  });

  it("of a healthy target is the same with and without words about nothing to do", () => {
    const well = anObservation();
    expect(fingerprint(well, diagnose(well, { settings }), undefined)).toBe(of(well));
  });

  it("does not depend on order, versions or storage, on any cluster", () => {
    fc.assert(
      fc.property(anyCluster, ({ observation, context }) => {
        const turned = JSON.parse(JSON.stringify(observation)) as Observation;
        const again = {
          ...turned,
          pods: turned.pods.map((pod) => ({ ...pod, resourceVersion: "7" })).reverse(),
          nodes: [...turned.nodes].reverse(),
        };
        expect(of(again, context)).toBe(of(observation, context));
      }),
      { numRuns: 60, seed: 20_260_101 },
    );
  });
});
