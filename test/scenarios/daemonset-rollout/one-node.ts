/** The revision is good and one node is not: S06, S07, S10 to S13. At most one deletion. */
import { pods } from "../../../src/kube/resources.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import {
  readPods,
  replacePodsOn,
  setFaults,
  setImage,
  untilNode,
  untilPod,
  untilPods,
  untilRolledOut,
} from "../stage.ts";

/** A finished rollout to app:ok-2, then the next pod on n4 crashes as the fault says. */
export async function crashOnN4(stage: Stage, fault: "crash" | "crashonce"): Promise<void> {
  const n4 = stage.node(4);
  await setImage(stage, "app:ok-2");
  await untilRolledOut(stage, "app:ok-2");
  await setFaults(stage, n4, `${fault}=app:ok-2`);
  await replacePodsOn(stage, [n4]);
  await untilPod(
    stage,
    "a new pod on n4 in CrashLoopBackOff",
    ({ node, waiting }) => node === n4 && waiting === "CrashLoopBackOff",
  );
}

const requestsOneCpu = { container: { resources: { requests: { cpu: "1" } } } };

/** In the order of FAILURES.md §6. */
export const oneNode: readonly Scenario[] = [
  {
    id: "S06",
    title: "one node crashes after a good rollout: that pod is deleted once",
    needs: ["node-faults"],
    fault: (stage) => crashOnN4(stage, "crashonce"),
    runs: [
      {
        expect: {
          exit: 0,
          verdict: "recovered",
          cause: "C04",
          writes: ["delete pod on n4"],
          says: (stage) => [stage.node(4)],
        },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-2"),
  },
  {
    id: "S07",
    title: "one node crashes for ever: one deletion, then the node is named",
    needs: ["node-faults"],
    fault: (stage) => crashOnN4(stage, "crash"),
    runs: [
      {
        expect: {
          exit: 1,
          verdict: "partial",
          reason: "AlreadyTried",
          cause: "C04",
          writes: ["delete pod on n4"],
          says: (stage) => [new RegExp(`^fix: .*${stage.node(4)}`, "m")],
        },
      },
      // A second run, later: the ledger remembers.
      { expect: { exit: 4, verdict: "declined", reason: "AlreadyTried", cause: "C04", writes: [] } },
    ],
    async end(stage) {
      await untilPods(stage, "3 of 4 ready", (all) => all.filter(({ ready }) => ready).length === 3);
    },
  },
  {
    id: "S10",
    title: "a pod does not finish its termination on a Ready node: declined; forced only by its UID",
    needs: ["node-faults"],
    async fault(stage) {
      const n3 = stage.node(3);
      await setFaults(stage, n3, "wedged");
      await setImage(stage, "app:ok-2");
      await untilPod(
        stage,
        "the pod on n3 past its deadline",
        ({ node, deadline }) => node === n3 && deadline !== undefined && deadline < Date.now(),
      );
    },
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          cause: "C17",
          writes: [],
          says: (stage) => [stage.node(3), "--force-delete="],
        },
      },
      {
        flags: () => ["--force-delete", "00000000-0000-4000-8000-000000000000"],
        expect: { exit: 4, verdict: "declined", cause: "C17", writes: [] },
      },
      {
        flags: async (stage) => {
          const stuck = (await readPods(stage)).find(({ terminating }) => terminating);
          return [`--force-delete=${stuck?.uid}`];
        },
        // The rollout goes on to the remaining nodes once n3 is free.
        expect: {
          exit: 0,
          verdict: "recovered",
          cause: "C17",
          writes: ["force delete pod on n3"],
          keepsHealthyPods: false,
        },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-2"),
  },
  {
    id: "S11",
    title: "pods use their long grace period: it waits and writes nothing",
    // Scaled like all times of --pace fast; each pod ignores SIGTERM until its grace period is over.
    initial: { image: "app:longgrace-1", graceSeconds: 15, maxUnavailable: "100%" },
    async fault(stage) {
      await setImage(stage, "app:ok-2");
      await untilPod(stage, "a pod that ends", ({ terminating }) => terminating);
    },
    runs: [
      {
        flags: () => ["--rollback", "auto", "--timeout", "6s"],
        expect: { exit: 1, verdict: "waiting", cause: "none", writes: [], keepsHealthyPods: false },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-2"),
  },
  {
    id: "S12",
    title: "evicted pods: nothing under pressure, then the failed pod goes and is replaced at once",
    needs: ["node-faults"],
    async fault(stage) {
      const n2 = stage.node(2);
      await setFaults(stage, n2, "disk-pressure");
      await untilPod(stage, "a failed pod on n2", ({ node, phase }) => node === n2 && phase === "Failed");
    },
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          cause: "C14",
          writes: [],
          says: (stage) => [stage.node(2), /pressure/i],
        },
      },
      {
        async before(stage) {
          // The controller's waits double from 1 s. A pod that was made 16 s after the one before it follows a wait of
          // 16 s, and so has just begun one of 32 s or more: enough to be cut short on a busy machine too.
          const made: number[] = [];
          await untilPod(stage, "a failed pod on n2 that begins to wait for long", ({ node, phase, createdAt }) => {
            if (node !== stage.node(2) || phase !== "Failed") return false;
            if (made.at(-1) !== createdAt) made.push(createdAt);
            const [before, last] = made.slice(-2);
            return before !== undefined && last !== undefined && last - before >= 16_000;
          });
          await setFaults(stage, stage.node(2), "");
          await untilNode(stage, stage.node(2), { type: "DiskPressure", status: "False" });
        },
        expect: { exit: 0, verdict: "recovered", cause: "C14", writes: ["delete pod on n2"] },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
  },
  {
    id: "S13",
    title: "no room on one node: the node is named, the filler stays",
    initial: requestsOneCpu,
    async fault(stage) {
      const { person, namespace } = stage;
      await person.create(pods, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace, name: "filler" },
        spec: {
          nodeName: stage.node(2),
          containers: [{ name: "filler", image: "app:ok-1", resources: { requests: { cpu: "3500m" } } }],
        },
      });
      await setImage(stage, "app:ok-2");
      await untilPod(
        stage,
        "a pod for n2 that cannot be scheduled",
        ({ node, scheduled, terminating }) => node === stage.node(2) && !scheduled && !terminating,
      );
    },
    runs: [
      { expect: { exit: 4, verdict: "declined", cause: "C13", writes: [], says: (stage) => [stage.node(2), /cpu/] } },
    ],
    async end(stage) {
      await stage.person.get(pods, { namespace: stage.namespace, name: "filler" });
      await untilPod(stage, "n2 as it was", ({ node, scheduled }) => node === stage.node(2) && !scheduled);
    },
  },
];
