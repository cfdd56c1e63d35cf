import { describe, expect, it } from "vitest";
import type { Scene } from "../../../test/support/daemonset-builders.ts";
import {
  aContainer,
  anAdmission,
  anEvent,
  anObservation,
  aPod,
  aRevision,
  aTemplate,
  badImagePod,
  crashingPod,
  DAY,
  deadNode,
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
  settings,
  someNodes,
  stoppedRollout,
  terminatingPod,
  unschedulablePod,
  waitingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Diagnosis, Finding } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation, PodFacts } from "./facts.ts";

function look(observation: Observation): Diagnosis {
  return diagnose(observation, { settings });
}

function main(observation: Observation): Finding {
  const diagnosis = look(observation);
  if (diagnosis.kind !== "unhealthy") throw new Error(`${diagnosis.kind}: ${diagnosis.message}`);
  return diagnosis.findings[0];
}

const podless = (message: string, admission = anAdmission()): Observation =>
  stoppedRollout([], {
    pods: fleet(4, [], oldPod).slice(1),
    podlessSince: { n1: NOW - 5 * MINUTE },
    events: message === "" ? [] : [anEvent({ message })],
    daemonSet: { template: aTemplate({ admission }) },
  });
const tainted = () =>
  someNodes(4).map((node) =>
    node.name === "n2" ? { ...node, taints: [{ key: "maint", value: "x", effect: "NoSchedule" as const }] } : node,
  );
const withDead = (...names: string[]) =>
  someNodes(4).map((node) => (names.includes(node.name) ? deadNode(node.name) : node));

describe("what is behind it", () => {
  const pull = (image: string, message: string) =>
    waitingPod(
      "n1",
      { reason: "ErrImagePull" },
      { containers: [aContainer({ image, ready: false, waiting: { reason: "ErrImagePull", message } })] },
    );

  it.each<[string, Observation, string | undefined]>([
    [
      "a registry that does not answer",
      stoppedRollout([pull("reg.example.com:5000/app:2", "i/o timeout")]),
      "registry/reg.example.com:5000",
    ],
    ["a registry that denies", stoppedRollout([pull("team/app:2", "unauthorized")]), "registry/docker.io"],
    ["a tag that does not exist", stoppedRollout([badImagePod("n1")]), undefined],
    ["a dead node", stoppedRollout([], { nodes: withDead("n3") }), "node/n3"],
    ["one bad node", anObservation({ pods: fleet(4, [crashingPod("n2")]) }), "node/n2"],
    ["a bad revision", stoppedRollout([crashingPod("n1")]), undefined],
  ])("%s", (_name, observation, root) => {
    const diagnosis = diagnose(observation, { settings });
    expect(diagnosis.kind === "healthy" ? "none" : diagnosis.findings[0]?.root).toBe(root);
  });
});

describe("one case for each cause", () => {
  it.each<[string, Observation, string, RegExp]>([
    [
      "C01",
      stoppedRollout([badImagePod("n1")]),
      "ImageNotFound",
      /^3 of 4 pods run; the new image app:ok-2 does not exist; rolling back to revision 1 would restart nothing\.$/,
    ],
    [
      "C02",
      stoppedRollout([waitingPod("n1", { reason: "ErrImagePull", message: "unauthorized" })]),
      "ImagePullDenied",
      /denies the pull.*Revision 1 uses the same registry and the same pull secrets/,
    ],
    [
      "C03",
      stoppedRollout([waitingPod("n1", { reason: "ErrImagePull", message: "i/o timeout" })]),
      "RegistryUnreachable",
      /does not answer/,
    ],
    [
      "C04",
      anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
      "OneNodeOnly",
      /only agent-n2 on n2 does not: container main keeps ending: exit code 1/,
    ],
    ["C05", stoppedRollout([crashingPod("n1")]), "CrashLoop", /exit code 1/],
    [
      "C06",
      anObservation({ pods: ["n1", "n2", "n3", "n4"].map((node) => flappingPod(node)) }),
      "Flapping",
      /Ready for a while and ends again/,
    ],
    ["C07", stoppedRollout([neverReadyPod("n1")]), "NeverReady", /never becomes Ready/],
    [
      "C08",
      stoppedRollout([
        crashingPod("n1", {
          containers: [
            aContainer({
              init: true,
              name: "main",
              ready: false,
              waiting: { reason: "CrashLoopBackOff", message: "" },
            }),
          ],
        }),
      ]),
      "InitContainerFailing",
      /init container main/,
    ],
    [
      "C09",
      stoppedRollout([
        crashingPod("n1", {
          containers: [
            aContainer({
              ready: false,
              waiting: { reason: "CrashLoopBackOff", message: "" },
              lastTerminated: { exitCode: 137, reason: "OOMKilled" },
            }),
          ],
        }),
      ]),
      "OutOfMemory",
      /out of memory/,
    ],
    [
      "C10",
      stoppedRollout([
        waitingPod("n1", { reason: "CreateContainerConfigError", message: 'configmap "new" not found' }),
      ]),
      "ContainerConfig",
      /configmap "new" not found/,
    ],
    [
      "C11",
      stoppedRollout([waitingPod("n1", { reason: "ContainerCreating" })], {
        events: [anEvent({ about: "Pod/agent-n1", reason: "FailedMount", message: "hostPath type check failed" })],
      }),
      "VolumeMount",
      /hostPath type check failed/,
    ],
    [
      "C12",
      stoppedRollout([waitingPod("n1", { reason: "ContainerCreating" })], {
        events: [
          anEvent({
            about: "Pod/agent-n1",
            reason: "FailedCreatePodSandBox",
            message: "failed to assign an IP address",
          }),
        ],
      }),
      "PodSandbox",
      /failed to assign an IP address/,
    ],
    ["C13", stoppedRollout([unschedulablePod("n2")]), "Unschedulable", /cannot be scheduled to n2.*Insufficient cpu/],
    [
      "C14",
      anObservation({ pods: fleet(4, [failedPod("n2")]) }),
      "PodFailed",
      /The cause is gone, so deleting the failed pod/,
    ],
    [
      "C14",
      anObservation({
        pods: fleet(4, [failedPod("n2")]),
        nodes: someNodes(4).map((node) => (node.name === "n2" ? { ...node, pressures: ["DiskPressure"] } : node)),
      }),
      "NodePressure",
      /evicted again while that lasts/,
    ],
    [
      "C15",
      anObservation({
        nodes: withDead("n1").map((node) =>
          node.name === "n1"
            ? { ...node, taints: [{ key: "node.kubernetes.io/unreachable", effect: "NoSchedule" as const }] }
            : node,
        ),
        pods: fleet(4, [aPod("n1", { ready: false })]),
      }),
      "NodeDown",
      /Node n1 does not answer; the pod there counts as misscheduled/,
    ],
    [
      "C16",
      anObservation({ nodes: withDead("n1"), pods: fleet(4, [aPod("n1", { ready: false })]) }),
      "NodeDown",
      /the rollout waits for what cannot run there/,
    ],
    ["C17", stoppedRollout([terminatingPod("n3", 5 * MINUTE)]), "TerminationStuck", /should have ended 300 s ago/],
    [
      "C18",
      stoppedRollout([terminatingPod("n3", 5 * MINUTE, { finalizers: ["example.com/hold"] })]),
      "FinalizerHolds",
      /finalizer example\.com\/hold holds it/,
    ],
    [
      "C19",
      stoppedRollout([], {
        pods: [...fleet(4, [], oldPod), oldPod("gone")],
        orphanedSince: { "uid-agent-gone": NOW - 3 * MINUTE },
      }),
      "NodeGone",
      /belongs to a node that no longer exists/,
    ],
    [
      "C20",
      podless('pods "agent-" is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3'),
      "QuotaExceeded",
      /exceeded quota: few/,
    ],
    [
      "C20",
      podless('pods "agent-" is forbidden: [maximum cpu usage per Container is 1, but limit is 2]'),
      "LimitRangeViolated",
      /maximum cpu/,
    ],
    [
      "C21",
      podless(
        'Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://x.default.svc:443/?timeout=10s": context deadline exceeded',
      ),
      "AdmissionWebhook",
      /failed calling webhook/,
    ],
    [
      "C21",
      podless(
        'admission webhook "policy.example.com" denied the request: serviceaccount agent may not use PriorityClass x',
      ),
      "AdmissionWebhook",
      /denied the request/,
    ],
    [
      "C21",
      podless(
        `pods "agent-x" is forbidden: ValidatingAdmissionPolicy 'tokens' with binding 'tokens' denied request: no serviceAccount token here`,
      ),
      "AdmissionPolicy",
      /ValidatingAdmissionPolicy 'tokens'/,
    ],
    [
      "C20",
      podless('pods "runtimeclass-agent-x" is forbidden: exceeded quota: priorityclass-quota, requested: pods=1'),
      "QuotaExceeded",
      /exceeded quota/,
    ],
    [
      "C20",
      podless('pods "agent-x" is forbidden: maximum ephemeral-storage usage per Container is 1Gi, but limit is 2Gi'),
      "LimitRangeViolated",
      /ephemeral-storage/,
    ],
    [
      "C20",
      podless(
        'pods "agent-x" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 9',
      ),
      "LimitRangeViolated",
      /ratio per Container/,
    ],
    [
      "C22",
      podless(
        'pods "agent-x" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
      ),
      "PodSecurity",
      /violates PodSecurity/,
    ],
    [
      "C23",
      podless(
        'pods "agent-" is forbidden: error looking up service account kube-system/nope: serviceaccount "nope" not found',
        anAdmission({ serviceAccount: "nope" }),
      ),
      "ServiceAccountMissing",
      /the new template asks for it/,
    ],
    [
      "C23",
      podless('pods "agent-" is forbidden: no PriorityClass with name high was found'),
      "PriorityClassMissing",
      /no PriorityClass/,
    ],
    [
      "C23",
      podless("insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]"),
      "PriorityClassMissing",
      /insufficient quota/,
    ],
    [
      "C23",
      podless('pods "agent-" is forbidden: pod rejected: RuntimeClass "gvisor" not found'),
      "RuntimeClassMissing",
      /RuntimeClass/,
    ],
    [
      "C24",
      anObservation({
        pods: ["n1", "n2", "n3", "n4"].map((node) => oldPod(node)),
        daemonSet: { strategy: "OnDelete" },
      }),
      "OnDeleteOutdated",
      /4 of 4 pods run an older template because the update strategy is OnDelete/,
    ],
    ["C26", anObservation({ nodes: tainted() }), "Misscheduled", /n2: taint maint=x:NoSchedule/],
    [
      "C27",
      anObservation({ daemonSet: { template: aTemplate({ nodeSelector: { "kubernetes.io/os": "windows" } }) } }),
      "NodeDeselected",
      /on nodes that are not selected by the template any more/,
    ],
    [
      "C28",
      anObservation({
        pods: fleet(4, [waitingPod("n4", { reason: "ErrImagePull", message: "no match for platform in manifest" })]),
      }),
      "ImagePlatformMismatch",
      /no build for this node/,
    ],
    [
      "C30",
      anObservation({ daemonSet: { generation: 5, observedGeneration: 4, specChangedAt: NOW - 3 * MINUTE } }),
      "ControllerBehind",
      /has not acted on generation 5 for 180 s/,
    ],
    ["C32", anObservation({ daemonSet: { deleting: true } }), "BeingDeleted", /is being deleted/],
    [
      "C41",
      anObservation({ pods: fleet(4, [degradedPod("n1"), degradedPod("n2")]) }),
      "ProvenRevisionDegraded",
      /2 of 4 pods ran well and lost readiness/,
    ],
    ["C42", podless(""), "CreationFailing", /creates no pod on node n1 and says nothing/],
    ["C42", podless("something nobody has seen before"), "CreationFailing", /something nobody has seen before/],
    ["C42", stoppedRollout([]), "Unknown", /stands still .* no known cause explains it/],
    [
      "C42",
      anObservation({
        pods: fleet(4, [
          waitingPod("n1", { reason: "ContainerCreating" }),
          waitingPod("n2", { reason: "ContainerCreating" }),
        ]),
      }),
      "SeveralNodes",
      /What these nodes share is not known/,
    ],
  ])("%s %#", (cause, observation, reason, message) => {
    const finding = main(observation);
    expect(`${finding.cause} ${finding.reason}`).toBe(`${cause} ${reason}`);
    expect(finding.message).toMatch(message);
    expect(finding.evidence.length).toBeGreaterThan(0);
    expect(finding.commands.every((command) => /^(kubectl|operarius) /.test(command))).toBe(true);
    expect(finding.commands.length).toBeGreaterThan(0);
  });
});

describe("healthy and pending", () => {
  it.each<[string, Observation]>([
    ["all is well", anObservation()],
    [
      "the status is stale, the recount is not (C40)",
      anObservation({
        daemonSet: { status: { desired: 4, current: 3, updated: 1, ready: 3, available: 2, misscheduled: 1 } },
      }),
    ],
    ["nothing is wanted", anObservation({ nodes: [], pods: [] })],
    [
      "a pod of a removed node is no part of it",
      anObservation({ nodes: someNodes(4), pods: [...fleet(4, []), aPod("gone")] }),
    ],
  ])("healthy: %s", (_name, observation) => {
    expect(look(observation).kind).toBe("healthy");
  });

  it.each<[string, Observation, number, RegExp]>([
    [
      "a pod is starting",
      stoppedRollout([neverReadyPod("n1", { createdAt: NOW - MINUTE })]),
      4 * MINUTE,
      /pod agent-n1 on n1 is starting/,
    ],
    [
      "Ready, but not yet for minReadySeconds",
      anObservation({
        pods: fleet(4, [aPod("n1", { readyChangedAt: NOW - 10 * SECOND })]),
        daemonSet: { minReadySeconds: 60 },
      }),
      50 * SECOND,
      /agent-n1 on n1 is starting: it is Ready and must stay so for 60 s \(minReadySeconds\)\.$/,
    ],
    [
      "a long grace period (C35)",
      stoppedRollout([terminatingPod("n1", -8 * MINUTE)]),
      8 * MINUTE + 31 * SECOND,
      /is ending within its grace period/,
    ],
    [
      "a node waits for its pod",
      stoppedRollout([], { pods: fleet(4, [], oldPod).slice(1), podlessSince: { n1: NOW - 30 * SECOND } }),
      91 * SECOND,
      /node n1 waits for its pod/,
    ],
    [
      "the controller has just been told",
      anObservation({ daemonSet: { generation: 5, observedGeneration: 4, specChangedAt: NOW - 20 * SECOND } }),
      101 * SECOND,
      /has not seen the newest spec/,
    ],
    [
      "a missing ConfigMap may still appear",
      stoppedRollout([waitingPod("n1", { reason: "CreateContainerConfigError", ageMs: MINUTE })]),
      4 * MINUTE,
      /is starting/,
    ],
    [
      "a removed node's pod waits for the collector",
      stoppedRollout([], {
        pods: [...fleet(4, [], oldPod), oldPod("gone")],
        orphanedSince: { "uid-agent-gone": NOW - MINUTE },
      }),
      MINUTE,
      /waits for the garbage collection/,
    ],
    [
      "the template was changed a moment ago",
      stoppedRollout([], { daemonSet: { specChangedAt: NOW - 10 * SECOND } }),
      SECOND,
      /the controller goes on/,
    ],
  ])("pending: %s", (_name, observation, recheckAfterMs, message) => {
    const diagnosis = look(observation);
    expect(diagnosis).toMatchObject({ kind: "pending", recheckAfterMs });
    expect(diagnosis.message).toMatch(message);
  });

  it("a certain fault does not wait for the pods that are still starting; an uncertain one does", () => {
    const starting = neverReadyPod("n2", { createdAt: NOW - MINUTE });
    expect(look(stoppedRollout([badImagePod("n1"), starting])).kind).toBe("unhealthy");
    expect(look(stoppedRollout([crashingPod("n1"), starting])).kind).toBe("pending");
  });
});

describe("the order of the checks", () => {
  const trouble: Scene = { pods: fleet(4, [badImagePod("n1")], oldPod) };
  it.each<[string, Observation, string]>([
    [
      "deletion before everything",
      stoppedRollout([], { ...trouble, daemonSet: { deleting: true, generation: 9, specChangedAt: NOW - HOUR } }),
      "C32",
    ],
    [
      "the controller before the pods",
      stoppedRollout([], { ...trouble, daemonSet: { generation: 9, specChangedAt: NOW - HOUR } }),
      "C30",
    ],
    [
      "creation before the pods",
      stoppedRollout([badImagePod("n1")], {
        pods: fleet(4, [badImagePod("n1")], oldPod).slice(0, 3),
        podlessSince: { n4: NOW - HOUR },
        events: [anEvent({ message: "exceeded quota" })],
      }),
      "C20",
    ],
    [
      "what can be repaired before the dead node",
      stoppedRollout([badImagePod("n1")], { nodes: withDead("n4") }),
      "C01",
    ],
    [
      "the dead node before what needs a person anyway",
      stoppedRollout([unschedulablePod("n1")], { nodes: withDead("n4") }),
      "C16",
    ],
    [
      "a stuck termination before what needs a person anyway",
      stoppedRollout([unschedulablePod("n1"), terminatingPod("n2", HOUR)]),
      "C17",
    ],
  ])("%s", (_name, observation, want) => {
    expect(main(observation).cause).toBe(want);
  });

  it("nothing that happens on a dead node counts against the revision", () => {
    const observation = stoppedRollout([crashingPod("n1"), neverReadyPod("n2")], { nodes: withDead("n1", "n2") });
    const diagnosis = look(observation);
    expect(diagnosis.kind === "unhealthy" && diagnosis.findings.map(({ cause }) => cause)).toEqual(["C16"]);
  });

  it("an unobserved spec of unknown age is given its time first", () => {
    const { specChangedAt: _none, ...daemonSet } = anObservation().daemonSet;
    const observation = { ...anObservation(), daemonSet: { ...daemonSet, generation: 9 } };
    expect(look(observation).kind).toBe("pending");
  });
});

describe("stuck terminations", () => {
  it("each has one finding; nobody is told to force what a finalizer holds", () => {
    const held = terminatingPod("n3", 5 * MINUTE, { finalizers: ["example.com/hold"] });
    const diagnosis = look(stoppedRollout([held, terminatingPod("n4", 5 * MINUTE)]));
    const findings = diagnosis.kind === "unhealthy" ? diagnosis.findings : [];
    expect(findings.map(({ cause, pods }) => [cause, ...pods])).toEqual([
      ["C18", "agent-n3"],
      ["C17", "agent-n4"],
    ]);
    const commands = findings.flatMap((finding) => finding.commands);
    expect(commands.join()).not.toContain("--force-delete=uid-agent-n3");
    expect(commands.join()).toContain("--force-delete=uid-agent-n4");
  });
});

describe("node or revision", () => {
  const settled = (node: string) => aPod(node, { createdAt: NOW - 10 * MINUTE, readyChangedAt: NOW - 9 * MINUTE });
  it.each<[string, PodFacts[], string]>([
    ["one good sibling that has settled, mid-rollout", [settled("n1"), crashingPod("n2")], "C04"],
    [
      "its only sibling came up a moment ago",
      [aPod("n1", { readyChangedAt: NOW - 5 * SECOND }), crashingPod("n2")],
      "C42",
    ],
    [
      "its only sibling has restarted",
      [aPod("n1", { containers: [aContainer({ restartCount: 1 })] }), crashingPod("n2")],
      "C42",
    ],
    ["two bad nodes beside a good one", [settled("n1"), crashingPod("n2"), crashingPod("n3")], "C42"],
    ["none good, two bad", [crashingPod("n1"), crashingPod("n2")], "C05"],
    ["two nodes, two reasons", [settled("n1"), crashingPod("n2"), neverReadyPod("n3")], "C04"],
  ])("%s", (_name, special, want) => {
    expect(main(stoppedRollout(special, { pods: fleet(8, special, oldPod) })).cause).toBe(want);
  });

  it("unschedulable counts against the revision when it asks for more than the proven one", () => {
    const template = aTemplate({ admission: anAdmission({ requests: "requests-doubled" }) });
    const finding = main(stoppedRollout([unschedulablePod("n2")], { daemonSet: { template } }));
    expect(finding.message).toMatch(/the new revision does not start: cannot be scheduled to n2/);
    expect(finding.commands[0]).toBe("kubectl rollout undo daemonset/agent -n kube-system --to-revision=1");
  });
});

describe("C41, the proven revision degraded", () => {
  const many = (count: number, of = degradedPod) =>
    fleet(
      20,
      Array.from({ length: count }, (_, i) => of(`n${i + 1}`)),
    );
  it.each<[string, Scene, string]>([
    ["two of twenty", { pods: many(2) }, "C41"],
    [
      "three of thirty-one are too few",
      { pods: fleet(31, [degradedPod("n1"), degradedPod("n2"), degradedPod("n3")]) },
      "C42",
    ],
    ["only one", { pods: many(1) }, "C04"],
    [
      "the template is younger than an hour",
      { pods: many(4), revisions: [oldRevision(), aRevision({ createdAt: NOW - 50 * MINUTE })] },
      "C42",
    ],
    ["everywhere", { pods: many(20) }, "C41"],
    [
      "one after the other, over days",
      { pods: fleet(20, [degradedPod("n1", { readyChangedAt: NOW - HOUR }), degradedPod("n2")]) },
      "C42",
    ],
    [
      "pods that crashed long ago count, too",
      {
        pods: many(4, (node) =>
          degradedPod(node, {
            containers: [
              aContainer({
                ready: false,
                restartCount: 9,
                lastTerminated: { exitCode: 1, reason: "Error", finishedAt: NOW - DAY },
              }),
            ],
          }),
        ),
      },
      "C41",
    ],
  ])("%s", (_name, scene, want) => {
    expect(main(anObservation(scene)).cause).toBe(want);
  });
});

describe("creation", () => {
  it("is not failing when a success followed, or when no node lacks its pod", () => {
    const failed = anEvent({ message: "exceeded quota", lastAt: NOW - 5 * MINUTE });
    const succeeded = anEvent({ reason: "SuccessfulCreate", lastAt: NOW - MINUTE });
    const scene = { pods: fleet(4, [], oldPod).slice(1), podlessSince: { n1: NOW - 30 * SECOND } };
    expect(look(stoppedRollout([], { ...scene, events: [failed, succeeded] })).kind).toBe("pending");
    expect(look(stoppedRollout([], { ...scene, events: [failed] })).kind).toBe("unhealthy");
    expect(look(anObservation({ events: [failed] })).kind).toBe("healthy");
  });

  it("another DaemonSet's events say nothing", () => {
    const events = [anEvent({ about: "DaemonSet/other", message: "exceeded quota" })];
    const scene = { pods: fleet(4, [], oldPod).slice(1), podlessSince: { n1: NOW - 30 * SECOND }, events };
    expect(look(stoppedRollout([], scene)).kind).toBe("pending");
  });
});

describe("time alone", () => {
  it.each<[string, Observation]>([
    ["a starting pod", stoppedRollout([neverReadyPod("n1", { createdAt: NOW - MINUTE })])],
    ["an ending pod", stoppedRollout([terminatingPod("n1", -8 * MINUTE)])],
    ["a node without a pod", stoppedRollout([], { pods: fleet(4, [], oldPod).slice(1), podlessSince: { n1: NOW } })],
    [
      "an orphan",
      stoppedRollout([], { pods: [...fleet(4, [], oldPod), oldPod("gone")], orphanedSince: { "uid-agent-gone": NOW } }),
    ],
    ["a spec that is not observed", anObservation({ daemonSet: { generation: 5, specChangedAt: NOW } })],
    ["a pod without any explanation", stoppedRollout([neverReadyPod("n1", { createdAt: NOW, containers: [] })])],
    [
      "a pod that no scheduler looks at",
      stoppedRollout([
        (() => {
          const { unscheduled: _none, ...pod } = unschedulablePod("n1", { createdAt: NOW });
          return pod;
        })(),
      ]),
    ],
  ])("%s: waiting ends, and does not begin again", (_name, observation) => {
    const kinds = Array.from({ length: 121 }, (_, i) => look({ ...observation, at: NOW + i * 10 * SECOND }).kind);
    const turn = kinds.indexOf("unhealthy");
    expect(kinds[0]).toBe("pending");
    expect(turn).toBeGreaterThan(0);
    expect(new Set(kinds.slice(turn))).toEqual(new Set(["unhealthy"]));
  });
});
