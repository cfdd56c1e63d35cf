/** Nodes that are down or closed: S08, S09, S18. Nothing is written. */
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { addTaint, setFaults, setImage, untilCountedAnew, untilNode, untilPod, untilStatus } from "../stage.ts";

async function killN1(stage: Stage): Promise<void> {
  await setFaults(stage, stage.node(1), "dead");
  await untilNode(stage, stage.node(1), { type: "Ready", status: "Unknown" });
}

/** In the order of FAILURES.md §6. */
export const brokenNodes: readonly Scenario[] = [
  {
    id: "S08",
    title: "a dead node, no rollout: the node is reported",
    needs: ["node-faults", "node-death"],
    async fault(stage) {
      await killN1(stage);
      await untilCountedAnew(
        stage,
        "desired 3, misscheduled 1",
        ({ status }) => status?.desiredNumberScheduled === 3 && status.numberMisscheduled === 1,
      );
    },
    runs: [
      { expect: { exit: 4, verdict: "declined", cause: "C15", writes: [], says: (stage) => [stage.node(1)] } },
      // Nor does the runbook's letter help a node.
      {
        flags: () => ["--rollback", "auto", "--delete", "on"],
        expect: { exit: 4, verdict: "declined", cause: "C15", writes: [] },
      },
    ],
    async end(stage) {
      await untilStatus(stage, "desired 3 still", ({ status }) => status?.desiredNumberScheduled === 3);
    },
  },
  {
    id: "S09",
    title: "a dead node in mid-rollout, every taint tolerated: the budget command is printed",
    needs: ["node-faults", "node-death"],
    initial: { toleratesAll: true },
    async fault(stage) {
      await killN1(stage);
      await setImage(stage, "app:ok-2");
      await untilPod(
        stage,
        "the pod on n1 to be told to go",
        ({ node, terminating }) => node === stage.node(1) && terminating,
      );
    },
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          cause: "C16",
          writes: [],
          says: (stage) => [stage.node(1), /maxUnavailable"?:\s*2/],
        },
      },
    ],
    async end(stage) {
      await untilPod(stage, "n1 as it was", ({ node, terminating }) => node === stage.node(1) && terminating);
    },
  },
  {
    id: "S18",
    title: "a taint of somebody's closes a node: the taint is printed, and what deleting would lose",
    async fault(stage) {
      await addTaint(stage, stage.node(2), { key: "maint", value: "rack", effect: "NoSchedule" });
      await untilCountedAnew(stage, "misscheduled 1", ({ status }) => status?.numberMisscheduled === 1);
    },
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          cause: "C26",
          writes: [],
          says: (stage) => [stage.node(2), "maint=rack:NoSchedule", "the pod would not come back"],
        },
      },
    ],
    async end(stage) {
      await untilStatus(stage, "misscheduled 1 still", ({ status }) => status?.numberMisscheduled === 1);
    },
  },
];
