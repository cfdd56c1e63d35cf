/** A proven revision degraded on every node at once: S21, the one cause where a rolling restart is the right tool. */
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { setFaults, untilPods, untilRolledOut } from "../stage.ts";

/** All four have run well for a while, as pods that degrade later have; then they lose Ready at once. */
export async function degradeAll(stage: Stage): Promise<void> {
  await untilPods(stage, "ready for 5 s", (all) =>
    all.every(({ ready, readyChangedAt = Date.now() }) => ready && Date.now() - readyChangedAt > 5000),
  );
  for (const node of stage.nodes) await setFaults(stage, node, "unready");
  await untilPods(stage, "no pod ready", (all) => all.every(({ ready }) => !ready));
}

export const degraded: readonly Scenario[] = [
  {
    id: "S21",
    title: "all pods of a proven revision lose Ready: one canary, then one rolling restart",
    needs: ["node-faults"],
    fault: degradeAll,
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
