import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  aContainer,
  anAdmission,
  anEvent,
  aPod,
  aRevision,
  aTemplate,
  crashingPod,
  degradedPod,
  MINUTE,
  NOW,
  oldPod,
  oldRevision,
  settings,
  stoppedRollout,
  unschedulablePod,
  waitingPod,
} from "../../../../test/support/daemonset-builders.ts";
import type { PodFacts, RevisionFacts, TemplateFacts } from "../facts.ts";
import { situation } from "../situation.ts";
import type { Blame } from "./blame.ts";
import { beyondWrites, blame, SURROUNDINGS } from "./blame.ts";

/** Who is to blame for each of these pods, where the two revisions say `before` and `now`. */
function blamed(
  pods: readonly PodFacts[],
  before: Partial<RevisionFacts> = {},
  now: Partial<TemplateFacts> = {},
  scene: Scene = {},
): Blame[] {
  const here = situation(
    stoppedRollout(pods, {
      revisions: [oldRevision(before), aRevision({ createdAt: NOW - 25 * MINUTE })],
      daemonSet: { template: aTemplate(now) },
      ...scene,
    }),
    settings,
  );
  return here.bad.map((member) => blame(member, here));
}

const REVISION: Blame = { revision: true };
const UNKNOWN: Blame = { revision: false, why: undefined };
const OUTSIDE: Blame = { revision: false, why: SURROUNDINGS };
const vanished = (reference: string): Blame => ({
  revision: false,
  why: `Revision 1 needs ${reference}, too: it has vanished or cannot be used, and a rollback would miss it the same way.`,
});
const event = (reason: string, message: string, node = "n1") =>
  anEvent({ about: `Pod/agent-${node}`, reason, message });

describe("a denied pull (C02)", () => {
  const SAME: Blame = {
    revision: false,
    why: "Revision 1 uses the same registry and the same pull secrets, so a rollback may be denied the same way. The kubelet tries again by itself once the credentials are right.",
  };
  it.each<[string, string, Blame]>([
    ["one/app:1", "two/app:2", SAME],
    ["app:1", "docker.io/two/app:2", SAME],
    ["mylocalhost/app:1", "app:2", SAME],
    ["localhosts/app:1", "app:2", SAME],
    ["localhost/app:1", "app:2", REVISION],
    ["app:1", "localhost:5000/app:2", REVISION],
    ["a.example.com/app:1", "b.example.com/app:2", REVISION],
  ])("from %s to %s", (before, now, want) => {
    const denied = waitingPod("n1", { reason: "ErrImagePull", message: "unauthorized" });
    expect(blamed([denied], { images: { main: before } }, { images: { main: now } })).toEqual([want]);
  });

  it.each<[string, string, Blame]>([
    ["a registry that the older revision does not use", "registry.example.com/side:1", REVISION],
    ["a registry that another container of the older revision uses", "side:1", SAME],
  ])("of a container that is new, from %s", (_name, image, want) => {
    const waiting = { reason: "ErrImagePull", message: "unauthorized" };
    const { runningSince: _none, ...side } = aContainer({ name: "side", image, ready: false, waiting });
    const specs = { main: "spec-2", side: "spec-side" };
    const pod = waitingPod("n1", { reason: "ContainerCreating" }, { specs, containers: [aContainer(), side] });
    const images = { main: "app:ok-2", side: image };
    expect(blamed([pod], { images: { main: "app:ok-1" } }, { images, specs })).toEqual([want]);
  });

  it("without a proven revision nothing tells", () => {
    const denied = waitingPod("n1", { reason: "ErrImagePull", message: "unauthorized" });
    expect(blamed([denied], {}, {}, { revisions: [] })).toEqual([OUTSIDE]);
  });
});

describe("an image that does not exist (C01)", () => {
  const gone: Blame = {
    revision: false,
    why: "Revision 1 names the same image, so a rollback would miss it the same way: put the image back, or name another one.",
  };
  const absent = () => {
    const waiting = { reason: "ErrImagePull", message: "manifest unknown" };
    const { runningSince: _none, ...container } = aContainer({ imageId: "", ready: false, waiting });
    return waitingPod("n1", { reason: "" }, { containers: [container] });
  };
  it.each<[string, string, Blame]>([
    ["app:ok-1", "app:ok-2", REVISION],
    ["app:ok-2", "app:ok-2", gone],
  ])("from %s to %s", (before, now, want) => {
    const images = [{ images: { main: before } }, { images: { main: now } }] as const;
    expect(blamed([absent()], ...images)).toEqual([want]);
    expect(blamed([absent()], ...images, { revisions: [] })).toEqual([REVISION]);
  });
});

describe("what is missing (C10, C11)", () => {
  const config = (message: string) => [waitingPod("n1", { reason: "CreateContainerConfigError", message })];
  const mount = (message: string, before: Partial<RevisionFacts>, now: Partial<TemplateFacts>) =>
    blamed([waitingPod("n1", { reason: "ContainerCreating" })], before, now, {
      events: [event("FailedMount", message)],
    });
  const both = ["configmap/env", "configmap/env:a", "secret/certs"];

  it.each<[string, string[], Blame]>([
    ['configmap "env" not found', [], vanished("configmap/env")],
    ["env", [], vanished("configmap/env")],
    ["couldn't find key a in ConfigMap kube-system/env", [], vanished("configmap/env:a")],
    ["couldn't find key b in ConfigMap kube-system/env", ["configmap/env:b"], REVISION],
    ["couldn't find key c in ConfigMap kube-system/other", ["configmap/other:b"], REVISION],
    ["object env/certs is there, key a is not", [], vanished("configmap/env:a")],
    ['configmap "env-new" not found', [], REVISION],
    ['configmap "my.env" not found', [], REVISION],
    ['pod env-x7k2p: configmap "env" not found', [], vanished("configmap/env")],
    ["it is said of env.", [], vanished("configmap/env")],
    ["container has runAsNonRoot and image will run as root", [], REVISION],
  ])("%s", (message, added, want) => {
    const references = [...both, ...added];
    expect(blamed(config(message), { references: both }, { references })).toEqual([want]);
  });

  it("the volume's name may begin with that of what is missing", () => {
    const message = 'MountVolume.SetUp failed for volume "env-files" : configmap "env" not found';
    const now = { references: both, volumes: ["env-files"] };
    expect(mount(message, { references: both }, now)).toEqual([vanished("configmap/env")]);
  });

  it.each<[string, string, string[], string[], Blame]>([
    ["a new volume", 'volume "cache" : hostPath type check failed', [], ["cache"], REVISION],
    ["a volume of both", 'volume "cache" : hostPath type check failed', ["cache"], ["cache"], UNKNOWN],
    ["the account's token", 'volume "kube-api-access-x7k2p" : timed out', ["cache"], ["cache", "more"], UNKNOWN],
    ["no volume by name", "timed out waiting for the condition", [], ["cache"], UNKNOWN],
  ])("%s that does not mount", (_name, message, before, now, want) => {
    expect(mount(message, { volumes: before }, { volumes: now })).toEqual([want]);
  });

  it("without a proven revision it is the new one's", () => {
    expect(blamed(config('configmap "env" not found'), {}, {}, { revisions: [] })).toEqual([REVISION]);
  });
});

describe("the sandbox (C12)", () => {
  const creating = ["n1", "n2"].map((node) => waitingPod(node, { reason: "ContainerCreating" }));
  const events = ["n1", "n2"].map((node) => event("FailedCreatePodSandBox", "no CNI", node));
  const network = { references: ["hostPath//etc/cni/net.d"] };

  it("of a CNI that starts nowhere is its own revision's", () => {
    expect(blamed(creating, {}, network, { events })).toEqual([REVISION, REVISION]);
  });
  it("of another DaemonSet is nobody's", () => {
    expect(blamed(creating, {}, {}, { events })).toEqual([UNKNOWN, UNKNOWN]);
  });
  it("of one CNI pod speaks of its node, whatever another one suffers from", () => {
    const [first] = creating.slice(0, 1);
    const pods = first ? [first, crashingPod("n2")] : [];
    expect(blamed(pods, {}, network, { events: events.slice(0, 1) })).toEqual([UNKNOWN, REVISION]);
  });
});

describe("memory and room (C09, C13)", () => {
  it("an older pod with one container of several that ran out of memory speaks for the load", () => {
    const killed = { exitCode: 137, reason: "OOMKilled" };
    const now = crashingPod("n1", {}, 137);
    const containers = now.containers.map((container) => ({ ...container, lastTerminated: killed }));
    const older = oldPod("n2", { containers: [aContainer({ name: "side" }), aContainer({ lastTerminated: killed })] });
    expect(blamed([{ ...now, containers }, older])).toEqual([
      {
        revision: false,
        why: "The limits are those of revision 1, whose pod agent-n2 ran out of memory, too: it is the load, not the revision.",
      },
    ]);
    const current = aPod("n2", { ready: false, createdAt: NOW, containers: older.containers });
    expect(blamed([{ ...now, containers }, current])[0]).toEqual(REVISION);
    expect(blamed([{ ...now, containers }], {}, {}, { revisions: [] })).toEqual([REVISION]);
  });

  it.each<[string, number, number, string, Blame]>([
    ["nothing more", 100, 1000, "requests-1", OUTSIDE],
    ["less memory, the same processors", 100, 999, "r2", OUTSIDE],
    ["fewer processors, the same memory", 99, 1000, "r2", OUTSIDE],
    ["fewer processors and more memory", 99, 1001, "r2", REVISION],
    ["more processors and less memory", 101, 999, "r2", REVISION],
    ["more memory, the same processors", 100, 1001, "r2", REVISION],
    ["something else", 100, 1000, "r2", REVISION],
  ])("a revision that asks for %s", (_name, cpuMilli, memoryBytes, requests, want) => {
    const before = { admission: anAdmission({ cpuMilli: 100, memoryBytes: 1000 }) };
    const now = { admission: anAdmission({ cpuMilli, memoryBytes, requests }) };
    expect(blamed([unschedulablePod("n2")], before, now)).toEqual([want]);
    expect(blamed([unschedulablePod("n2")], before, now, { revisions: [] })).toEqual([OUTSIDE]);
  });

  it.each<[string, string, Blame]>([
    ["8080/TCP", "8080/TCP", OUTSIDE],
    ["8080/TCP", "8081/TCP", REVISION],
  ])("a host port that is taken: %s before, %s now", (before, now, want) => {
    const message = "0/4 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
    const pod = unschedulablePod("n2", { unscheduled: { reason: "Unschedulable", message } });
    const admission = anAdmission({ hostPorts: now, requests: "r2", cpuMilli: 200 });
    expect(blamed([pod], { admission: anAdmission({ hostPorts: before }) }, { admission })).toEqual([want]);
  });
});

it("a pod that was Ready and lost it does not speak against a revision that runs nowhere else", () => {
  const pod = degradedPod("n1", { createdAt: NOW - 24 * MINUTE });
  const containers = pod.containers.map((container) => ({ ...container, runningSince: NOW - 23 * MINUTE }));
  expect(blamed([{ ...pod, containers }])).toEqual([UNKNOWN]);
});

describe("what no write helps while the revision runs elsewhere", () => {
  const more = { admission: anAdmission({ requests: "r2", cpuMilli: 200 }) };
  const pull = (message: string) => waitingPod("n2", { reason: "ErrImagePull", message });
  it.each<[string, PodFacts, Partial<TemplateFacts>, RegExp]>([
    [
      "its image is gone from the registry",
      pull("manifest unknown"),
      {},
      /^Pods that are well have this image already: /,
    ],
    ["its registry does not answer", pull("i/o timeout"), {}, new RegExp(`^${SURROUNDINGS}$`)],
    [
      "its image has no build",
      pull("no match for platform in manifest"),
      {},
      /the image needs a build for this node's platform/,
    ],
    [
      "its Secret is gone",
      waitingPod("n2", { reason: "CreateContainerConfigError", message: 'secret "a" not found' }),
      {},
      /^The kubelet tries again by itself/,
    ],
    ["its node is full", unschedulablePod("n2"), {}, new RegExp(`^${SURROUNDINGS}$`)],
    [
      "its node is too full for what it asks in addition",
      unschedulablePod("n2"),
      more,
      /asks for more than revision 1: make room/,
    ],
  ])("%s", (_name, pod, template, want) => {
    const here = situation(
      stoppedRollout([aPod("n1"), pod], {
        daemonSet: { template: aTemplate(template) },
        revisions: [oldRevision(), aRevision({ createdAt: NOW - 25 * MINUTE })],
      }),
      settings,
    );
    expect(here.bad.map(({ trouble }) => beyondWrites(trouble, here))).toEqual([expect.stringMatching(want)]);
  });

  it("an image without a build for any node is not said to be beyond every template", () => {
    const denied = waitingPod("n1", { reason: "ErrImagePull", message: "no match for platform in manifest" });
    expect(blamed([denied])).toEqual([
      { revision: false, why: expect.stringMatching(/the image needs a build for this node's platform/) },
    ]);
  });
});
