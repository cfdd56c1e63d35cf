import { expect } from "vitest";
import { daemonSets, pods } from "../../../src/kube/resources.ts";
import type { Case } from "../case.ts";
import { agent, fault, isReady, messages } from "../daemonset-acts.ts";
import { nodeOf, podsOf, revisionsOf, settledDaemonSet, untilStatus } from "../objects.ts";

export const podCases: readonly Case[] = [
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
    name: "a failed pod is deleted and replaced by itself, each time later; a deletion by hand is replaced at once",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const fail = async () => {
        // Ready first: a kubelet that is about to report the start would write over the failure.
        const pod = await bench.until("a pod that is Ready", async () =>
          (await podsOf(bench)).find((each) => each.metadata.deletionTimestamp === undefined && isReady(each)),
        );
        const { name } = pod.metadata;
        const at = Date.now();
        const body = {
          status: { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." },
        };
        await bench.kube.patchStatus(pods, { namespace: bench.namespace, name }, { type: "strategic", body });
        return { name, at };
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
      await replaced((await fail()).name);
      // Eight seconds would be next; a deletion by hand ends the wait.
      const last = await fail();
      await bench.kube.delete(pods, { namespace: bench.namespace, name: last.name });
      expect((await replaced(last.name)) - last.at).toBeLessThan(7_500);
    },
  },
];
