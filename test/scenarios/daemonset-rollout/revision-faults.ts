/** The new revision is at fault: S01 to S04, S14, S15, S22. A rollback to the proven revision, and no deletion. */
import { configMaps, pods } from "../../../src/kube/resources.ts";
import { until } from "../../support/until.ts";
import { containerName } from "../agent.ts";
import type { HealRun, Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { patchTemplate, setImage, untilPod, untilPods, untilRolledOut, untilStatus } from "../stage.ts";

const rollback = "patch daemonset (rollback)";

function rolledBack(cause: string, says: HealRun["expect"]["says"] = () => []): HealRun {
  return { expect: { exit: 0, verdict: "recovered", cause, writes: [rollback], says } };
}

const untilBackOnOk1 = (stage: Stage): Promise<void> => untilRolledOut(stage, "app:ok-1");

async function badImage(stage: Stage): Promise<void> {
  await setImage(stage, "app:bad-2");
  await untilPod(stage, "a pod that cannot pull app:bad-2", ({ waiting }) =>
    /^(ErrImagePull|ImagePullBackOff)$/.test(waiting),
  );
}

/** A pod of somebody else that no scheduler can place. */
async function createPendingStranger({ person, namespace }: Stage, labels: Record<string, string>): Promise<void> {
  await person.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name: "stranger-pending", labels },
    spec: { nodeSelector: { nowhere: "true" }, containers: [{ name: "app", image: "app:ok-1" }] },
  });
}

/** A pod of somebody else that has done its work. */
async function createSucceededStranger(stage: Stage, labels: Record<string, string>): Promise<void> {
  const { person, namespace } = stage;
  await person.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name: "stranger-succeeded", labels },
    spec: { nodeName: stage.node(1), restartPolicy: "Never", containers: [{ name: "app", image: "app:exit-0" }] },
  });
  await until("the stranger's pod to succeed", async () => {
    const { status } = await person.get(pods, { namespace, name: "stranger-succeeded" });
    return status?.phase === "Succeeded";
  });
}

async function expectStrangers({ person, namespace }: Stage): Promise<void> {
  for (const [name, phase] of [
    ["stranger-pending", "Pending"],
    ["stranger-succeeded", "Succeeded"],
  ] as const) {
    const { status, metadata } = await person.get(pods, { namespace, name });
    if (status?.phase !== phase || metadata.deletionTimestamp !== undefined)
      throw new Error(`${name} is ${status?.phase} and not ${phase} as before`);
  }
}

/** In the order of FAILURES.md §6. */
export const revisionFaults: readonly Scenario[] = [
  {
    id: "S01",
    title: "bad image: rolled back, nobody deleted",
    fault: badImage,
    runs: [rolledBack("C01", () => ["app:bad-2", "--to-revision=1"])],
    end: untilBackOnOk1,
  },
  {
    id: "S02",
    title: "new revision crashes: rolled back",
    async fault(stage) {
      await setImage(stage, "app:crash-2");
      await untilPod(stage, "a pod in CrashLoopBackOff", ({ waiting }) => waiting === "CrashLoopBackOff");
    },
    runs: [rolledBack("C05", () => [/exit code 1|exits? .*1/])],
    end: untilBackOnOk1,
  },
  {
    id: "S03",
    title: "new revision never becomes ready, two at a time: rolled back",
    initial: { maxUnavailable: 2 },
    async fault(stage) {
      await setImage(stage, "app:notready-2");
      await untilPods(
        stage,
        "two pods that run and are not ready",
        (all) => all.filter(({ image, phase }) => image === "app:notready-2" && phase === "Running").length === 2,
      );
    },
    runs: [rolledBack("C07")],
    end: untilBackOnOk1,
  },
  {
    id: "S04",
    title: "the new revision refers to a ConfigMap that does not exist: rolled back",
    fault: missingConfigMap,
    runs: [rolledBack("C10", () => ['"new"'])],
    end: untilBackOnOk1,
  },
  {
    id: "S05",
    title: "the missing ConfigMap appears while it looks: nothing is written",
    fault: missingConfigMap,
    runs: [
      {
        async during({ person, namespace }, program) {
          await program.printed(/waiting: /);
          await person.create(configMaps, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { namespace, name: "new" },
            data: { KEY: "value" },
          });
        },
        // A run that only waited is about nothing; what it waited for is in its second step.
        expect: {
          exit: 0,
          verdict: "recovered",
          reason: "NothingToDo",
          cause: "none",
          writes: [],
          says: () => ["CreateContainerConfigError"],
          keepsHealthyPods: false,
        },
      },
    ],
    end: untilBackOnOk1,
  },
  {
    id: "S14",
    title: "the new revision asks for more CPU than any node has: rolled back",
    initial: { container: { resources: { requests: { cpu: "1" } } } },
    async fault(stage) {
      await patchTemplate(stage, {
        spec: { containers: [{ name: containerName, resources: { requests: { cpu: "8" } } }] },
      });
      await untilPod(
        stage,
        "a pod that cannot be scheduled",
        ({ scheduled, terminating }) => !scheduled && !terminating,
      );
    },
    runs: [rolledBack("C13")],
    end: untilBackOnOk1,
  },
  {
    id: "S15",
    title: "the new revision names a ServiceAccount that does not exist: rolled back, status fresh",
    async fault(stage) {
      await patchTemplate(stage, { spec: { serviceAccountName: "nope" } });
      await untilPods(stage, "a node without a pod", (all) => all.length === 3 && all.every((pod) => !pod.terminating));
    },
    runs: [rolledBack("C23", () => ["nope"])],
    async end(stage) {
      await untilBackOnOk1(stage);
      await untilStatus(stage, "a fresh status", ({ status }) => status?.numberAvailable === 4);
    },
  },
  {
    id: "S22",
    title: "strangers carry one of the DaemonSet's two labels: as S01, and they are not touched",
    initial: { labels: { app: "agent", tier: "node" } },
    async fault(stage) {
      await createPendingStranger(stage, { app: "agent" });
      await createSucceededStranger(stage, { tier: "node" });
      await badImage(stage);
    },
    runs: [rolledBack("C01")],
    async end(stage) {
      await untilBackOnOk1(stage);
      await expectStrangers(stage);
    },
  },
];

async function missingConfigMap(stage: Stage): Promise<void> {
  await patchTemplate(stage, {
    spec: { containers: [{ name: containerName, envFrom: [{ configMapRef: { name: "new" } }] }] },
  });
  await untilPod(
    stage,
    "a pod that waits for the ConfigMap",
    ({ waiting }) => waiting === "CreateContainerConfigError",
  );
}
