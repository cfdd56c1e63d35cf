/** DaemonSets: rollouts, budgets, status counters, failed pods, creation that fails. FAILURES.md §1.1-1.4. */

import type { Pod } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { daemonSets, events, nodes as nodeResource, pods } from "../../../src/kube/resources.ts";
import type { Live, Resource } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import {
  aDaemonSet,
  conditionOf,
  lookAgain,
  nodeOf,
  podsOf,
  revisionsOf,
  setImage,
  settledDaemonSet,
  untilStatus,
} from "../objects.ts";

const agent = (bench: Bench) => ({ namespace: bench.namespace, name: "agent" });
const imageOf = ({ spec }: Pod): string => spec?.containers[0]?.image ?? "";
const isReady = (pod: Pod): boolean => conditionOf(pod, "Ready")?.status === "True";

async function fault(bench: Bench, node: string | undefined, value: string | null): Promise<void> {
  const body = { metadata: { annotations: { "sandbox.operarius.openfero.io/faults": value } } };
  await bench.kube.patch(nodeResource, { name: node ?? "" }, { type: "merge", body });
}

async function taint(
  bench: Bench,
  node: string | undefined,
  effect: string | undefined,
  key = "example.com/maintenance",
): Promise<void> {
  const taints = effect === undefined ? [] : [{ key, effect }];
  await bench.kube.patch(nodeResource, { name: node ?? "" }, { type: "merge", body: { spec: { taints } } });
}

/** The messages of the events about the DaemonSet with this reason. */
async function messages({ kube, namespace }: Bench, reason: string, name = "agent"): Promise<string[]> {
  const fieldSelector = `involvedObject.kind=DaemonSet,involvedObject.name=${name},reason=${reason}`;
  return (await kube.list(events, { namespace, fieldSelector })).items.map(({ message }) => message ?? "");
}

/** Budgets and how many pods of a bad revision they let through. */
const budgets: { budget: object; nodes: number; bad: number }[] = [
  { budget: { maxUnavailable: 1 }, nodes: 3, bad: 1 },
  { budget: { maxUnavailable: 2 }, nodes: 3, bad: 2 },
  { budget: { maxUnavailable: "26%" }, nodes: 4, bad: 2 },
  { budget: { maxUnavailable: "1%" }, nodes: 2, bad: 1 },
];

const budgetCases: Case[] = budgets.map(({ budget, nodes, bad }) => ({
  name: `with ${JSON.stringify(budget)} a bad revision stops at ${bad} of ${nodes} nodes`,
  nodes,
  async run(bench) {
    await settledDaemonSet(bench, { spec: { updateStrategy: { rollingUpdate: budget } } });
    await setImage(bench, "app:bad-2");
    const { status } = await untilStatus(
      bench,
      "the bad revision has its share",
      ({ updatedNumberScheduled, numberUnavailable }) => updatedNumberScheduled === bad && numberUnavailable === bad,
    );
    expect(status).toMatchObject({
      desiredNumberScheduled: nodes,
      currentNumberScheduled: nodes,
      numberReady: nodes - bad,
    });
    const before = (await podsOf(bench)).filter((pod) => imageOf(pod) === "app:ok-1");
    expect(before).toHaveLength(nodes - bad);
    // Back to what the good pods run: they count as updated at once and live on (fact 5).
    await setImage(bench, "app:ok-1");
    await untilStatus(
      bench,
      "well again",
      ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === nodes && numberAvailable === nodes,
    );
    const after = new Set((await podsOf(bench)).map(({ metadata }) => metadata.uid));
    expect(before.every(({ metadata }) => after.has(metadata.uid))).toBe(true);
  },
}));

const rolloutCases: Case[] = [
  {
    name: "a new DaemonSet: defaults, one pod for each node, bound by affinity, the controller's labels and tolerations",
    nodes: 2,
    async run(bench) {
      const ds = await settledDaemonSet(bench);
      expect(ds.spec).toMatchObject({
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        revisionHistoryLimit: 10,
      });
      expect(ds.metadata.annotations?.["deprecated.daemonset.template.generation"]).toBe("1");
      expect(ds.status).toEqual({
        currentNumberScheduled: 2,
        desiredNumberScheduled: 2,
        numberAvailable: 2,
        numberMisscheduled: 0,
        numberReady: 2,
        observedGeneration: 1,
        updatedNumberScheduled: 2,
      });
      const own = await podsOf(bench);
      expect(own.map(nodeOf)).toEqual(bench.nodes.toSorted());
      const [pod] = own;
      const [revision] = await revisionsOf(bench);
      expect(pod?.metadata.labels).toEqual({
        app: "agent",
        "controller-revision-hash": revision?.metadata.labels?.["controller-revision-hash"],
        "pod-template-generation": "1",
      });
      expect(pod?.metadata.generateName).toBe("agent-");
      expect(pod?.metadata.ownerReferences).toEqual([
        {
          apiVersion: "apps/v1",
          kind: "DaemonSet",
          name: "agent",
          uid: ds.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expect(pod?.spec?.affinity).toEqual({
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: "metadata.name", operator: "In", values: [nodeOf(pod ?? {})] }] },
            ],
          },
        },
      });
      const tolerations = pod?.spec?.tolerations?.map(({ key, effect, operator }) => `${key}:${effect}:${operator}`);
      expect(tolerations?.toSorted()).toEqual([
        "node.kubernetes.io/disk-pressure:NoSchedule:Exists",
        "node.kubernetes.io/memory-pressure:NoSchedule:Exists",
        "node.kubernetes.io/not-ready:NoExecute:Exists",
        "node.kubernetes.io/pid-pressure:NoSchedule:Exists",
        "node.kubernetes.io/unreachable:NoExecute:Exists",
        "node.kubernetes.io/unschedulable:NoSchedule:Exists",
      ]);
    },
  },
  {
    name: "a deleted pod comes back on its node with the same revision and no new generation",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      const [gone] = await podsOf(bench);
      await bench.kube.delete(pods, { namespace: bench.namespace, name: gone?.metadata.name ?? "" });
      const next = await bench.until("the replacement", async () =>
        (await podsOf(bench)).find(
          (pod) => nodeOf(pod) === nodeOf(gone ?? {}) && pod.metadata.uid !== gone?.metadata.uid && isReady(pod),
        ),
      );
      expect(next.metadata.labels).toEqual(gone?.metadata.labels);
      expect((await bench.kube.get(daemonSets, agent(bench))).metadata.generation).toBe(1);
    },
  },
  {
    name: "no replacement is made while a pod is Terminating",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await fault(bench, bench.nodes[0], "wedged");
      const [pod] = await podsOf(bench);
      await bench.kube.delete(pods, { namespace: bench.namespace, name: pod?.metadata.name ?? "" });
      // The controller has looked since: it has observed a new generation.
      await bench.kube.patch(daemonSets, agent(bench), { type: "merge", body: { spec: { minReadySeconds: 1 } } });
      const { status } = await untilStatus(bench, "looked again", () => true);
      const own = await podsOf(bench);
      expect(own.map(({ metadata }) => metadata.uid)).toEqual([pod?.metadata.uid]);
      expect(own[0]?.metadata.deletionTimestamp).toBeDefined();
      // Terminating and unavailable, but still current (§1.2).
      expect(status).toMatchObject({ currentNumberScheduled: 1, desiredNumberScheduled: 1 });
      await fault(bench, bench.nodes[0], null);
    },
  },
  {
    name: "a Terminating pod that is still Ready counts as ready and available",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench, { image: "app:longgrace-1", pod: { terminationGracePeriodSeconds: 60 } });
      const [pod] = await podsOf(bench);
      await bench.kube.delete(pods, { namespace: bench.namespace, name: pod?.metadata.name ?? "" });
      await bench.kube.patch(daemonSets, agent(bench), { type: "merge", body: { spec: { revisionHistoryLimit: 5 } } });
      const { status } = await untilStatus(bench, "looked again", () => true);
      const [still] = await podsOf(bench);
      expect([still?.metadata.deletionTimestamp !== undefined, isReady(still ?? {})]).toEqual([true, true]);
      expect(status).toMatchObject({ numberReady: 1, numberAvailable: 1, currentNumberScheduled: 1 });
      await bench.kubectl(["delete", "pod", pod?.metadata.name ?? "", "--force", "--grace-period=0"]);
    },
  },
  {
    name: "old pods that are not available are replaced at once, whatever the budget",
    nodes: 3,
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench, { image: "app:notready-1" }));
      await untilStatus(bench, "all there", ({ updatedNumberScheduled }) => updatedNumberScheduled === 3);
      await setImage(bench, "app:notready-2");
      await untilStatus(bench, "all replaced", ({ updatedNumberScheduled }) => updatedNumberScheduled === 3);
      expect((await podsOf(bench)).map(imageOf)).toEqual(["app:notready-2", "app:notready-2", "app:notready-2"]);
    },
  },
  {
    name: "with maxSurge the new pod runs beside the old one, which goes when the new one is available",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench, {
        spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
        container: { readinessProbe: { httpGet: { path: "/", port: 80 } } },
      });
      const before = new Set((await podsOf(bench)).map(({ metadata }) => metadata.uid));
      await setImage(bench, "app:notready-2");
      await bench.until("one node has two pods", async () => (await podsOf(bench)).length === 3);
      const { status } = await untilStatus(bench, "observed", () => true);
      // The old pod is the one that counts: no outage shows, nothing is updated.
      expect(status).toMatchObject({ numberAvailable: 2, currentNumberScheduled: 2, desiredNumberScheduled: 2 });
      expect(status?.updatedNumberScheduled ?? 0).toBe(0);
      expect((await podsOf(bench)).filter(({ metadata }) => before.has(metadata.uid))).toHaveLength(2);
      await setImage(bench, "app:ok-3");
      await untilStatus(
        bench,
        "updated",
        ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === 2 && numberAvailable === 2,
      );
      await bench.until("the old pods are gone", async () => (await podsOf(bench)).length === 2);
    },
  },
  {
    name: "minReadySeconds: ready at once, available later",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench, { spec: { minReadySeconds: 4 } }));
      const { status } = await untilStatus(bench, "ready", ({ numberReady }) => numberReady === 1);
      expect([status?.numberAvailable ?? 0, status?.numberUnavailable]).toEqual([0, 1]);
      await untilStatus(bench, "available", ({ numberAvailable }) => numberAvailable === 1);
      const [pod] = await podsOf(bench);
      const since = Date.parse(
        (conditionOf(pod ?? {}, "Ready") as { lastTransitionTime?: string })?.lastTransitionTime ?? "",
      );
      expect(Date.now() - since).toBeGreaterThanOrEqual(4_000);
    },
  },
  {
    name: "OnDelete replaces nothing; a pod that is deleted comes back updated",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench, { spec: { updateStrategy: { type: "OnDelete" } } });
      const before = await podsOf(bench);
      await setImage(bench, "app:ok-2");
      const { status } = await untilStatus(
        bench,
        "observed",
        ({ updatedNumberScheduled }) => (updatedNumberScheduled ?? 0) === 0,
      );
      expect(status).toMatchObject({ numberAvailable: 2, currentNumberScheduled: 2 });
      await bench.kube.delete(pods, { namespace: bench.namespace, name: before[0]?.metadata.name ?? "" });
      await untilStatus(
        bench,
        "one updated",
        ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === 1 && numberAvailable === 2,
      );
      const { code, stderr } = await bench.tryKubectl(["rollout", "status", "ds/agent"]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining("rollout status is only available for RollingUpdate strategy type") as string,
      ]);
    },
  },
  {
    name: "a failed pod is deleted and replaced by itself, each time later; a deletion by hand is replaced at once",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const fail = async () => {
        const [pod] = (await podsOf(bench)).filter((each) => each.metadata.deletionTimestamp === undefined);
        const name = pod?.metadata.name ?? "";
        const body = {
          status: { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." },
        };
        await bench.kube.patchStatus(pods, { namespace: bench.namespace, name }, { type: "strategic", body });
        return { name, at: Date.now() };
      };
      const replaced = async (name: string) => {
        await bench.until(`pod ${name} is replaced`, async () => {
          const own = await podsOf(bench);
          return own.length === 1 && own[0]?.metadata.name !== name;
        });
        return Date.now();
      };
      const first = await fail();
      await replaced(first.name);
      const found = await bench.until("the event", async () => (await messages(bench, "FailedDaemonPod"))[0]);
      expect(found).toBe(
        `Found failed daemon pod ${bench.namespace}/${first.name} on node ${bench.nodes[0]}, will try to kill it`,
      );
      await replaced((await fail()).name);
      const third = await fail();
      expect((await replaced(third.name)) - third.at).toBeGreaterThan(500);
      // Four seconds would be next; a deletion by hand ends the wait.
      const fourth = await fail();
      await bench.kube.delete(pods, { namespace: bench.namespace, name: fourth.name });
      expect((await replaced(fourth.name)) - fourth.at).toBeLessThan(3_500);
    },
  },
];

const quotas: Resource<{ metadata: { name: string; namespace: string }; spec: object }> = {
  group: "",
  version: "v1",
  plural: "resourcequotas",
  kind: "ResourceQuota",
  namespaced: true,
};

const creationCases: Case[] = [
  {
    name: "a missing ServiceAccount stops the rollout at one node, says so in an event, and the status stays fresh",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      const body = { spec: { template: { spec: { serviceAccountName: "nope", serviceAccount: "nope" } } } };
      await bench.kube.patch(daemonSets, agent(bench), { type: "merge", body });
      const found = await bench.until("the event", async () => (await messages(bench, "FailedCreate"))[0]);
      expect(found).toMatch(
        new RegExp(
          `^Error creating: pods "agent-" is forbidden: error looking up service account ${bench.namespace}/nope: serviceaccount "nope" not found$`,
        ),
      );
      const { status } = await untilStatus(
        bench,
        "one node is without",
        ({ currentNumberScheduled }) => currentNumberScheduled === 1,
      );
      expect(status).toMatchObject({
        desiredNumberScheduled: 2,
        numberUnavailable: 1,
        numberAvailable: 1,
        observedGeneration: 2,
      });
      expect(status?.updatedNumberScheduled ?? 0).toBe(0);
      // Repeated failures are one event that counts.
      const repeated = await bench.until("it is tried again", async () => {
        const fieldSelector = "involvedObject.name=agent,reason=FailedCreate";
        const { items } = await bench.kube.list(events, { namespace: bench.namespace, fieldSelector });
        return items.find(({ count }) => (count ?? 0) >= 3);
      });
      expect(repeated).toMatchObject({
        type: "Warning",
        reason: "FailedCreate",
        involvedObject: { kind: "DaemonSet", apiVersion: "apps/v1", name: "agent" },
        source: { component: "daemonset-controller" },
      });
      expect(Date.parse(repeated.lastTimestamp ?? "")).toBeGreaterThan(Date.parse(repeated.firstTimestamp ?? "") - 1);
    },
  },
  {
    name: "a quota that is used up: the words of the refusal, and a new DaemonSet's status",
    nodes: 1,
    async run(bench) {
      const { kube, namespace } = bench;
      await kube.create(quotas, { metadata: { name: "none", namespace }, spec: { hard: { pods: "0" } } });
      await bench.until("the quota is in force", async () => {
        const { status } = (await kube.get(quotas, { namespace, name: "none" })) as { status?: { hard?: object } };
        return status?.hard !== undefined;
      });
      await kube.create(daemonSets, aDaemonSet(bench));
      const found = await bench.until("the event", async () => (await messages(bench, "FailedCreate"))[0]);
      expect(found).toMatch(
        /^Error creating: pods "agent-[a-z0-9]{5}" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0$/,
      );
      const { status } = await untilStatus(
        bench,
        "counted",
        ({ desiredNumberScheduled }) => desiredNumberScheduled === 1,
      );
      expect(status).toMatchObject({ currentNumberScheduled: 0, observedGeneration: 1, numberUnavailable: 1 });
    },
  },
  {
    name: "a PriorityClass that does not exist",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench, { pod: { priorityClassName: "nope" } }));
      const found = await bench.until("the event", async () => (await messages(bench, "FailedCreate"))[0]);
      expect(found).toBe('Error creating: pods "agent-" is forbidden: no PriorityClass with name nope was found');
    },
  },
  {
    name: "creations and deletions are told in events",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const [pod] = await podsOf(bench);
      const name = pod?.metadata.name ?? "";
      await bench.until("the event", async () =>
        (await messages(bench, "SuccessfulCreate")).includes(`Created pod: ${name}`),
      );
      await setImage(bench, "app:ok-2");
      await bench.until("the event", async () =>
        (await messages(bench, "SuccessfulDelete")).includes(`Deleted pod: ${name}`),
      );
    },
  },
];

const eligibilityCases: Case[] = [
  {
    name: "an untolerated NoSchedule taint: the pod stays and is misscheduled, desired falls",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      const before = (await podsOf(bench)).map(({ metadata }) => metadata.uid);
      await taint(bench, bench.nodes[0], "NoSchedule");
      await lookAgain(bench);
      const { status } = await untilStatus(bench, "misscheduled", ({ numberMisscheduled }) => numberMisscheduled === 1);
      expect(status).toMatchObject({
        desiredNumberScheduled: 1,
        currentNumberScheduled: 1,
        updatedNumberScheduled: 1,
        numberAvailable: 1,
      });
      expect((await podsOf(bench)).map(({ metadata }) => metadata.uid)).toEqual(before);
      // kubectl sees nothing wrong (fact 7).
      expect(await bench.kubectl(["rollout", "status", "ds/agent", "--timeout=5s"])).toContain(
        "successfully rolled out",
      );
      await taint(bench, bench.nodes[0], undefined);
      await untilStatus(
        bench,
        "scheduled again",
        ({ numberMisscheduled, desiredNumberScheduled }) => numberMisscheduled === 0 && desiredNumberScheduled === 2,
      );
    },
  },
  {
    name: "a NoSchedule taint alone does not make the controller count anew",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      // Others that are made later and settle: the controller has had its time before the taint, and after it.
      const settled = (name: string) =>
        settledDaemonSet(bench, { name, pod: { tolerations: [{ operator: "Exists" }] } });
      await settled("before");
      await taint(bench, bench.nodes[0], "NoSchedule");
      await settled("after");
      const { status } = await bench.kube.get(daemonSets, agent(bench));
      expect(status).toMatchObject({ numberMisscheduled: 0, desiredNumberScheduled: 1 });
    },
  },
  {
    name: "a misscheduled pod that is deleted does not come back",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await taint(bench, bench.nodes[0], "NoSchedule");
      await lookAgain(bench);
      await untilStatus(bench, "misscheduled", ({ numberMisscheduled }) => numberMisscheduled === 1);
      const [pod] = await podsOf(bench);
      await bench.kube.delete(pods, { namespace: bench.namespace, name: pod?.metadata.name ?? "" });
      await untilStatus(
        bench,
        "gone",
        ({ numberMisscheduled, desiredNumberScheduled }) => numberMisscheduled === 0 && desiredNumberScheduled === 0,
      );
      expect(await podsOf(bench)).toEqual([]);
    },
  },
  {
    name: "a misscheduled old pod goes with a template update",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      await taint(bench, bench.nodes[0], "NoSchedule");
      await lookAgain(bench);
      await untilStatus(bench, "misscheduled", ({ numberMisscheduled }) => numberMisscheduled === 1);
      await setImage(bench, "app:ok-2");
      await untilStatus(
        bench,
        "rolled out",
        ({ updatedNumberScheduled, numberAvailable, numberMisscheduled }) =>
          updatedNumberScheduled === 1 && numberAvailable === 1 && numberMisscheduled === 0,
      );
    },
  },
  {
    name: "an untolerated NoExecute taint: the controller deletes the pod, nothing is misscheduled",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      await taint(bench, bench.nodes[0], "NoExecute");
      await untilStatus(
        bench,
        "one left",
        ({ desiredNumberScheduled, numberMisscheduled, numberAvailable }) =>
          desiredNumberScheduled === 1 && numberMisscheduled === 0 && numberAvailable === 1,
      );
      await bench.until("the pod is gone", async () => (await podsOf(bench)).length === 1);
    },
  },
  {
    name: "a cordoned node keeps its pod and counts as before",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await bench.kubectl(["cordon", bench.nodes[0] ?? ""]);
      const [pod] = await podsOf(bench);
      await bench.kube.delete(pods, { namespace: bench.namespace, name: pod?.metadata.name ?? "" });
      await bench.until("the replacement", async () =>
        (await podsOf(bench)).some((each) => each.metadata.uid !== pod?.metadata.uid && isReady(each)),
      );
      const { status } = await untilStatus(bench, "as before", ({ numberAvailable }) => numberAvailable === 1);
      expect(status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 0 });
    },
  },
  {
    name: "a node selector that no longer fits: the pod is deleted at once, also under OnDelete",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench, { spec: { updateStrategy: { type: "OnDelete" } } });
      await bench.kubectl(["label", "node", bench.nodes[0] ?? "", "operarius.test/ground-"]);
      await bench.until("the pod is gone", async () => (await podsOf(bench)).length === 0);
      const { status } = await untilStatus(
        bench,
        "none desired",
        ({ desiredNumberScheduled, numberMisscheduled }) => desiredNumberScheduled === 0 && numberMisscheduled === 0,
      );
      expect(status).toMatchObject({ numberMisscheduled: 0, currentNumberScheduled: 0 });
    },
  },
  {
    name: "a pod that does not fit stays Pending: current counts it, its condition says why, its node is in the affinity",
    nodes: 1,
    async run(bench) {
      const container = { resources: { requests: { cpu: "64" } } };
      await bench.kube.create(daemonSets, aDaemonSet(bench, { container }));
      const pending = await bench.until("the scheduler's answer", async () =>
        (await podsOf(bench)).find((pod) => conditionOf(pod, "PodScheduled")?.status === "False"),
      );
      expect(pending.spec?.nodeName).toBeUndefined();
      expect(nodeOf(pending)).toBe(bench.nodes[0]);
      const condition = conditionOf(pending, "PodScheduled");
      expect(condition?.reason).toBe("Unschedulable");
      expect(condition?.message).toMatch(
        /^0\/\d+ nodes are available: 1 Insufficient cpu, \d+ node\(s\) didn't satisfy plugin\(s\) \[NodeAffinity\]\. no new claims to deallocate, preemption: 0\/\d+ nodes are available: \d+ Preemption is not helpful for scheduling\.$/,
      );
      const { status } = await untilStatus(
        bench,
        "counted",
        ({ currentNumberScheduled }) => currentNumberScheduled === 1,
      );
      expect(status).toMatchObject({
        desiredNumberScheduled: 1,
        numberUnavailable: 1,
        numberReady: 0,
        updatedNumberScheduled: 1,
      });
      const { items } = await bench.until("the event", async () => {
        const fieldSelector = `involvedObject.name=${pending.metadata.name},reason=FailedScheduling`;
        const found = await bench.kube.list(events, { namespace: bench.namespace, fieldSelector });
        return found.items.length > 0 && found;
      });
      expect(items[0]).toMatchObject({ type: "Warning", reason: "FailedScheduling", message: condition?.message });
    },
  },
  {
    name: "two DaemonSets: neither touches a pod that only carries its labels",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const stranger: Pod = {
        metadata: {
          name: "stranger",
          namespace: bench.namespace,
          labels: { app: "agent" },
          ownerReferences: [
            {
              apiVersion: "v1",
              kind: "ConfigMap",
              name: "x",
              uid: "b5b3b6a8-0000-4000-8000-000000000000",
              controller: true,
            },
          ],
        },
        spec: { schedulerName: "nobody", containers: [{ name: "main", image: "app:ok-1" }] },
      };
      const made: Live<Pod> = await bench.kube.create(pods, stranger);
      await setImage(bench, "app:ok-2");
      await untilStatus(
        bench,
        "rolled out",
        ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === 1 && numberAvailable === 1,
      );
      expect(made.metadata.labels?.app).toBe("agent");
    },
  },
  {
    name: "an orphan that fits is adopted",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await bench.kubectl(["delete", "ds", "agent", "--cascade=orphan"]);
      const [orphan] = await podsOf(bench);
      expect(orphan?.metadata.ownerReferences).toBeUndefined();
      const again = await settledDaemonSet(bench);
      const own = await podsOf(bench);
      expect(own.map(({ metadata }) => metadata.uid)).toEqual([orphan?.metadata.uid]);
      expect(own[0]?.metadata.ownerReferences?.[0]?.uid).toBe(again.metadata.uid);
    },
  },
];

export const daemonSetCases: readonly Case[] = [...rolloutCases, ...budgetCases, ...creationCases, ...eligibilityCases];
