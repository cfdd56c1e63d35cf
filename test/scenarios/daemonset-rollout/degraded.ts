/** A proven revision degraded on every node at once: S21, the one cause where a rolling restart is the right tool. */
import type { Scenario } from "../scenario.ts";
import { setFaults, untilPods, untilRolledOut } from "../stage.ts";

export const degraded: readonly Scenario[] = [
  {
    id: "S21",
    title: "all pods of a proven revision lose Ready: one canary, then one rolling restart",
    needs: ["node-faults"],
    async fault(stage) {
      for (const node of stage.nodes) await setFaults(stage, node, "unready");
      await untilPods(stage, "no pod ready", (all) => all.every(({ ready }) => !ready));
    },
    runs: [
      {
        expect: {
          exit: 0,
          verdict: "recovered",
          cause: "C41",
          writes: ["delete pod on n1", "patch daemonset (restart)"],
        },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
  },
];
