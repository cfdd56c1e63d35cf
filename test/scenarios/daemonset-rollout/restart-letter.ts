/** `--strategy restart`, the runbook to the letter: it restarts after step 3, except where that cannot work or does damage. */
import { daemonSets } from "../../../src/kube/resources.ts";
import type { HealRun, Scenario } from "../scenario.ts";
import { setImage, untilPods, untilRolledOut, untilStatus } from "../stage.ts";
import { crashOnN4 } from "./one-node.ts";
import { changeWithoutController, createDeadWebhook, deleteDeadWebhook, pullFails } from "./refusals.ts";

const flags = (): string[] => ["--strategy", "restart"];

function refused(cause: string, says: string): HealRun {
  return { flags, expect: { exit: 4, verdict: "declined", cause, writes: [], says: () => [says] } };
}

const restart = "patch daemonset (restart)";

export const restartLetter: readonly Scenario[] = [
  {
    id: "R01",
    title: "one node crashes: the pod is deleted, then everything is restarted",
    needs: ["node-faults"],
    fault: (stage) => crashOnN4(stage, "crashonce"),
    runs: [
      {
        flags,
        expect: {
          exit: 0,
          verdict: "recovered",
          cause: "C04",
          writes: ["delete pod on n4", restart],
          keepsHealthyPods: false,
        },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-2"),
  },
  {
    id: "R02",
    title: "a bad image: restarted once as asked, which does not help, and it says so",
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      { flags, expect: { exit: 1, verdict: "partial", cause: "C01", writes: [restart] } },
      // The ledger remembers the restart.
      { flags, expect: { exit: 4, verdict: "declined", reason: "AlreadyRestarted", cause: "C01", writes: [] } },
    ],
    async end(stage) {
      await untilPods(stage, "three healthy pods", (all) => all.filter(({ ready }) => ready).length === 3);
    },
  },
  {
    id: "R03",
    title: "under OnDelete it does not restart",
    initial: { strategy: "OnDelete" },
    async fault(stage) {
      await setImage(stage, "app:ok-2");
      await untilStatus(
        stage,
        "the new template observed",
        ({ metadata, status }) => status?.observedGeneration === metadata.generation,
      );
    },
    runs: [refused("C24", "under OnDelete a restart replaces no pod")],
    end: async () => undefined,
  },
  {
    id: "R04",
    title: "while pods cannot be created it does not restart",
    needs: ["namespace-names"],
    async fault(stage) {
      await createDeadWebhook(stage);
      await setImage(stage, "app:ok-2");
      await untilPods(stage, "a node without a pod", (all) => all.length === 3 && all.every((pod) => !pod.terminating));
    },
    runs: [refused("C21", "a restart would lose healthy ones")],
    async end(stage) {
      await deleteDeadWebhook(stage);
      await untilRolledOut(stage, "app:ok-2");
    },
  },
  {
    id: "R05",
    title: "while the controller has not observed the spec it does not restart",
    needs: ["stop-controller"],
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [{ ...refused("C30", "another one would only queue"), before: changeWithoutController }],
    end: async () => undefined,
  },
  {
    id: "R06",
    title: "while the DaemonSet is being deleted it does not restart",
    initial: { finalizers: ["operarius.test/hold"] },
    async fault(stage) {
      const { person, namespace, name } = stage;
      await person.delete(daemonSets, { namespace, name }, { propagationPolicy: "Background" });
    },
    runs: [refused("C32", "the DaemonSet is being deleted")],
    end: async () => undefined,
  },
];
