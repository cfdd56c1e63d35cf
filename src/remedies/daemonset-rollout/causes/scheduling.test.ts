import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  anAdmission,
  anEvent,
  anObservation,
  aRevision,
  aTemplate,
  failedPod,
  fleet,
  MINUTE,
  NOW,
  oldPod,
  oldRevision,
  SECOND,
  settings,
  someNodes,
  unschedulablePod,
} from "../../../../test/support/daemonset-builders.ts";
import type { PodFacts } from "../facts.ts";
import { standings } from "../standing.ts";
import type { Trouble } from "./trouble.ts";

/** What this pod, the first of four, suffers from. */
function trouble(pod: PodFacts, scene: Scene = {}): Trouble | undefined {
  const standing = standings(anObservation({ pods: fleet(4, [pod]), ...scene }), settings).get(pod.uid);
  return standing?.kind === "troubled" ? standing.trouble : undefined;
}

describe("a pod without a node (C13, C25, C39)", () => {
  const ROOM = "0/4 nodes are available: 1 Insufficient cpu.";
  const PORTS = "0/4 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
  const pending = (message: string, overrides: Partial<PodFacts> = {}) =>
    unschedulablePod("n1", { unscheduled: { reason: "Unschedulable", message }, ...overrides });
  const base = { blame: "surroundings", recreationCanHelp: false, ranBefore: false };

  it("finds no room", () => {
    expect(trouble(pending(ROOM))).toEqual({
      ...base,
      cause: "C13",
      reason: "Unschedulable",
      sentence: `cannot be scheduled to n1: ${ROOM.slice(0, -1)}`,
      evidence: [`Unschedulable: ${ROOM}`],
    });
    expect(trouble(pending(ROOM, { createdAt: NOW - 30 * SECOND }))).toMatchObject({ cause: "C13" });
    expect(trouble(pending(ROOM, { createdAt: NOW - 30 * SECOND + 1 }))).toBeUndefined();
  });

  it("waits for its gates", () => {
    const unscheduled = { reason: "SchedulingGated", message: "gated" };
    expect(trouble(pending("", { unscheduled }))).toEqual({
      ...base,
      cause: "C13",
      reason: "SchedulingGated",
      sentence: "waits for its scheduling gates, which another controller must lift",
      evidence: ["SchedulingGated: gated"],
    });
  });

  it.each([
    [
      "default-scheduler",
      "was never looked at by a scheduler: it is down",
      "kubectl get lease kube-scheduler -n kube-system -o yaml   # renewTime: whether a scheduler works",
    ],
    [
      "own",
      "was never looked at by a scheduler: the template names own, which does not answer",
      "kubectl edit daemonset/agent -n kube-system   # schedulerName, unless own is to be started",
    ],
  ])("no scheduler looks at it: %s", (schedulerName, sentence, command) => {
    const { unscheduled: _none, ...pod } = pending(ROOM, { createdAt: NOW - 5 * MINUTE });
    const scene = { daemonSet: { template: aTemplate({ schedulerName }) } };
    expect(trouble(pod, scene)).toEqual({
      ...base,
      cause: "C13",
      reason: "NotScheduled",
      sentence,
      evidence: [`no node and no PodScheduled condition, schedulerName ${schedulerName}`],
      commands: [command],
    });
    expect(trouble({ ...pod, createdAt: NOW - 5 * MINUTE + 1 }, scene)).toBeUndefined();
  });

  it.each<[string, string, string, number, string]>([
    ["the scheduler says so", "Preempted", "Preempted by a pod on node n1", -2 * MINUTE, "Preempted"],
    ["that was long before", "Preempted", "Preempted by a pod on node n1", -2 * MINUTE - 1, "Unschedulable"],
    ["that was on another node", "Preempted", "Preempted by a pod on node n11", 0, "Unschedulable"],
    ["another event", "Scheduled", "Preempted by a pod on node n1", 0, "Unschedulable"],
  ])("lost its place: %s", (_name, reason, message, after, want) => {
    const pod = pending(ROOM);
    const events = [anEvent({ about: "Pod/agent-before", reason, message, lastAt: pod.createdAt + after })];
    const found = trouble(pod, { events });
    expect(found?.reason).toBe(want);
    if (want === "Preempted")
      expect(found).toMatchObject({
        cause: "C39",
        sentence: `lost its place to a more important pod (${message}) and cannot be scheduled to n1: ${ROOM.slice(0, -1)}`,
      });
  });

  it.each<[string, number | string, string, string, boolean]>([
    ["the older pod holds it", 1, "8080/TCP,9000/TCP", "9000/TCP", true],
    ["by a percentage", "10%", "8080/TCP", "8080/TCP", true],
    ["without a surge", 0, "8080/TCP", "8080/TCP", false],
    ["without a surge, as a percentage", "0%", "8080/TCP", "8080/TCP", false],
    ["the older pod holds another one", 1, "8080/TCP", "9000/TCP", false],
    ["no host ports at all", 1, "", "", false],
  ])("a host port that is taken: %s", (_name, maxSurge, now, before, isSibling) => {
    const pod = pending(PORTS);
    const found = trouble(pod, {
      pods: fleet(4, [pod, oldPod("n1", { name: "before", uid: "before" })], oldPod),
      revisions: [oldRevision({ admission: anAdmission({ hostPorts: before }) }), aRevision()],
      daemonSet: { maxSurge, template: aTemplate({ admission: anAdmission({ hostPorts: now }) }) },
    });
    expect(found).toEqual({
      ...base,
      evidence: [`Unschedulable: ${PORTS}`],
      ...(isSibling
        ? {
            cause: "C25",
            reason: "SurgeHostPort",
            sentence: "cannot be scheduled to n1: the older pod that maxSurge keeps there holds the same host port",
            commands: [
              `kubectl patch daemonset/agent -n kube-system --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}}}'   # host ports and maxSurge exclude each other`,
            ],
          }
        : { cause: "C13", reason: "HostPortTaken", sentence: `cannot be scheduled to n1: ${PORTS.slice(0, -1)}` }),
    });
  });

  it("an older pod on another node holds no port here", () => {
    const pod = pending(PORTS);
    const admission = anAdmission({ hostPorts: "8080/TCP" });
    const revisions = [oldRevision({ admission }), aRevision()];
    const daemonSet = { maxSurge: 1, template: aTemplate({ admission }) };
    expect(trouble(pod, { pods: fleet(4, [pod], oldPod), revisions, daemonSet })?.reason).toBe("HostPortTaken");
  });
});

describe("a failed pod (C14)", () => {
  it("is told with its reason, or its phase", () => {
    expect(trouble(failedPod("n1", { phase: "Succeeded", reason: "", message: "" }))).toEqual({
      cause: "C14",
      reason: "PodFailed",
      blame: "either",
      sentence: "failed (Succeeded) and waits for the controller's back-off",
      evidence: ["phase Succeeded, no reason: "],
      recreationCanHelp: true,
      ranBefore: false,
    });
    const nodes = someNodes(4).map((node) => ({ ...node, pressures: ["DiskPressure"] }));
    expect(trouble(failedPod("n1", { reason: "" }), { nodes })).toMatchObject({
      sentence: "failed (Failed) and its node still reports DiskPressure",
      recreationCanHelp: false,
    });
  });
});
