/** Which nodes a DaemonSet runs on, and what becomes of pods where it should not. FAILURES.md §1.1. */
import type { Pod } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { daemonSets, events, pods } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import type { Case } from "../case.ts";
import { agent, isReady, taint } from "../daemonset-acts.ts";
import {
  aDaemonSet,
  conditionOf,
  lookAgain,
  nodeOf,
  podsOf,
  setImage,
  settledDaemonSet,
  untilStatus,
} from "../objects.ts";

export const eligibilityCases: readonly Case[] = [
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
      expect(items[0]).toMatchObject({ type: "Warning", reason: "FailedScheduling" });
      // Nodes of other cases come and go between the two.
      const withoutCounts = (text: string | undefined): string | undefined => text?.replace(/\d+/g, "N");
      expect(withoutCounts(items[0]?.message)).toBe(withoutCounts(condition?.message));
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
