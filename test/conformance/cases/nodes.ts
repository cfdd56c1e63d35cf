/** Nodes that die and come back, and what becomes of the pods on them. FAILURES.md §1.7 and fact 7. */

import type { Node } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { daemonSets, nodes as nodeResource, pods } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import { aPod, conditionOf, lookAgain, nodeOf, podsOf, setImage, settledDaemonSet, untilStatus } from "../objects.ts";

async function fault(bench: Bench, node: string | undefined, value: string | null): Promise<void> {
  const body = { metadata: { annotations: { "sandbox.operarius.openfero.io/faults": value } } };
  await bench.kube.patch(nodeResource, { name: node ?? "" }, { type: "merge", body });
}

const taintsOf = ({ spec }: Live<Node>): string[] =>
  (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).toSorted();

const unreachable = ["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"];

async function untilNode(bench: Bench, node: string | undefined, what: string, holds: (node: Live<Node>) => boolean) {
  const last: { seen?: object } = {};
  return bench.until(
    `node ${node}: ${what}`,
    async () => {
      const found = await bench.kube.get(nodeResource, { name: node ?? "" });
      last.seen = { ready: conditionOf(found, "Ready"), taints: taintsOf(found) };
      return holds(found) && found;
    },
    { seen: () => last.seen, withinMs: 40_000 },
  );
}

const isTaintedDead = (node: Live<Node>): boolean => taintsOf(node).join() === unreachable.join();

export const nodeCases: readonly Case[] = [
  {
    name: "a node falls silent: Ready=Unknown, two taints, its pods lose Ready; the DaemonSet's pod stays, misscheduled",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      const [dead] = bench.nodes;
      await fault(bench, dead, "dead");
      const node = await untilNode(bench, dead, "tainted", isTaintedDead);
      const ready = conditionOf(node, "Ready");
      expect(ready).toMatchObject({
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
      });
      expect(node.spec?.taints?.find(({ effect }) => effect === "NoExecute")?.timeAdded).toBeDefined();
      // The pod's lost readiness makes the controller count, before or after the taints: only a later look is certain.
      await lookAgain(bench);
      const { status } = await untilStatus(bench, "misscheduled", ({ numberMisscheduled }) => numberMisscheduled === 1);
      expect(status).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 1, numberAvailable: 1 });
      const pod = (await podsOf(bench)).find((each) => nodeOf(each) === dead);
      expect(pod?.metadata.deletionTimestamp).toBeUndefined();
      expect([pod?.status?.phase, conditionOf(pod ?? {}, "Ready")?.status]).toEqual(["Running", "False"]);
      await fault(bench, dead, null);
      await untilNode(
        bench,
        dead,
        "well again",
        (each) => conditionOf(each, "Ready")?.status === "True" && taintsOf(each).length === 0,
      );
      await untilStatus(
        bench,
        "well again",
        ({ numberAvailable, numberMisscheduled }) => numberAvailable === 2 && numberMisscheduled === 0,
      );
    },
  },
  {
    name: "a dead node under a DaemonSet that tolerates everything: still desired, not available, and it holds the rollout",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench, { pod: { tolerations: [{ operator: "Exists" }] } });
      const [dead, alive] = bench.nodes;
      await fault(bench, dead, "dead");
      await untilNode(bench, dead, "tainted", isTaintedDead);
      const { status } = await untilStatus(bench, "one less", ({ numberAvailable }) => numberAvailable === 1);
      expect(status).toMatchObject({
        desiredNumberScheduled: 2,
        currentNumberScheduled: 2,
        numberMisscheduled: 0,
        numberUnavailable: 1,
      });
      await setImage(bench, "app:ok-2");
      // The old pod on the dead node is not available: it is deleted at once, and nobody there ends it.
      const going = await bench.until("the pod on the dead node is Terminating", async () =>
        (await podsOf(bench)).find((pod) => nodeOf(pod) === dead && pod.metadata.deletionTimestamp !== undefined),
      );
      const seen = await untilStatus(bench, "observed", () => true);
      expect(seen.status?.updatedNumberScheduled ?? 0).toBe(0);
      const other = (await podsOf(bench)).find((pod) => nodeOf(pod) === alive);
      expect([other?.spec?.containers[0]?.image, other?.metadata.deletionTimestamp]).toEqual(["app:ok-1", undefined]);
      // By force it goes, and a new one is made for the dead node, where nobody starts it (fact 7).
      await bench.kubectl(["delete", "pod", going.metadata.name, "--force", "--grace-period=0"]);
      const next = await bench.until("its successor", async () =>
        (await podsOf(bench)).find((pod) => nodeOf(pod) === dead && pod.metadata.uid !== going.metadata.uid),
      );
      expect(next.status?.phase).toBe("Pending");
      // A larger budget lets the rollout pass it by.
      await bench.kubectl([
        "patch",
        "ds",
        "agent",
        "--type=merge",
        "-p",
        '{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":2}}}}',
      ]);
      await untilStatus(
        bench,
        "the other node is updated",
        ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === 2 && numberAvailable === 1,
      );
    },
  },
  {
    name: "a pod on a dead node stays Terminating until it is deleted by force",
    nodes: 1,
    async run(bench) {
      const [dead] = bench.nodes;
      await bench.kube.create(
        pods,
        aPod(bench, "one", { nodeName: dead ?? "", tolerations: [{ operator: "Exists" }] }),
      );
      const ref = { namespace: bench.namespace, name: "one" };
      await bench.until(
        "it runs",
        async () => conditionOf(await bench.kube.get(pods, ref), "Ready")?.status === "True",
      );
      await fault(bench, dead, "dead");
      await untilNode(bench, dead, "tainted", isTaintedDead);
      await bench.kube.delete(pods, ref);
      const { metadata } = await bench.kube.get(pods, ref);
      await bench.until("its time is over", () => Date.now() > Date.parse(metadata.deletionTimestamp ?? "") + 1_000);
      expect((await bench.kube.get(pods, ref)).metadata.uid).toBe(metadata.uid);
      await bench.kubectl(["delete", "pod", "one", "--force", "--grace-period=0"]);
      await expect(bench.kube.get(pods, ref)).rejects.toMatchObject({ code: 404 });
    },
  },
  {
    name: "a new node is tainted until it is Ready; lifted, DaemonSets come to it",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const name = `${bench.namespace}-later`;
      const labels = { "operarius.test/ground": bench.namespace };
      const made = await bench.kube.create(nodeResource, { metadata: { name, labels } });
      expect(taintsOf(made)).toEqual(["node.kubernetes.io/not-ready:NoSchedule"]);
      const { status } = await bench.kube.get(daemonSets, {
        namespace: bench.namespace,
        name: "agent",
      });
      expect(status?.desiredNumberScheduled).toBe(1);
      await bench.kube.delete(nodeResource, { name });
    },
  },
  {
    name: "cordon adds the taint unschedulable, uncordon takes it away",
    nodes: 1,
    async run(bench) {
      const [node] = bench.nodes;
      await bench.kubectl(["cordon", node ?? ""]);
      await untilNode(
        bench,
        node,
        "tainted",
        (each) => taintsOf(each).join() === "node.kubernetes.io/unschedulable:NoSchedule",
      );
      await bench.kubectl(["uncordon", node ?? ""]);
      await untilNode(bench, node, "free", (each) => taintsOf(each).length === 0);
    },
  },
  {
    name: "pressure taints the node, and a DaemonSet's pods tolerate it",
    nodes: 1,
    async run(bench) {
      const [node] = bench.nodes;
      await settledDaemonSet(bench);
      await fault(bench, node, "disk-pressure");
      await untilNode(
        bench,
        node,
        "tainted",
        (each) => taintsOf(each).join() === "node.kubernetes.io/disk-pressure:NoSchedule",
      );
      const { status } = await untilStatus(bench, "counted", () => true);
      expect(status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 0 });
      await fault(bench, node, null);
      await untilNode(bench, node, "free", (each) => taintsOf(each).length === 0);
    },
  },
  {
    name: "an untolerated NoExecute taint ends other pods, after their tolerationSeconds",
    nodes: 1,
    async run(bench) {
      const nodeName = bench.nodes[0] ?? "";
      const tolerations = [
        { key: "example.com/out", operator: "Exists", effect: "NoExecute", tolerationSeconds: 3600 },
      ];
      await bench.kube.create(pods, aPod(bench, "one", { nodeName }));
      await bench.kube.create(pods, aPod(bench, "two", { nodeName, tolerations }));
      const taints = [{ key: "example.com/out", effect: "NoExecute" }];
      await bench.kube.patch(nodeResource, { name: nodeName }, { type: "merge", body: { spec: { taints } } });
      await bench.until("the one is gone", async () =>
        bench.kube.get(pods, { namespace: bench.namespace, name: "one" }).then(
          () => false,
          () => true,
        ),
      );
      const two = await bench.kube.get(pods, { namespace: bench.namespace, name: "two" });
      expect(two.metadata.deletionTimestamp).toBeUndefined();
    },
  },
];
