/** One scenario for each cause that S01 to S22 leave out, around templates and their controller: C26 stale, C31 to C34, C36 to C38. */
import type { ControllerRevision } from "kubernetes-types/apps/v1";
import { isNotFound } from "../../../src/kube/errors.ts";
import { controllerRevisions, daemonSets, namespaces, pods } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import { until } from "../../support/until.ts";
import { agent, containerName } from "../agent.ts";
import { untilDefaultAccount } from "../decoys.ts";
import { injectContainer } from "../injector.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import {
  patchTemplate,
  readDaemonSet,
  readPods,
  setFaults,
  setImage,
  untilPod,
  untilPods,
  untilRolledOut,
  untilStatus,
} from "../stage.ts";
import { limit } from "./causes-of-clusters.ts";
import { declines, faultsEverywhere, threeOfOk1 } from "./causes-of-pods.ts";

const crashes = (stage: Stage): Promise<unknown> =>
  untilPod(stage, "a pod in CrashLoopBackOff", ({ waitingOfAny }) => waitingOfAny.includes("CrashLoopBackOff"));

async function currentRevision({ person, namespace, name }: Stage): Promise<Live<ControllerRevision>> {
  const { items } = await person.list(controllerRevisions, { namespace });
  const newest = items
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name === name))
    .sort((a, b) => b.revision - a.revision)[0];
  if (newest === undefined) throw new Error(`${name} has no revision`);
  return newest;
}

/** A DaemonSet elsewhere that the controller serves after the stage's own spec has changed. */
async function createWitness(stage: Stage): Promise<void> {
  const { person } = stage;
  const namespace = `${stage.namespace}-witness`;
  await person.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  stage.undo.push(async () => {
    await person.delete(daemonSets, { namespace, name: "witness" }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    await person.delete(namespaces, { name: namespace });
  });
  await untilDefaultAccount(person, namespace);
  const changedAt = Date.now();
  // managedFields have whole seconds: what is written two seconds later is later there, too.
  await until("the next seconds", () => Date.now() - changedAt > 2000);
  await person.create(daemonSets, agent({ ...stage, namespace, name: "witness" }, {}));
  await until("the witness to be served", async () => {
    const { status } = await person.get(daemonSets, { namespace, name: "witness" });
    return status?.numberAvailable === stage.nodes.length;
  });
}

/** An empty revision of the DaemonSet, for asking whether one could be created. */
async function tryRevision({ person, namespace }: Stage): Promise<void> {
  await person.create(
    controllerRevisions,
    {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata: { namespace, name: "one-more" },
      data: {},
      revision: 1,
    },
    { dryRun: true },
  );
}

/** What `kubectl set image` does, by a program of that name; resolves when the controller has seen it. */
async function setImageAs(stage: Stage, fieldManager: string, image: string): Promise<void> {
  const { namespace, name } = stage;
  const body = { spec: { template: { spec: { containers: [{ name: containerName, image }] } } } };
  await stage.person.patch(daemonSets, { namespace, name }, { type: "strategic", body }, { fieldManager });
  await untilStatus(stage, `${image} observed`, ({ metadata, status }) => {
    return status?.observedGeneration === metadata.generation;
  });
}

/** Two writers in turn: each brings its own broken image back, twice. */
async function quarrel(stage: Stage): Promise<void> {
  await setImageAs(stage, "agent-operator", "app:bad-3");
  await setImageAs(stage, "kubectl", "app:bad-2");
  // A template that comes back within the second it was made is not told from one that is new: however late the
  // controller made its revision, that is over now.
  const made = Date.now();
  await until("the next seconds", () => Date.now() - made > 2500);
  for (const [manager, image] of [
    ["agent-operator", "app:bad-3"],
    ["kubectl", "app:bad-2"],
    ["agent-operator", "app:bad-3"],
  ] as const)
    await setImageAs(stage, manager, image);
}

/**
 * As after an upgrade of the API server: the pods' revision lacks a field that the template has by default. The controller
 * finds no revision like the template, makes one, and replaces the pods.
 */
async function makeOlderRevision(stage: Stage): Promise<void> {
  const { person, namespace } = stage;
  const { metadata, data, revision } = await currentRevision(stage);
  const older = JSON.parse(JSON.stringify(data)) as { spec: { template: { spec: { containers: object[] } } } };
  for (const container of older.spec.template.spec.containers)
    Reflect.deleteProperty(container, "terminationMessagePolicy");
  const hash = "older";
  await person.create(controllerRevisions, {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      namespace,
      name: `${stage.name}-${hash}`,
      labels: { ...metadata.labels, "controller-revision-hash": hash },
      ...(metadata.ownerReferences && { ownerReferences: metadata.ownerReferences }),
    },
    data: older,
    revision: revision - 1,
  });
  const labels = { "controller-revision-hash": hash, "pod-template-generation": "0" };
  for (const { name } of await readPods(stage))
    await person.patch(pods, { namespace, name }, { type: "merge", body: { metadata: { labels } } });
}

/** A second pod on n1 that the DaemonSet owns, while no controller works. */
async function createTwin(stage: Stage): Promise<void> {
  const { person, namespace, name } = stage;
  stage.undo.push(await stage.cluster.stopDaemonSetController());
  const { metadata, spec } = await readDaemonSet(stage);
  const revision = await currentRevision(stage);
  await person.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name: `${name}-twin1`,
      labels: {
        ...spec?.template.metadata?.labels,
        "controller-revision-hash": revision.metadata.labels?.["controller-revision-hash"] ?? "",
      },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "DaemonSet",
          name,
          uid: metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { nodeName: stage.node(1), containers: [{ name: containerName, image: "app:ok-1" }] },
  });
  await untilPods(stage, "five Ready pods", (all) => all.filter(({ ready }) => ready).length === 5);
}

export const causesOfTemplates: readonly Scenario[] = [
  {
    id: "C26b",
    title: "a counter is stale: touched once, which restarts nothing and cannot help while no controller works",
    needs: ["stop-controller"],
    async fault(stage) {
      const { person, namespace, name } = stage;
      const start = await stage.cluster.stopDaemonSetController();
      stage.undo.push(start);
      const body = { status: { numberMisscheduled: 1 } };
      await person.patchStatus(daemonSets, { namespace, name }, { type: "merge", body });
    },
    runs: [
      {
        expect: {
          exit: 1,
          verdict: "partial",
          reason: "AlreadyTouched",
          cause: "C26",
          writes: ["patch daemonset (touch)"],
          says: () => ["misscheduled 1 instead of 0"],
        },
      },
      { expect: { exit: 4, verdict: "declined", reason: "AlreadyTouched", cause: "C26", writes: [] } },
    ],
    async end(stage) {
      await stage.undo.pop()?.();
      await untilStatus(stage, "misscheduled 0", ({ status }) => (status?.numberMisscheduled ?? 0) === 0);
    },
  },
  {
    id: "C31",
    title: "a quota on revisions stops this DaemonSet only: told from a controller that is down",
    needs: ["whole-cluster"],
    async fault(stage) {
      await limit(stage, { "count/controllerrevisions.apps": "1" }, () => tryRevision(stage));
      await setImage(stage, "app:ok-2");
      await createWitness(stage);
    },
    runs: [declines("C31", () => ["serves other DaemonSets", "kubectl get resourcequota"])],
    end: (stage) => untilPods(stage, "four pods as they were", (all) => all.length === 4).then(() => undefined),
  },
  {
    id: "C32",
    title: "the DaemonSet is being deleted: nothing is written",
    initial: { finalizers: ["example.com/hold"] },
    async fault({ person, namespace, name }) {
      await person.delete(daemonSets, { namespace, name });
    },
    runs: [declines("C32", () => ["is being deleted"])],
    end: (stage) => untilPods(stage, "four pods as they were", (all) => all.length === 4).then(() => undefined),
  },
  {
    id: "C33",
    title: "a webhook injects a container that crashes: every write would spread it",
    needs: ["whole-cluster"],
    async fault(stage) {
      await injectContainer(stage, { name: "sidecar", image: "app:crash-1" });
      await setImage(stage, "app:ok-2");
      await crashes(stage);
    },
    runs: [
      declines("C33", () => ["container sidecar is not in the template"]),
      {
        flags: () => ["--strategy", "restart"],
        expect: { exit: 4, verdict: "declined", reason: "InjectedIntoPod", cause: "C33", writes: [] },
      },
    ],
    end: threeOfOk1,
  },
  {
    id: "C34",
    title: "the tag names another image now, which crashes: pods that are well are not made to pull it",
    needs: ["node-faults"],
    async fault(stage) {
      await faultsEverywhere(stage, "moved=app:ok-1");
      await patchTemplate(stage, {
        spec: { containers: [{ name: containerName, env: [{ name: "LEVEL", value: "debug" }] }] },
      });
      await crashes(stage);
    },
    runs: [declines("C34", () => ["another image under the tag app:ok-1"])],
    end: threeOfOk1,
  },
  {
    id: "C36",
    title: "a revision of defaults only meets one bad node: that pod is deleted once, and it rolls on",
    needs: ["node-faults"],
    async fault(stage) {
      const n4 = stage.node(4);
      await setFaults(stage, n4, "crashonce=app:ok-1");
      await makeOlderRevision(stage);
      await untilPod(
        stage,
        "a pod on n4 in CrashLoopBackOff",
        ({ node, waiting }) => node === n4 && waiting === "CrashLoopBackOff",
      );
    },
    runs: [
      {
        expect: { exit: 0, verdict: "recovered", cause: "C04", writes: ["delete pod on n4"], keepsHealthyPods: false },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
  },
  {
    id: "C37",
    title: "two owners write the template in turn: both are named, and nothing is written",
    fault: quarrel,
    runs: [declines("C37", () => ["agent-operator", "in turn"])],
    end: threeOfOk1,
  },
  {
    id: "C38",
    title: "two pods on one node and no controller to choose: nothing is deleted",
    needs: ["stop-controller"],
    fault: createTwin,
    runs: [declines("C38", (stage) => [stage.node(1), /is the newest/])],
    async end(stage) {
      await untilPods(stage, "five pods as they were", (all) => all.length === 5);
    },
  },
];
