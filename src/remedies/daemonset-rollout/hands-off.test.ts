/** Situations of real clusters in which a write would do harm: what must not be planned, whatever the policies allow. */
import { describe, expect, it } from "vitest";
import type { Scene } from "../../../test/support/daemonset-builders.ts";
import {
  aContainer,
  aNode,
  anEvent,
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  aRevision,
  aTemplate,
  crashingPod,
  DAY,
  degradedPod,
  failedPod,
  flappingPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  oldRevision,
  SECOND,
  someNodes,
  stoppedRollout,
  terminatingPod,
  waitingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Plan, PlanContext } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation, PodFacts } from "./facts.ts";
import { plan } from "./plan.ts";

const everything = { rollback: "auto" } as const;

function planned(observation: Observation, context: Partial<Parameters<typeof aPlanContext>[0]> = {}): Plan {
  const full: PlanContext = aPlanContext({ policies: everything, ...context });
  return plan(observation, diagnose(observation, full), full);
}

/** Kind of the plan and of its first step. */
function shape(result: Plan): string {
  return result.kind === "act" ? `act: ${result.steps.map(({ kind }) => kind).join(", ")}` : result.kind;
}

const one = (pod: PodFacts, scene: Scene = {}) => anObservation({ pods: fleet(4, [pod]), ...scene });

describe("one pod among good siblings", () => {
  /** In its life it restarted often; the last time a moment ago, after weeks. */
  const restartedOnce = (overrides: Partial<PodFacts>, restartCount = 12) =>
    aPod("n2", {
      createdAt: NOW - 200 * DAY,
      readyChangedAt: NOW - 21 * SECOND,
      containers: [
        aContainer({
          ready: overrides.ready ?? true,
          restartCount,
          runningSince: NOW - 20 * SECOND,
          lastTerminated: {
            exitCode: 137,
            reason: "OOMKilled",
            startedAt: NOW - 30 * DAY,
            finishedAt: NOW - 21 * SECOND,
          },
        }),
      ],
      ...overrides,
    });

  it.each<[string, PodFacts]>([
    ["Ready again after one crash; the other restarts were long ago", restartedOnce({ ready: true })],
    ["starting again after one crash, many restarts in its life", restartedOnce({ ready: false })],
    ["starting again after its first crash", restartedOnce({ ready: false }, 1)],
    ["Ready between two crashes", flappingPod("n2")],
    ["Ready, its init container needed several tries", readyAfterInit()],
    ["not Ready for half a minute", degradedPod("n2", { readyChangedAt: NOW - 31 * SECOND })],
    [
      "a readiness gate was taken away by its controller",
      degradedPod("n2", {
        readyReason: "ReadinessGatesNotReady",
        containers: [aContainer({ ready: true })],
      }),
    ],
  ])("%s: stays", (_name, pod) => {
    expect(shape(planned(one(pod)))).not.toMatch(/^act/);
  });

  function readyAfterInit(): PodFacts {
    const { runningSince: _none, ...init } = aContainer({ name: "wait", init: true, ready: true, restartCount: 4 });
    return aPod("n2", {
      createdAt: NOW - 8 * MINUTE,
      readyChangedAt: NOW - 20 * SECOND,
      containers: [
        {
          ...init,
          terminated: { exitCode: 0, reason: "Completed", startedAt: NOW - 25 * SECOND, finishedAt: NOW - 24 * SECOND },
          lastTerminated: { exitCode: 1, reason: "Error", startedAt: NOW - 80 * SECOND, finishedAt: NOW - 50 * SECOND },
        },
        aContainer({ runningSince: NOW - 23 * SECOND }),
      ],
    });
  }

  it.each<[string, Partial<Parameters<typeof aNode>[1]>]>([
    ["cordoned", { taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] }],
    ["about to be removed", { taints: [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule", value: "1" }] }],
    ["being disrupted", { taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }] }],
    ["out of service", { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] }],
  ])("on a node that is %s: stays", (_name, node) => {
    const nodes = someNodes(4).map((each) => (each.name === "n2" ? aNode("n2", node) : each));
    const template = aTemplate({ tolerations: [{ operator: "Exists" }] });
    const result = planned(one(crashingPod("n2"), { nodes, daemonSet: { template } }));
    expect(result).toMatchObject({ kind: "decline" });
  });

  it("still deletes what really loops, is stuck, or lost readiness for good", () => {
    for (const pod of [crashingPod("n2"), neverReadyPod("n2"), degradedPod("n2"), failedPod("n2")])
      expect(shape(planned(one(pod)))).toBe("act: delete-pod");
  });
});

describe("one pod of a new revision that runs nowhere yet", () => {
  const image = (message: string) => waitingPod("n1", { reason: "ErrImagePull", message });
  const sandbox = stoppedRollout([waitingPod("n1", { reason: "ContainerCreating" })], {
    events: [
      anEvent({
        about: "Pod/agent-n1",
        reason: "FailedCreatePodSandBox",
        message: "failed to set up pod network: no IP addresses available in range set",
      }),
    ],
  });

  it.each<[string, Observation]>([
    ["the node cannot set up its network", sandbox],
    [
      "it is still being created, and nothing says why",
      stoppedRollout([waitingPod("n1", { reason: "ContainerCreating" })]),
    ],
    [
      "the node's disk is full",
      stoppedRollout([
        waitingPod("n1", { reason: "CreateContainerError", message: "mkdir /var/lib/x: no space left on device" }),
      ]),
    ],
    [
      "the node's runtime is stuck",
      stoppedRollout([
        waitingPod("n1", {
          reason: "CreateContainerError",
          message: 'failed to reserve container name "main_agent-n1": name is reserved for "8a41"',
        }),
      ]),
    ],
    [
      "the node's disk is full, between two tries to start it",
      stoppedRollout([
        crashingPod("n1", {
          containers: crashingPod("n1").containers.map((container) => ({
            ...container,
            lastTerminated: { exitCode: 128, reason: "StartError", message: "mkdir /run/x: no space left on device" },
          })),
        }),
      ]),
    ],
    [
      "the node's image store is damaged",
      stoppedRollout([
        image(
          'failed to pull and unpack image "docker.io/library/app:ok-2": failed to extract layer sha256:1f: failed to prepare extraction snapshot: parent snapshot sha256:2c does not exist: not found',
        ),
      ]),
    ],
    [
      "a blob is missing in the node's image store",
      stoppedRollout([
        image('failed to pull and unpack image "docker.io/library/app:ok-2": content digest sha256:77: not found'),
      ]),
    ],
  ])("%s: the template is not rolled back", (_name, observation) => {
    expect(shape(planned(observation))).toBe("decline");
  });

  it("its volume mounted in the end, and the node cannot set up its network: the template is not rolled back", () => {
    const about = "Pod/agent-n1";
    const cache = 'MountVolume.SetUp failed for volume "new" : failed to sync configmap cache: timed out';
    const events = [
      anEvent({ about, reason: "FailedMount", message: cache, lastAt: NOW - 19 * MINUTE }),
      anEvent({ about, reason: "FailedCreatePodSandBox", message: "no IP addresses available", lastAt: NOW - SECOND }),
    ];
    const daemonSet = { template: aTemplate({ volumes: ["new"] }) };
    const observation = stoppedRollout([waitingPod("n1", { reason: "ContainerCreating" })], { events, daemonSet });
    expect(planned(observation)).toMatchObject({ kind: "decline", reason: "PodSandbox" });
    const [mount, sandbox] = events.map((event) => ({ ...event, lastAt: NOW - MINUTE - event.lastAt + NOW }));
    const swapped = { ...observation, events: [mount, sandbox].filter((event) => event !== undefined) };
    expect(diagnose(swapped, aPlanContext()).reason).toBe("VolumeMount");
  });

  it.each<[string, PodFacts]>([
    ["a probe that never succeeds", neverReadyPod("n1")],
    ["a volume that does not mount", waitingPod("n1", { reason: "ContainerCreating" })],
  ])("%s: no deletion when the rollback is only suggested, gated or not", (_name, pod) => {
    const template = aTemplate({ gated: true });
    const events = [anEvent({ about: "Pod/agent-n1", reason: "FailedMount", message: 'configmap "x" not found' })];
    const observation = stoppedRollout([pod], { daemonSet: { template }, events });
    expect(shape(planned(observation, { policies: { rollback: "suggest" } }))).toBe("decline");
  });
});

describe("many pods that lost readiness", () => {
  const many = (scene: Scene = {}) =>
    anObservation({
      pods: fleet(
        4,
        ["n1", "n2", "n3"].map((node) => degradedPod(node)),
      ),
      ...scene,
    });

  it("a deletion of yesterday is no canary of today", () => {
    const yesterday = anIntent({ node: "n4", trouble: "LostReadiness", cause: "C04", at: NOW - 20 * HOUR });
    const result = planned(many(), { intents: [yesterday] });
    expect(shape(result)).not.toMatch(/restart/);
  });

  it("no more than one first deletion, whatever was done yesterday", () => {
    const pods = fleet(
      60,
      Array.from({ length: 6 }, (_, i) => failedPod(`n${i + 1}`)),
    );
    const observation = anObservation({ pods, daemonSet: { maxUnavailable: 10 } });
    const yesterday = anIntent({ node: "n50", trouble: "Evicted", at: NOW - 20 * HOUR });
    expect(shape(planned(observation, { intents: [yesterday] }))).toBe("act: delete-pod");
  });

  it("a rollback an hour ago is a change of the template, though the revision is old", () => {
    const observation = many({
      revisions: [oldRevision(), aRevision({ createdAt: NOW - 30 * DAY })],
      daemonSet: { specChangedAt: NOW - 20 * MINUTE },
    });
    expect(diagnose(observation, aPlanContext()).reason).not.toBe("ProvenRevisionDegraded");
  });
});

describe("surge", () => {
  const refused = (lastAt: number) => [anEvent({ message: "exceeded quota: small", lastAt })];

  it("no deletion while pods cannot be created, though the old ones stay on every node", () => {
    const result = planned(one(crashingPod("n2"), { events: refused(NOW - 5 * MINUTE) }));
    expect(result).toMatchObject({ kind: "decline", message: expect.stringMatching(/cannot be created on any node/) });
  });

  it("a refusal long ago, or one that a new pod followed, does not count", () => {
    for (const lastAt of [NOW - 20 * MINUTE - SECOND, NOW - 30 * MINUTE])
      expect(shape(planned(one(crashingPod("n2"), { events: refused(lastAt) })))).toBe("act: delete-pod");
    const since = crashingPod("n2", { createdAt: NOW - 10 * MINUTE });
    expect(shape(planned(one(since, { events: refused(NOW - 11 * MINUTE) })))).toBe("act: delete-pod");
  });

  it("the old pod beside the canary's failing replacement does not prove it", () => {
    const degraded = ["n1", "n2", "n3"].map((node) => degradedPod(node));
    const canary = anIntent({ node: "n4", trouble: "LostReadiness", at: NOW - 9 * MINUTE });
    const beside = [
      oldPod("n4", { name: "agent-n4-old", uid: "old" }),
      aPod("n4", {
        ready: false,
        createdAt: NOW - MINUTE,
        readyChangedAt: NOW - MINUTE,
        containers: [aContainer({ ready: false, runningSince: NOW - 50 * SECOND })],
      }),
    ];
    const observation = anObservation({ pods: [...degraded, ...beside] });
    expect(shape(planned(observation, { intents: [canary] }))).not.toMatch(/restart/);
  });
});

describe("a deletion that was begun before", () => {
  it("a moment ago, by another run: its effect is awaited", () => {
    const pod = crashingPod("n2");
    const intents = [anIntent({ node: "n2", pod: pod.uid, at: NOW - SECOND })];
    expect(shape(planned(one(pod), { intents }))).toBe("wait");
  });

  it("and never came about, as the same pod shows: it is made", () => {
    const pod = crashingPod("n2");
    const intents = [anIntent({ node: "n2", pod: pod.uid, at: NOW - 2 * MINUTE })];
    expect(shape(planned(one(pod), { intents }))).toBe("act: delete-pod");
  });

  it("of a pod that is no longer there counts as made", () => {
    const intents = [anIntent({ node: "n2", pod: "gone", at: NOW - 2 * MINUTE })];
    expect(planned(one(crashingPod("n2")), { intents })).toMatchObject({ kind: "decline", reason: "AlreadyTried" });
  });

  it("on another node, which shows the same pod still, is no reason against this one", () => {
    const [here, there] = [crashingPod("n2"), crashingPod("n3")];
    const intents = [anIntent({ node: "n3", pod: there.uid, trouble: "Other", at: NOW - 2 * MINUTE })];
    expect(shape(planned(one(here), { intents }))).toBe("act: delete-pod");
  });
});

describe("a rollback that was begun before", () => {
  const broken = stoppedRollout([crashingPod("n1")]);
  const begun = (generation: number | undefined) =>
    planned(broken, {
      policies: { rollback: "auto" },
      intents: [
        anIntent({
          kind: "rollback",
          node: "",
          pod: "",
          at: NOW - 2 * MINUTE,
          ...(generation === undefined ? {} : { generation }),
        }),
      ],
    });

  it("and never came about, as the generation shows: it is made", () => {
    expect(shape(begun(broken.daemonSet.generation))).toBe("act: rollback");
  });

  it.each([
    ["the spec was written since: the bad template came back", broken.daemonSet.generation - 1],
    ["of which the generation is not known", undefined],
  ])("%s", (_name, generation) => {
    expect(begun(generation)).toMatchObject({ kind: "decline", reason: "AlreadyRolledBack" });
  });
});

describe("a person's word", () => {
  it("for a rollback that restarts nothing is none for one that does", () => {
    const free = stoppedRollout([crashingPod("n1"), crashingPod("n2")]);
    const third = aPod("n2", { revisionHash: "third", readyChangedAt: NOW - MINUTE });
    const costly = stoppedRollout([crashingPod("n1"), third]);
    const [before, after] = [free, costly].map((each) => planned(each, { policies: { rollback: "approve" } }));
    expect(before).toMatchObject({ kind: "act", steps: [{ kind: "rollback", restartsAvailable: 0 }] });
    expect(after).toMatchObject({ kind: "act", steps: [{ kind: "rollback", restartsAvailable: 1 }] });
    expect(before?.kind === "act" && before.digest).not.toBe(after?.kind === "act" && after.digest);
  });

  it("switching deletions off covers forced ones", () => {
    const stuck = terminatingPod("n2", 10 * MINUTE, { revisionHash: "new" });
    const forceDelete = [stuck.uid];
    expect(shape(planned(one(stuck), { policies: { forceDelete } }))).toBe("act: delete-pod");
    expect(shape(planned(one(stuck), { policies: { forceDelete, delete: "off" } }))).not.toMatch(/^act/);
  });
});
