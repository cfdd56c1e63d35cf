import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  aContainer,
  anAdmission,
  anEvent,
  aPlanContext,
  aRevision,
  aTemplate,
  crashingPod,
  MINUTE,
  NOW,
  neverReadyPod,
  oldPod,
  oldRevision,
  settings,
  stoppedRollout,
  unschedulablePod,
  waitingPod,
} from "../../../../test/support/daemonset-builders.ts";
import { diagnose } from "../diagnose.ts";
import type { Observation, PodFacts, RevisionFacts, TemplateFacts } from "../facts.ts";
import { plan } from "../plan.ts";

const { runningSince: _none, ...still } = aContainer({ ready: false });

/** What is planned under `--rollback auto`, and the sentence. */
function verdict(observation: Observation): { steps: string[]; cause: string; message: string } {
  const diagnosis = diagnose(observation, { settings });
  const planned = plan(observation, diagnosis, aPlanContext({ policies: { rollback: "auto" } }));
  return {
    steps: planned.kind === "act" ? planned.steps.map(({ kind }) => kind) : [],
    cause: diagnosis.kind === "unhealthy" ? diagnosis.findings[0].cause : diagnosis.kind,
    message: diagnosis.message,
  };
}

/** One pod of a new revision is in trouble; `before` and `now` are what the two revisions say. */
function rollout(
  pod: PodFacts,
  before: Partial<RevisionFacts>,
  now: Partial<TemplateFacts>,
  scene: Scene = {},
): Observation {
  return stoppedRollout([pod], {
    revisions: [oldRevision(before), aRevision({ createdAt: NOW - 25 * MINUTE })],
    daemonSet: { template: aTemplate(now) },
    ...scene,
  });
}

const denied = waitingPod("n1", { reason: "ErrImagePull", message: "unauthorized" });
const noConfig = (message: string) => waitingPod("n1", { reason: "CreateContainerConfigError", message });
const creating = waitingPod("n1", { reason: "ContainerCreating" });
const mount = (message: string): Scene => ({
  events: [anEvent({ about: "Pod/agent-n1", reason: "FailedMount", message })],
});
const outOfMemory = crashingPod("n1", {
  containers: [
    {
      ...still,
      waiting: { reason: "CrashLoopBackOff", message: "" },
      lastTerminated: { exitCode: 137, reason: "OOMKilled" },
      restartCount: 5,
    },
  ],
});
const alsoKilled = oldPod("n2", {
  containers: [aContainer({ image: "app:ok-1", lastTerminated: { exitCode: 137, reason: "OOMKilled" } })],
});

describe("whether the new revision is to blame", () => {
  it.each<[string, Observation, string, boolean]>([
    ["C02, the same registry", rollout(denied, {}, {}), "C02", false],
    [
      "C02, another registry",
      rollout(denied, { images: { main: "app:ok-1" } }, { images: { main: "registry.example.com/app:ok-2" } }),
      "C02",
      true,
    ],
    [
      "C02, another repository of the same registry",
      rollout(denied, { images: { main: "example.com/app:ok-1" } }, { images: { main: "example.com/other:ok-2" } }),
      "C02",
      false,
    ],
    ["C02, another pull secret", rollout(denied, {}, { admission: anAdmission({ pullSecrets: "new" }) }), "C02", true],
    [
      "C10, a new reference",
      rollout(noConfig('configmap "new" not found'), {}, { references: ["configmap/new"] }),
      "C10",
      true,
    ],
    [
      "C10, a reference of both: it has vanished",
      rollout(
        noConfig('configmap "env" not found'),
        { references: ["configmap/env"] },
        { references: ["configmap/env"] },
      ),
      "C10",
      false,
    ],
    [
      "C10, a new key of the same ConfigMap",
      rollout(
        noConfig("couldn't find key b in ConfigMap kube-system/env"),
        { references: ["configmap/env:a"] },
        { references: ["configmap/env:b"] },
      ),
      "C10",
      true,
    ],
    [
      "C10, a name that only looks alike",
      rollout(
        noConfig('configmap "env-new" not found'),
        { references: ["configmap/env"] },
        { references: ["configmap/env", "configmap/env-new"] },
      ),
      "C10",
      true,
    ],
    ["C10, the command itself", rollout(noConfig("container has runAsNonRoot"), {}, {}), "C10", true],
    [
      "C11, a new Secret",
      rollout(creating, {}, { references: ["secret/certs"], volumes: ["certs"] }, mount('secret "certs" not found')),
      "C11",
      true,
    ],
    [
      "C11, a driver that both need",
      rollout(
        creating,
        { references: ["csi/disk.example.com"] },
        { references: ["csi/disk.example.com"] },
        mount("driver name disk.example.com not found in the list of registered CSI drivers"),
      ),
      "C11",
      false,
    ],
    [
      "C11, words that name nothing",
      rollout(creating, {}, {}, mount("timed out waiting for the condition")),
      "C11",
      false,
    ],
    [
      "C12, of a CNI, one pod",
      rollout(
        creating,
        {},
        { references: ["hostPath//etc/cni/net.d"] },
        {
          events: [anEvent({ about: "Pod/agent-n1", reason: "FailedCreatePodSandBox", message: "no CNI" })],
        },
      ),
      "C12",
      false,
    ],
    ["C09, the old pods are well", rollout(outOfMemory, {}, {}), "C09", true],
    ["C09, the old pods run out of memory, too", stoppedRollout([outOfMemory, alsoKilled]), "C09", false],
    [
      "C09, the limits changed",
      stoppedRollout([outOfMemory, alsoKilled], {
        daemonSet: { template: aTemplate({ admission: anAdmission({ requests: "smaller" }) }) },
      }),
      "C09",
      true,
    ],
    ["C13, the same requests", rollout(unschedulablePod("n2"), {}, {}), "C13", false],
    [
      "C13, more",
      rollout(unschedulablePod("n2"), {}, { admission: anAdmission({ requests: "r2", cpuMilli: 200 }) }),
      "C13",
      true,
    ],
    [
      "C13, less: the older revision fits even less",
      rollout(unschedulablePod("n2"), {}, { admission: anAdmission({ requests: "r2", cpuMilli: 50 }) }),
      "C13",
      false,
    ],
    [
      "C13, gates",
      rollout(
        unschedulablePod("n2", { unscheduled: { reason: "SchedulingGated", message: "gated" } }),
        {},
        { admission: anAdmission({ requests: "r2", cpuMilli: 200 }) },
      ),
      "C13",
      false,
    ],
    [
      "C07, a readiness gate",
      rollout(neverReadyPod("n1", { readyReason: "ReadinessGatesNotReady" }), {}, {}),
      "C07",
      false,
    ],
    ["C07", rollout(neverReadyPod("n1"), {}, {}), "C07", true],
    [
      "C08, an init container that waits",
      rollout(
        waitingPod(
          "n1",
          { reason: "PodInitializing" },
          {
            containers: [aContainer({ init: true, ready: false, runningSince: NOW - 19 * MINUTE })],
          },
        ),
        {},
        {},
      ),
      "C08",
      false,
    ],
  ])("%s", (_name, observation, cause, isRolledBack) => {
    const { steps, ...found } = verdict(observation);
    expect({ cause: found.cause, steps }).toEqual({ cause, steps: isRolledBack ? ["rollback"] : [] });
  });

  it("says what has vanished", () => {
    const observation = rollout(
      noConfig('configmap "env" not found'),
      { references: ["configmap/env"] },
      { references: ["configmap/env"] },
    );
    expect(verdict(observation).message).toContain(
      "Revision 1 needs configmap/env, too: it has vanished or cannot be used, and a rollback would miss it the same way.",
    );
  });
});

describe("a pod that no scheduler looks at", () => {
  const { unscheduled: _none, ...pod } = unschedulablePod("n1");

  it("sends to the template where that names another scheduler, and to no node", () => {
    const observation = rollout(pod, {}, { schedulerName: "nope" });
    const diagnosis = diagnose(observation, { settings });
    expect(diagnosis.message).toContain("start that scheduler, or correct schedulerName in the template");
    expect(diagnosis.message).not.toContain("another template changes");
    expect(diagnosis.kind === "unhealthy" && diagnosis.findings[0].commands[0]).toMatch(
      /^kubectl edit daemonset\/agent/,
    );
    expect(JSON.stringify(diagnosis)).not.toContain("make room");
  });

  it("does not say that the template is no matter where the node has room", () => {
    const unscheduled = {
      reason: "Unschedulable",
      message: "0/4 nodes are available: 1 didn't match pod anti-affinity rules.",
    };
    const { message } = verdict(rollout(unschedulablePod("n1", { unscheduled }), {}, {}));
    expect(message).toContain("whether the node or the template has to change");
  });
});
