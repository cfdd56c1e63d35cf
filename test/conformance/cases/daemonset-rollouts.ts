import { expect } from "vitest";
import { daemonSets, pods } from "../../../src/kube/resources.ts";
import type { Case } from "../case.ts";
import { imageOf } from "../daemonset-acts.ts";
import { aDaemonSet, conditionOf, podsOf, setImage, settledDaemonSet, untilStatus } from "../objects.ts";

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
    name: "a percentage of maxSurge rounds up: two of four nodes get a second pod",
    nodes: 4,
    async run(bench) {
      const rollingUpdate = { maxUnavailable: 0, maxSurge: "26%" };
      await settledDaemonSet(bench, { spec: { updateStrategy: { rollingUpdate } } });
      // Of two pods on a node the older counts, by whole seconds; of the same second, the one whose name comes first.
      const made = (await podsOf(bench)).map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ""));
      await bench.until("another second", async () => Date.now() >= Math.max(...made) + 1000);
      await setImage(bench, "app:notready-2");
      await bench.until("the share of new pods", async () => (await podsOf(bench)).length === 6);
      const { status } = await untilStatus(bench, "observed", () => true);
      expect(status).toMatchObject({ desiredNumberScheduled: 4, numberAvailable: 4 });
      expect((await podsOf(bench)).filter((pod) => imageOf(pod) === "app:notready-2")).toHaveLength(2);
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
];

export const daemonSetRolloutCases: readonly Case[] = [...rolloutCases, ...budgetCases];
