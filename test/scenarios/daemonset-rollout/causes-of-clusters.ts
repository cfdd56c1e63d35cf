/** One scenario for each cause that S01 to S22 leave out, where nodes, admission or the scheduler are at fault: C18, C19, C20, C22, C25, C27, C39, C40. */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { isNotFound, StatusError } from "../../../src/kube/errors.ts";
import { namespaces, nodes as nodeResource, pods } from "../../../src/kube/resources.ts";
import type { Resource } from "../../../src/kube/types.ts";
import { groundLabel } from "../../support/cluster.ts";
import { until } from "../../support/until.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import {
  readPods,
  setFaults,
  setImage,
  untilNode,
  untilPod,
  untilPods,
  untilRolledOut,
  untilStatus,
} from "../stage.ts";
import { declines, threeOfOk1 } from "./causes-of-pods.ts";

interface Quota {
  apiVersion: "v1";
  kind: "ResourceQuota";
  metadata: { namespace: string; name: string };
  spec: { hard: Record<string, string> };
}

const quotas: Resource<Quota> = {
  group: "",
  version: "v1",
  plural: "resourcequotas",
  kind: "ResourceQuota",
  namespaced: true,
};

interface PriorityClass {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  value: number;
}

const priorityClasses: Resource<PriorityClass> = {
  group: "scheduling.k8s.io",
  version: "v1",
  plural: "priorityclasses",
  kind: "PriorityClass",
  namespaced: false,
};

/** Limits the namespace, and resolves once `attempt`, sent as a dry run, is refused for it. */
export async function limit(
  { person, namespace }: Stage,
  hard: Record<string, string>,
  attempt: () => Promise<unknown>,
): Promise<void> {
  await person.create(quotas, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { namespace, name: "small" },
    spec: { hard },
  });
  await until("the quota to hold", () =>
    attempt().then(
      () => false,
      (error: unknown) => error instanceof StatusError && /exceeded quota/.test(error.message),
    ),
  );
}

/** Takes a label away until the stage is left. */
async function unlabel(stage: Stage, node: string, label: string, value: string): Promise<void> {
  const set = (to: string | null): Promise<unknown> =>
    stage.person.patch(
      nodeResource,
      { name: node },
      { type: "merge", body: { metadata: { labels: { [label]: to } } } },
    );
  stage.undo.push(async () => {
    await set(value);
  });
  await set(null);
}

/** Takes a node out of the cluster; what comes back is the same without what the API server gave it. */
async function removeNode(stage: Stage, name: string): Promise<() => Promise<void>> {
  const { metadata, spec } = await stage.person.get(nodeResource, { name });
  await stage.person.delete(nodeResource, { name }, { preconditions: { uid: metadata.uid } });
  const { providerID } = spec ?? {};
  const again: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: metadata.labels ?? {} },
    spec: { ...(providerID !== undefined && { providerID }) },
  };
  return async () => {
    await stage.person.create(nodeResource, again);
    await untilNode(stage, name, { type: "Ready", status: "True" });
  };
}

async function hold(stage: Stage, node: string, finalizers: readonly string[] | null): Promise<void> {
  const { person, namespace } = stage;
  const pod = (await readPods(stage)).find((each) => each.node === node);
  if (pod === undefined) return;
  const body = { metadata: { finalizers } };
  await person.patch(pods, { namespace, name: pod.name }, { type: "merge", body }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

const aPod = (namespace: string) => ({
  apiVersion: "v1" as const,
  kind: "Pod" as const,
  metadata: { namespace, name: "one-more" },
  spec: { containers: [{ name: "app", image: "app:ok-1" }] },
});

const port = { ports: [{ containerPort: 9100, hostPort: 9100 }] };

export const causesOfClusters: readonly Scenario[] = [
  {
    id: "C18",
    title: "a finalizer holds a pod that does not end: its owner is named, nothing is stripped",
    needs: ["node-faults"],
    async fault(stage) {
      const n3 = stage.node(3);
      await setFaults(stage, n3, "wedged");
      await hold(stage, n3, ["example.com/hold"]);
      stage.undo.push(() => hold(stage, n3, null));
      await setImage(stage, "app:ok-2");
      await untilPod(
        stage,
        "the pod on n3 past its deadline",
        ({ node, deadline }) => node === n3 && deadline !== undefined && deadline < Date.now(),
      );
    },
    runs: [declines("C18", (stage) => [stage.node(3), "example.com/hold"])],
    async end(stage) {
      const n3 = stage.node(3);
      await untilPod(stage, "the pod on n3 as it was", ({ node, terminating }) => node === n3 && terminating);
      await hold(stage, n3, null);
      await setFaults(stage, n3, "");
      await untilRolledOut(stage, "app:ok-2");
    },
  },
  {
    id: "C19",
    title: "a node is gone and its pod is not: the garbage collection is left to its work",
    needs: ["node-faults", "node-death", "whole-cluster"],
    async fault(stage) {
      const n4 = stage.node(4);
      await setFaults(stage, n4, "dead");
      await untilNode(stage, n4, { type: "Ready", status: "Unknown" });
      // The pod is marked not Ready a moment later, and counted: after that nothing makes the controller count again.
      await untilPod(stage, "the pod on n4 not Ready", ({ node, ready }) => node === n4 && !ready);
      await untilStatus(stage, "the pod on n4 counted out", ({ status }) => status?.numberAvailable === 3);
      stage.undo.push(await removeNode(stage, n4));
    },
    runs: [declines("C19", () => ["a node that no longer exists"])],
    async end(stage) {
      await untilPods(stage, "three Ready pods on the other nodes", (all) => {
        return all.filter(({ ready, node }) => ready && node !== stage.node(4)).length === 3;
      });
    },
  },
  {
    id: "C20",
    title: "a quota refuses new pods: nothing is deleted, and it completes once the quota is gone",
    needs: ["whole-cluster"],
    async fault(stage) {
      const { person, namespace } = stage;
      await limit(stage, { pods: "3" }, () => person.create(pods, aPod(namespace), { dryRun: true }));
      await setImage(stage, "app:ok-2");
      await untilPods(stage, "a node without a pod", (all) => all.length === 3 && all.every((pod) => !pod.terminating));
    },
    runs: [declines("C20", () => ["exceeded quota: small"])],
    async end(stage) {
      await stage.person.delete(quotas, { namespace: stage.namespace, name: "small" });
      await untilRolledOut(stage, "app:ok-2");
    },
  },
  {
    id: "C22",
    title: "the namespace's Pod Security level refuses new pods: nothing is deleted",
    needs: ["pod-security"],
    async fault(stage) {
      const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
      const body = { metadata: { labels } };
      await stage.person.patch(namespaces, { name: stage.namespace }, { type: "merge", body });
      await setImage(stage, "app:ok-2");
      await untilPods(stage, "a node without a pod", (all) => all.length === 3 && all.every((pod) => !pod.terminating));
    },
    runs: [declines("C22", () => ["violates PodSecurity"])],
    end: threeOfOk1,
  },
  {
    id: "C25",
    title: "maxSurge with a host port: the older pods hold it, and the strategy is to be changed",
    initial: { maxSurge: 1, container: port },
    async fault(stage) {
      await setImage(stage, "app:ok-2");
      await untilPod(stage, "a pod without room", ({ scheduled, image }) => !scheduled && image === "app:ok-2");
    },
    runs: [declines("C25", () => ["holds the same host port", '"maxSurge":0'])],
    async end(stage) {
      await untilPods(stage, "four pods of app:ok-1", (all) => {
        return all.filter(({ image, ready }) => image === "app:ok-1" && ready).length === 4;
      });
    },
  },
  {
    id: "C27",
    title: "a node loses its label and its pod does not end: both are told, nothing is forced",
    needs: ["node-faults"],
    async fault(stage) {
      const n2 = stage.node(2);
      await setFaults(stage, n2, "wedged");
      await unlabel(stage, n2, groundLabel, stage.ground);
      await untilPod(
        stage,
        "the pod on n2 past its deadline",
        ({ node, deadline }) => node === n2 && deadline !== undefined && deadline < Date.now(),
      );
    },
    runs: [declines("C17", (stage) => [`on ${stage.node(2)} (C27)`])],
    async end(stage) {
      await untilPod(
        stage,
        "the pod on n2 as it was",
        ({ node, terminating }) => node === stage.node(2) && terminating,
      );
    },
  },
  {
    id: "C39",
    title: "a more important pod takes the place of one: nobody else's pod is touched",
    needs: ["preemption", "whole-cluster"],
    initial: { container: { resources: { requests: { cpu: "1" } } } },
    async fault(stage) {
      const { person, namespace } = stage;
      const n2 = stage.node(2);
      const ref = { name: namespace };
      await person.create(priorityClasses, {
        apiVersion: "scheduling.k8s.io/v1",
        kind: "PriorityClass",
        metadata: ref,
        value: 1000,
      });
      stage.undo.push(() => person.delete(priorityClasses, ref));
      const important: Pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace, name: "important" },
        spec: {
          priorityClassName: namespace,
          nodeSelector: { "kubernetes.io/hostname": n2 },
          containers: [{ name: "app", image: "app:ok-1", resources: { requests: { cpu: "3500m" } } }],
        },
      };
      // Admission learns of a new class a moment after it was made.
      await until("admission to know the class", () =>
        person.create(pods, important, { dryRun: true }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof StatusError && error.code === 403) return false;
            throw error;
          },
        ),
      );
      await person.create(pods, important);
      await untilPod(stage, "a pod for n2 without room", ({ node, scheduled, terminating }) => {
        return node === n2 && !scheduled && !terminating;
      });
    },
    runs: [declines("C39", (stage) => [stage.node(2), "lost its place to a more important pod"])],
    async end(stage) {
      await stage.person.get(pods, { namespace: stage.namespace, name: "important" });
    },
  },
  {
    id: "C40",
    title: "the alert is older than the recovery: nothing is written",
    fault: (stage) => untilRolledOut(stage, "app:ok-1"),
    runs: [{ expect: { exit: 0, verdict: "recovered", reason: "NothingToDo", cause: "none", writes: [] } }],
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
  },
];
