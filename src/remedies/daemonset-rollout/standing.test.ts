import { describe, expect, it } from "vitest";
import type { Scene } from "../../../test/support/daemonset-builders.ts";
import {
  aContainer,
  aNode,
  anEvent,
  anObservation,
  aPod,
  aTemplate,
  badImagePod,
  crashingPod,
  DAY,
  deadNode,
  degradedPod,
  failedPod,
  flappingPod,
  HOUR,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  SECOND,
  settings,
  terminatingPod,
  unschedulablePod,
  waitingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Trouble } from "./causes/trouble.ts";
import type { PodFacts } from "./facts.ts";
import type { Standing } from "./standing.ts";
import { standings } from "./standing.ts";

function standing(pod: PodFacts, scene: Scene = {}): Standing | undefined {
  return standings(anObservation({ pods: [pod], ...scene }), settings).get(pod.uid);
}

function trouble(pod: PodFacts, scene: Scene = {}): Trouble | undefined {
  const found = standing(pod, scene);
  return found?.kind === "troubled" ? found.trouble : undefined;
}

function readySometime(): PodFacts {
  const { readyChangedAt: _none, ...pod } = aPod("n1");
  return pod;
}

describe("how a pod stands", () => {
  it.each<[string, PodFacts, Scene, Partial<Standing>]>([
    ["available", aPod("n1"), {}, { kind: "available" }],
    [
      "Ready, not yet for minReadySeconds",
      aPod("n1", { readyChangedAt: NOW - 10 * SECOND }),
      { daemonSet: { minReadySeconds: 60 } },
      { kind: "starting", until: NOW + 50 * SECOND },
    ],
    [
      "young and not Ready",
      neverReadyPod("n1", { createdAt: NOW - MINUTE }),
      {},
      { kind: "starting", until: NOW + 4 * MINUTE },
    ],
    ["ending within its grace period", terminatingPod("n1", -30 * SECOND), {}, { kind: "terminating", stuck: false }],
    ["at its deadline", terminatingPod("n1", 30 * SECOND), {}, { kind: "terminating", stuck: false }],
    ["past its deadline", terminatingPod("n1", 31 * SECOND), {}, { kind: "terminating", stuck: true }],
    [
      "on a node that does not answer",
      aPod("n1", { ready: false }),
      { nodes: [deadNode("n1")] },
      { kind: "node-down" },
    ],
    [
      "crashing there: says nothing about its revision",
      crashingPod("n1"),
      { nodes: [deadNode("n1")] },
      { kind: "node-down" },
    ],
    ["on a node that is gone", aPod("gone"), {}, { kind: "node-down" }],
    [
      "on a node that says it is not Ready",
      aPod("n1"),
      { nodes: [aNode("n1", { ready: "False" })] },
      { kind: "node-down" },
    ],
    [
      "Ready at a time that is not told",
      readySometime(),
      { daemonSet: { minReadySeconds: 60 } },
      { kind: "starting", until: NOW + MINUTE },
    ],
    [
      "terminating on a node that does not answer",
      terminatingPod("n1", MINUTE),
      { nodes: [deadNode("n1")] },
      { kind: "terminating" },
    ],
  ])("%s", (_name, pod, scene, want) => {
    expect(standing(pod, scene)).toMatchObject(want);
  });
});

describe("a node that was away and came back", () => {
  const lost = (overrides: Partial<PodFacts> = {}) => degradedPod("n1", { readyChangedAt: NOW - HOUR, ...overrides });
  const back = (ago: number) => ({ nodes: [aNode("n1", { readyChangedAt: NOW - ago })] });

  it("gives its pods their allowance anew, until they count as before", () => {
    expect(standing(lost(), back(5 * SECOND))).toEqual({ kind: "starting", until: NOW - 5 * SECOND + 5 * MINUTE });
    expect(standing(lost(), back(5 * MINUTE - 1))?.kind).toBe("starting");
    expect(trouble(lost(), back(5 * MINUTE))?.reason).toBe("LostReadiness");
  });

  it("excuses nothing that the pod lost since, nor what its kubelet says of a container, nor a Failed pod", () => {
    expect(trouble(lost({ readyChangedAt: NOW - MINUTE }), back(MINUTE))?.reason).toBe("LostReadiness");
    expect(trouble(crashingPod("n1"), back(SECOND))?.reason).toBe("CrashLoop");
    expect(trouble(failedPod("n1"), back(SECOND))?.reason).toBe("PodFailed");
  });
});

describe("images: C01, C02, C03, C28", () => {
  const containerd = "rpc error: code = NotFound desc = failed to pull and unpack image";
  it.each<[string, string, string, string, Trouble["blame"]]>([
    // The words of containerd, cri-o and docker, of kubelets 1.24 to 1.33, and of common registries.
    [
      "containerd 1.6",
      "ErrImagePull",
      `${containerd} "docker.io/library/app:bad-2": failed to resolve reference "docker.io/library/app:bad-2": docker.io/library/app:bad-2: not found`,
      "C01 ImageNotFound",
      "template",
    ],
    [
      "kubelet 1.32 repeats it in the back-off",
      "ImagePullBackOff",
      `Back-off pulling image "app:bad-2": ErrImagePull: ${containerd} "docker.io/library/app:bad-2": docker.io/library/app:bad-2: not found`,
      "C01 ImageNotFound",
      "template",
    ],
    [
      "cri-o",
      "ErrImagePull",
      "rpc error: code = Unknown desc = reading manifest bad-2 in quay.io/app/app: manifest unknown: manifest unknown",
      "C01 ImageNotFound",
      "template",
    ],
    [
      "docker",
      "ErrImagePull",
      "rpc error: code = Unknown desc = Error response from daemon: manifest for app:bad-2 not found: manifest unknown: manifest unknown",
      "C01 ImageNotFound",
      "template",
    ],
    [
      "cri-o, no such repository",
      "ErrImagePull",
      "rpc error: code = Unknown desc = reading manifest 1 in registry.example.com/x: name unknown: repository x not found",
      "C01 ImageNotFound",
      "template",
    ],
    [
      "a bad name",
      "InvalidImageName",
      'Failed to apply default image tag "APP:::1": couldn\'t parse image name: invalid reference format',
      "C01 InvalidImage",
      "template",
    ],
    [
      "never to be pulled",
      "ErrImageNeverPull",
      'Container image "app:bad-2" is not present with pull policy of Never',
      "C01 InvalidImage",
      "template",
    ],
    [
      "Docker Hub, private or absent",
      "ErrImagePull",
      'failed to resolve reference "docker.io/x/app:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      "C02 ImagePullDenied",
      "surroundings",
    ],
    [
      "GHCR",
      "ErrImagePull",
      "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=x: 403 Forbidden",
      "C02 ImagePullDenied",
      "surroundings",
    ],
    [
      "ECR, expired",
      "ErrImagePull",
      "failed to resolve reference: unexpected status from HEAD request: 401 Unauthorized",
      "C02 ImagePullDenied",
      "surroundings",
    ],
    [
      "no credentials",
      "ErrImagePull",
      'Head "https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/app/manifests/1": no basic auth credentials',
      "C02 ImagePullDenied",
      "surroundings",
    ],
    [
      "rate limit",
      "ErrImagePull",
      "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading",
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "a timeout",
      "ErrImagePull",
      'failed to do request: Head "https://registry.example.com/v2/app/manifests/1": dial tcp 10.0.0.9:443: i/o timeout',
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "a certificate",
      "ErrImagePull",
      'Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "no DNS",
      "ErrImagePull",
      "dial tcp: lookup registry.example.com on 10.96.0.10:53: no such host",
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "a broken DNS",
      "ErrImagePull",
      "dial tcp: lookup registry.example.com on 10.96.0.10:53: server misbehaving",
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "no route",
      "ErrImagePull",
      "pinging container registry registry.example.com: dial tcp 10.0.0.9:443: connect: no route to host",
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "a registry that is ill",
      "ErrImagePull",
      "unexpected status from HEAD request to https://registry.example.com/v2/app/manifests/1: 503 Service Unavailable",
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "kubelet's own word for it",
      "RegistryUnavailable",
      "image pull failed for app:1 because the registry is unavailable",
      "C03 RegistryUnreachable",
      "surroundings",
    ],
    [
      "another platform, containerd",
      "ErrImagePull",
      "no match for platform in manifest: not found",
      "C28 ImagePlatformMismatch",
      "surroundings",
    ],
    [
      "another platform, cri-o",
      "ErrImagePull",
      "choosing image instance: no image found in manifest list: no matching manifest for linux/arm64 in the manifest list entries",
      "C28 ImagePlatformMismatch",
      "surroundings",
    ],
    [
      "a full disk",
      "ErrImagePull",
      "failed to extract layer sha256:1: write /var/lib/containerd/x: no space left on device",
      "C01 ImagePullFailing",
      "surroundings",
    ],
    ["nothing said", "ImagePullBackOff", 'Back-off pulling image "app:bad-2"', "C01 ImagePullFailing", "surroundings"],
  ])("%s", (_name, reason, message, want, blame) => {
    const found = trouble(waitingPod("n1", { reason, message, ageMs: 10 * SECOND }));
    expect(found && `${found.cause} ${found.reason}`).toBe(want);
    expect(found).toMatchObject({ blame, recreationCanHelp: false });
  });

  it.each(["geofence:1", "app:403", "tls/x509-exporter:v1", "denied:429", "registry.example.com/timeout/not-found:2"])(
    "the name of image %s is no evidence",
    (image) => {
      const pod = waitingPod("n1", { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}"` });
      expect(trouble(pod)?.reason).toBe("ImagePullFailing");
      const events = [
        anEvent({
          about: "Pod/agent-n1",
          reason: "Failed",
          message: `Failed to pull image "${image}": rpc error: code = NotFound desc = ${image}: manifest unknown`,
        }),
      ];
      expect(trouble(pod, { events })?.reason).toBe("ImageNotFound");
    },
  );

  it("the pod's events tell what its back-off leaves out; those of other pods do not", () => {
    const pod = waitingPod("n1", { reason: "ImagePullBackOff", message: 'Back-off pulling image "app:bad-2"' });
    const event = anEvent({ about: "Pod/agent-n1", reason: "Failed", message: "manifest unknown" });
    expect(trouble(pod, { events: [event] })?.reason).toBe("ImageNotFound");
    expect(trouble(pod, { events: [{ ...event, about: "Pod/agent-n2" }] })?.reason).toBe("ImagePullFailing");
  });

  it("names the template's image", () => {
    const pod = badImagePod("n1");
    expect(trouble(pod)?.sentence).toBe("cannot pull image app:ok-2: not found");
  });
});

describe("crashes: C05, C06, C08, C09", () => {
  const ended = (reason: string, exitCode: number) => ({
    reason,
    exitCode,
    startedAt: NOW - MINUTE,
    finishedAt: NOW - 50 * SECOND,
  });
  const crash = (overrides: Parameters<typeof aContainer>[0]) => {
    const { runningSince: _none, ...container } = aContainer({ ready: false });
    return neverReadyPod("n1", { createdAt: NOW - 4 * MINUTE, containers: [{ ...container, ...overrides }] });
  };
  const backOff = { reason: "CrashLoopBackOff", message: "back-off 40s restarting failed container=main" };

  it.each<[string, PodFacts, string | undefined]>([
    ["back-off", crash({ waiting: backOff, lastTerminated: ended("Error", 1), restartCount: 1 }), "C05 CrashLoop"],
    [
      "command not found",
      crash({ waiting: backOff, lastTerminated: ended("StartError", 128), restartCount: 1 }),
      "C05 CrashLoop",
    ],
    ["three ends without back-off", crash({ terminated: ended("Error", 1), restartCount: 2 }), "C05 CrashLoop"],
    ["two ends are not enough", crash({ terminated: ended("Error", 1), restartCount: 1 }), undefined],
    [
      "out of memory",
      crash({ waiting: backOff, lastTerminated: ended("OOMKilled", 137), restartCount: 4 }),
      "C09 OutOfMemory",
    ],
    [
      "killed, but not for memory",
      crash({ waiting: backOff, lastTerminated: ended("Error", 137), restartCount: 4 }),
      "C05 CrashLoop",
    ],
    [
      "an init container",
      crash({ init: true, name: "main", waiting: backOff, lastTerminated: ended("Error", 2), restartCount: 4 }),
      "C08 InitContainerFailing",
    ],
    [
      "an init container out of memory",
      crash({ init: true, waiting: backOff, lastTerminated: ended("OOMKilled", 137) }),
      "C09 OutOfMemory",
    ],
    [
      "running between two crashes",
      crash({ runningSince: NOW - 5 * SECOND, lastTerminated: ended("Error", 1), restartCount: 3 }),
      "C05 CrashLoop",
    ],
    ["Ready between two crashes", flappingPod("n1"), "C06 Flapping"],
    [
      "a completed init container",
      crash({ init: true, name: "prepare", ready: true, terminated: ended("Completed", 0) }),
      undefined,
    ],
  ])("%s", (_name, pod, want) => {
    const found = trouble(pod);
    expect(found && `${found.cause} ${found.reason}`).toBe(want);
  });

  it("says the exit code", () => {
    expect(trouble(crashingPod("n1", {}, 127))?.sentence).toBe("container main keeps ending: exit code 127");
  });

  it("crashes of long ago do not make a loop: what ran for hours and is not Ready has lost readiness", () => {
    const container = aContainer({
      ready: false,
      restartCount: 7,
      lastTerminated: { exitCode: 1, reason: "Error", startedAt: NOW - 3 * DAY, finishedAt: NOW - 2 * DAY },
    });
    expect(trouble(degradedPod("n1", { containers: [container] }))?.reason).toBe("LostReadiness");
  });

  it("a pod that restarted long ago and is Ready is available", () => {
    const container = aContainer({
      restartCount: 7,
      lastTerminated: { exitCode: 1, reason: "Error", startedAt: NOW - DAY, finishedAt: NOW - HOUR * 20 },
    });
    expect(standing(aPod("n1", { containers: [container] }))?.kind).toBe("available");
  });
});

describe("configuration, volumes, sandbox: C10, C11, C12, C42", () => {
  it.each([
    ["ConfigMap", "CreateContainerConfigError", 'configmap "new" not found'],
    ["Secret key", "CreateContainerConfigError", "couldn't find key token in Secret kube-system/agent"],
    [
      "user",
      "CreateContainerConfigError",
      'container has runAsNonRoot and image will run as root (pod: "agent_kube-system(1)", container: main)',
    ],
    [
      "command",
      "RunContainerError",
      'failed to create containerd task: OCI runtime create failed: exec: "/nope": stat /nope: no such file or directory: unknown',
    ],
    [
      "mount",
      "CreateContainerError",
      'failed to generate container spec: failed to stat "/dev/nope": no such file or directory',
    ],
  ])("C10 %s, once it had time to heal by itself", (_name, reason, message) => {
    expect(trouble(waitingPod("n1", { reason, message }))).toMatchObject({ cause: "C10", recreationCanHelp: false });
    expect(standing(waitingPod("n1", { reason, message, ageMs: MINUTE }))?.kind).toBe("starting");
  });

  it.each([
    ["C11 VolumeMount", "FailedMount", 'MountVolume.SetUp failed for volume "certs" : secret "certs" not found'],
    ["C11 VolumeMount", "FailedAttachVolume", "AttachVolume.Attach failed for volume: rpc error"],
    [
      "C12 PodSandbox",
      "FailedCreatePodSandBox",
      'Failed to create pod sandbox: plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized',
    ],
    ["C42 StillCreating", "Scheduled", "Successfully assigned"],
  ])("%s by event %s", (want, reason, message) => {
    const pod = waitingPod("n1", { reason: "ContainerCreating" });
    const found = trouble(pod, {
      events: [anEvent({ about: "Pod/agent-n1", reason, message })],
      daemonSet: { template: aTemplate({ volumes: ["certs"] }) },
    });
    expect(found && `${found.cause} ${found.reason}`).toBe(want);
  });

  it.each([
    [5 * SECOND, undefined],
    [6 * MINUTE, "C08 InitContainerWaiting"],
  ])("an init container that has run for %i ms is given its own time", (ranMs, want) => {
    const init = aContainer({ name: "main", init: true, ready: false, runningSince: NOW - ranMs });
    const found = trouble(waitingPod("n1", { reason: "PodInitializing" }, { containers: [init] }));
    expect(found && `${found.cause} ${found.reason}`).toBe(want);
  });

  it("an init container that never ends is told, too", () => {
    expect(trouble(waitingPod("n1", { reason: "PodInitializing" }))?.cause).toBe("C42");
  });
});

describe("readiness: C07 and the pods of C41", () => {
  it.each<[string, PodFacts, string | undefined]>([
    ["never Ready", neverReadyPod("n1"), "C07 NeverReady"],
    ["a readiness gate", neverReadyPod("n1", { readyReason: "ReadinessGatesNotReady" }), "C07 ReadinessGates"],
    ["lost readiness", degradedPod("n1"), "C41 LostReadiness"],
    [
      "lost it a moment ago: no start-up allowance for that",
      degradedPod("n1", { readyChangedAt: NOW - SECOND }),
      "C41 LostReadiness",
    ],
    ["within its start-up allowance", neverReadyPod("n1", { createdAt: NOW - MINUTE }), undefined],
  ])("%s", (_name, pod, want) => {
    const found = trouble(pod);
    expect(found && `${found.cause} ${found.reason}`).toBe(want);
  });

  it("a readiness gate is somebody else's", () => {
    expect(trouble(neverReadyPod("n1", { readyReason: "ReadinessGatesNotReady" }))?.blame).toBe("surroundings");
  });
});

describe("scheduling: C13, C14", () => {
  it.each([
    "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't match Pod's node affinity/selector.",
    "0/4 nodes are available: 1 Insufficient memory, 3 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/4 nodes are available: 1 No preemption victims found for incoming pod.",
    "0/4 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    "0/4 nodes are available: 1 Too many pods, 3 node(s) didn't match node selector.",
  ])("C13 %s", (message) => {
    const pod = unschedulablePod("n2", { unscheduled: { reason: "Unschedulable", message } });
    const found = trouble(pod);
    expect(found).toMatchObject({ cause: "C13", blame: "surroundings", recreationCanHelp: false });
    expect(found?.sentence).toContain("cannot be scheduled to n2");
  });

  it("C13 not in its first seconds", () => {
    expect(standing(unschedulablePod("n2", { createdAt: NOW - 5 * SECOND }))?.kind).toBe("starting");
  });

  it("C13 a scheduler that never looked", () => {
    const { unscheduled: _none, ...pod } = unschedulablePod("n2");
    expect(trouble(pod)).toMatchObject({ cause: "C13", reason: "NotScheduled", recreationCanHelp: false });
  });

  it.each([
    ["Evicted", "The node was low on resource: ephemeral-storage."],
    [
      "OutOfcpu",
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
    ],
    ["NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed"],
    ["UnexpectedAdmissionError", "Allocate failed due to no healthy devices present"],
    ["Terminated", "Pod was terminated in response to imminent node shutdown."],
  ])("C14 %s", (reason, message) => {
    expect(trouble(failedPod("n1", { reason, message }))).toMatchObject({ cause: "C14", recreationCanHelp: true });
  });

  it("C14 while the pressure lasts a new pod would fail, too", () => {
    const nodes = [aNode("n1", { pressures: ["DiskPressure"] })];
    expect(trouble(failedPod("n1"), { nodes })).toMatchObject({ cause: "C14", recreationCanHelp: false });
  });

  it("C14 a pod that ended well, which should run for ever", () => {
    expect(trouble(failedPod("n1", { phase: "Succeeded", reason: "", message: "" }))?.cause).toBe("C14");
  });
});

describe("what nobody recognises", () => {
  it("is starting while it is young, and unknown after that", () => {
    const { runningSince: _none, ...container } = aContainer({ ready: false, restartCount: 1 });
    const odd = (createdAt: number) => neverReadyPod("n1", { createdAt, containers: [container] });
    expect(standing(odd(NOW - MINUTE))?.kind).toBe("starting");
    expect(trouble(odd(NOW - HOUR))).toMatchObject({ cause: "C42", reason: "Unrecognised" });
  });

  it("old pods are judged by the same rules", () => {
    expect(trouble(oldPod("n1", { ready: false, phase: "Failed" }))?.cause).toBe("C14");
  });
});
