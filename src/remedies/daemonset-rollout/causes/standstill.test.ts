import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  anObservation,
  aPod,
  aRevision,
  aTemplate,
  deadNode,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  oldRevision,
  SECOND,
  settings,
  someNodes,
  stoppedRollout,
  terminatingPod,
} from "../../../../test/support/daemonset-builders.ts";
import type { Observation, PodFacts } from "../facts.ts";
import { situation } from "../situation.ts";
import { standings } from "../standing.ts";
import { crowded, extraPods } from "./extra-pods.ts";
import { freshening, moving } from "./progress.ts";
import { staleFrom, staleStatus } from "./stale.ts";
import { contested, onlyDefaults } from "./template-history.ts";
import { endingPods, stuckTerminating } from "./terminating.ts";

const here = (observation: Observation) => situation(observation, settings);

describe("terminations (C17, C18)", () => {
  it("are stuck when their deadline has passed by half a minute, on a node that answers", () => {
    const at = (overdueMs: number) => here(stoppedRollout([terminatingPod("n3", overdueMs)]));
    expect(stuckTerminating(at(30 * SECOND))).toEqual([]);
    expect(endingPods(at(30 * SECOND)).map(({ pod, until }) => [pod.name, until])).toEqual([
      ["agent-n3", NOW + SECOND],
    ]);
    expect(endingPods(at(30 * SECOND + 1))).toEqual([]);
    expect(stuckTerminating(at(5 * MINUTE))).toEqual([
      {
        cause: "C17",
        reason: "TerminationStuck",
        message:
          "Pod agent-n3 on n3 should have ended 300 s ago; the node answers but its container runtime does not finish it.",
        evidence: ["deletionTimestamp passed 300 s ago, node n3 Ready, no finalizers"],
        pods: ["agent-n3"],
        nodes: ["n3"],
        commands: [
          "operarius heal daemonset agent -n kube-system --force-delete=uid-agent-n3   # after making sure on n3 that its processes are gone",
          "kubectl describe node n3",
        ],
      },
    ]);
    const nodes = someNodes(4).map((node) => (node.name === "n3" ? deadNode("n3") : node));
    expect(stuckTerminating(here(stoppedRollout([terminatingPod("n3", HOUR)], { nodes })))).toEqual([]);
  });

  it("are held by finalizers", () => {
    const held = terminatingPod("n3", 5 * MINUTE, { finalizers: ["a.example.com/x", "b.example.com/y"] });
    expect(stuckTerminating(here(stoppedRollout([held])))).toEqual([
      {
        cause: "C18",
        reason: "FinalizerHolds",
        message:
          "Pod agent-n3 on n3 cannot go: finalizer a.example.com/x, b.example.com/y holds it. Its owner must release it.",
        evidence: ["Terminating 300 s past its deadline, finalizers a.example.com/x, b.example.com/y"],
        pods: ["agent-n3"],
        nodes: ["n3"],
        commands: ["kubectl get pod agent-n3 -n kube-system -o jsonpath='{.metadata.finalizers}'"],
      },
    ]);
  });
});

describe("too many pods on a node (C38)", () => {
  const second = (node: string, overrides: Partial<PodFacts> = {}) =>
    aPod(node, { name: `second-${node}`, uid: `second-${node}`, createdAt: NOW - HOUR, ...overrides });
  const withMore = (more: readonly PodFacts[], scene: Scene = {}) =>
    here(anObservation({ pods: [...fleet(4, []), ...more], ...scene }));

  it("is told once the controller has had its time", () => {
    expect(extraPods(withMore([second("n1", { createdAt: NOW - 2 * MINUTE })]))).toBeUndefined();
    expect(extraPods(withMore([second("n1", { createdAt: NOW - 2 * MINUTE - 1 })]))).toEqual({
      cause: "C38",
      reason: "ExtraPods",
      message:
        "2 pods of this DaemonSet are on n1, and the controller does not remove what is too many. Which of them serves is a person's decision.",
      evidence: ["node n1: agent-n1, second-n1"],
      pods: ["agent-n1", "second-n1"],
      nodes: ["n1"],
      commands: [
        "kubectl get pods -n kube-system -o wide --field-selector spec.nodeName=n1   # second-n1 is the newest",
        "kubectl describe daemonset/agent -n kube-system",
      ],
    });
    expect(extraPods(withMore([second("n1"), second("n2")]))?.message).toMatch(/are on n1 and too many on 1 more, and/);
  });

  it.each<[string, PodFacts, number | string, boolean]>([
    ["two of one revision", second("n1"), 0, true],
    ["an old one beside the new one", oldPod("n1", { uid: "old" }), 0, true],
    ["an old one beside the new one, under a surge", oldPod("n1", { uid: "old" }), 1, false],
    ["an old one beside the new one, under a surge in percent", oldPod("n1", { uid: "old" }), "25%", false],
    ["two of one revision, under a surge", second("n1"), 1, true],
    ["one of them is being deleted", second("n1", { deletionDeadline: NOW }), 0, false],
  ])("%s", (_name, pod, maxSurge, isCrowded) => {
    expect(crowded(withMore([pod], { daemonSet: { maxSurge } })).length).toBe(isCrowded ? 1 : 0);
  });

  it("two old ones are too many under a surge as well", () => {
    const pods = fleet(4, [oldPod("n1"), oldPod("n1", { name: "more", uid: "more" })]);
    expect(crowded(here(anObservation({ pods, daemonSet: { maxSurge: 1 } })))).toMatchObject([{ node: "n1" }]);
  });
});

describe("what moves (C35)", () => {
  const orphan = oldPod("gone");
  const unbound = oldPod("left", { bound: false });
  const pods = [
    neverReadyPod("n1", { createdAt: NOW - MINUTE }),
    terminatingPod("n2", -MINUTE),
    oldPod("n4"),
    oldPod("n4", { name: "more", uid: "more", createdAt: NOW - MINUTE }),
    orphan,
    unbound,
  ];
  const scene = (ageMs: number) =>
    here(
      stoppedRollout([], {
        pods,
        nodes: someNodes(4),
        podlessSince: { n3: NOW - ageMs },
        orphanedSince: { [orphan.uid]: NOW - ageMs },
      }),
    );

  it("is told with its deadline, the earliest first", () => {
    expect(moving(scene(MINUTE), true)).toEqual([
      { until: NOW + MINUTE, what: "pod agent-gone of a removed node waits for the garbage collection" },
      { until: NOW + MINUTE + SECOND, what: "node n3 waits for its pod" },
      { until: NOW + MINUTE + SECOND, what: "pod more on n4 is one too many, which the controller corrects" },
      {
        until: NOW + 91 * SECOND,
        ending: true,
        what: "pod agent-n2 on n2 is ending within its grace period",
      },
      { until: NOW + 4 * MINUTE, what: "pod agent-n1 on n1 is starting" },
    ]);
  });

  it("ends: what has had its time does not move any more, and no pod is waited for that cannot be created", () => {
    const told = moving(scene(2 * MINUTE), false).map(({ what }) => what);
    expect(told.join()).not.toMatch(/removed node|waits for its pod/);
    const late = stoppedRollout([], {
      pods: fleet(
        4,
        [oldPod("n4"), oldPod("n4", { name: "more", uid: "more", createdAt: NOW - 121 * SECOND })],
        oldPod,
      ),
    });
    expect(moving(here(late), true)).toEqual([]);
  });
});

describe("a stale status (C26, C29)", () => {
  const stale = (staleSince: number, status = {}) =>
    here(
      anObservation({
        staleSince,
        daemonSet: {
          status: { desired: 4, current: 4, updated: 4, ready: 4, available: 4, misscheduled: 0, ...status },
        },
      }),
    );

  it("counts after two minutes", () => {
    expect(staleFrom(here(anObservation()))).toBeUndefined();
    expect(freshening(here(anObservation()))).toBeUndefined();
    expect(staleFrom(stale(NOW - MINUTE))).toBe(NOW + MINUTE);
    expect(freshening(stale(NOW - MINUTE))).toEqual({
      until: NOW + MINUTE,
      what: "all pods run; the controller has not counted them anew yet",
    });
    expect(freshening(stale(NOW - 2 * MINUTE))).toBeUndefined();
  });

  it("is told counter by counter", () => {
    expect(staleStatus(stale(NOW - 3 * MINUTE, { available: 3, misscheduled: 1 }))).toEqual({
      cause: "C29",
      reason: "StatusStale",
      message:
        "All 4 pods run and are up to date, but the status still says available 3 instead of 4, misscheduled 1 instead of 0; one annotation on daemonset/agent makes the controller count again and restarts nothing.",
      evidence: ["status and recount have differed for 180 s", "generation 2 is observed"],
      pods: [],
      nodes: [],
      commands: [
        "kubectl annotate daemonset/agent -n kube-system --overwrite operarius.openfero.io/touched-at=now   # the controller counts again",
      ],
    });
    expect(staleStatus(stale(NOW - 3 * MINUTE, { misscheduled: 1 })).cause).toBe("C26");
  });

  it("a clock that is ahead by more than half a minute keeps a Ready pod from counting", () => {
    const skewed = (aheadMs: number) => {
      const pod = aPod("n1", { readyChangedAt: NOW + aheadMs });
      const observation = anObservation({ pods: fleet(4, [pod]), daemonSet: { minReadySeconds: 10 } });
      return standings(observation, settings).get(pod.uid);
    };
    expect(skewed(30 * SECOND)).toEqual({ kind: "starting", until: NOW + 40 * SECOND });
    expect(skewed(31 * SECOND)).toEqual({
      kind: "troubled",
      trouble: {
        cause: "C29",
        reason: "ClockSkew",
        blame: "surroundings",
        sentence: "is Ready by a clock that is 31 s ahead, so its 10 s of minReadySeconds have not begun",
        evidence: ["Ready since 2026-01-15T12:00:31.000Z, which is still to come"],
        recreationCanHelp: false,
        ranBefore: false,
        commands: [
          "kubectl debug node/n1 -it --image=busybox -- date -u   # set the clock of n1 (NTP); a new pod would begin to count anew",
        ],
      },
    });
  });
});

describe("the template's history (C36, C37)", () => {
  const lately = (count: number, ageMs = MINUTE, returned = 0) =>
    Array.from({ length: count }, (_, i) =>
      aRevision({
        number: i + 1,
        hash: `r${i}`,
        createdAt: NOW - ageMs,
        madeAt: NOW - (i < returned ? HOUR : ageMs),
      }),
    );
  const quarrel = (revisions: ReturnType<typeof lately>, templateManagers = ["helm", "argocd"]) =>
    contested(here(anObservation({ revisions, daemonSet: { templateManagers } })));
  const numbered = (number: number, returned = 2) =>
    lately(3, MINUTE, returned).map((revision, i) => (i === 2 ? { ...revision, number } : revision));

  it("is contested after four revisions in ten minutes by two writers", () => {
    expect(quarrel(lately(4, 10 * MINUTE))).toEqual({
      cause: "C37",
      reason: "TemplateContested",
      message:
        "helm and argocd change the template of daemonset/agent in turn: 4 revisions became the present one within 10 min. One of them must stop; a write here would only be the next turn.",
      evidence: ["generation 2; managers of the template: helm, argocd", "revisions of the last 10 min: 1, 2, 3, 4"],
      pods: [],
      nodes: [],
      commands: [
        "kubectl get daemonset/agent -n kube-system -o yaml --show-managed-fields   # who wrote what, and when",
        "kubectl rollout history daemonset/agent -n kube-system",
      ],
    });
    expect(quarrel(lately(4, 10 * MINUTE + 1))).toBeUndefined();
    expect(quarrel(lately(3))).toBeUndefined();
  });

  it.each([
    [["helm", "operarius"], false],
    [["kubectl", "kubectl-edit", "kubectl-rollout"], false],
    [["kubectl-edit", "helm"], true],
    [["kubectlish", "kubectl"], true],
  ])("by %j", (managers, isContested) => {
    expect(quarrel(lately(4), managers) !== undefined).toBe(isContested);
  });

  it("is contested when two templates came back, three times or more", () => {
    expect(quarrel(numbered(6))?.evidence[1]).toBe(
      "revisions of the last 10 min: 1, 2, 6; templates that came back: 3 or more times",
    );
    expect(quarrel(numbered(5))).toBeUndefined();
    expect(quarrel(numbered(6, 1))).toBeUndefined();
  });

  it("two revisions that differ in defaults only", () => {
    const revisions = [oldRevision({ essence: "same" }), aRevision({ essence: "same" })];
    const pods = fleet(4, [oldPod("n1"), oldPod("n2")]);
    const template = aTemplate({ essence: "same" });
    expect(onlyDefaults(here(anObservation({ revisions, pods, daemonSet: { template } })))).toEqual({
      cause: "C36",
      reason: "DefaultsOnly",
      message:
        "Revision 2 differs from revision 1 only in fields that the API server fills in, as after an upgrade: the rollout replaces 2 of 4 pods by equal ones. Let it roll.",
      evidence: ["revisions 1 and 2 are equal without API defaults"],
      pods: ["agent-n1", "agent-n2"],
      nodes: ["n1", "n2"],
      commands: ["kubectl rollout status daemonset/agent -n kube-system"],
    });
    expect(onlyDefaults(here(anObservation({ revisions, daemonSet: { template } })))).toBeUndefined();
  });
});
