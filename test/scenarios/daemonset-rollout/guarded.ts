/** What the guards stop although it would help: a critical class, a common cause, the cluster's budget, closed hours. */
import { isNotFound } from "../../../src/kube/errors.ts";
import { daemonSets, leases, pods } from "../../../src/kube/resources.ts";
import { until } from "../../support/until.ts";
import type { AgentOptions } from "../agent.ts";
import { agent } from "../agent.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { annotateNamespace, readPods, setFaults, templateText, untilPod, untilRolledOut } from "../stage.ts";
import { crashOnN4 } from "./one-node.ts";
import { pullFails } from "./refusals.ts";

/** A pod that mounts this path of its node for writing. */
export function mounting(path: string): AgentOptions {
  return {
    container: { volumeMounts: [{ name: "host", mountPath: path }] },
    pod: { volumes: [{ name: "host", hostPath: { path } }] },
  };
}

/** Name of the DaemonSet on which, by its structure, the network of the nodes depends. */
const network = "network";

async function createNetwork(stage: Stage): Promise<void> {
  const { person, namespace, nodes } = stage;
  await person.create(
    daemonSets,
    agent({ ...stage, name: network }, { image: "app:ok-2", ...mounting("/opt/cni/bin") }),
  );
  await until(`${network} to run`, async () => {
    const { status } = await person.get(daemonSets, { namespace, name: network });
    return status?.numberAvailable === nodes.length;
  });
}

/** The pods of both crash on n4, one right after the other. */
async function bothCrashOnN4(stage: Stage): Promise<void> {
  const { person, namespace } = stage;
  await createNetwork(stage);
  await crashOnN4(stage, "crash");
  const { items } = await person.list(pods, { namespace, labelSelector: `app=${network}` });
  const old = items.find(({ spec }) => spec?.nodeName === stage.node(4));
  await person.delete(pods, { namespace, name: old?.metadata.name ?? "" });
  await until(`${network} to crash on n4`, async () => {
    const now = await person.list(pods, { namespace, labelSelector: `app=${network}` });
    return now.items.some(
      ({ metadata, spec, status }) =>
        metadata.uid !== old?.metadata.uid &&
        spec?.nodeName === stage.node(4) &&
        status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
    );
  });
}

/** Another target's ledger says that twenty pods were deleted in the last ten minutes. */
async function useUpTheBudget({ person, namespace, undo }: Stage): Promise<void> {
  const ref = { namespace: "openfero", name: `operarius-daemonset-${namespace}-before` };
  undo.push(() =>
    person.delete(leases, ref).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    }),
  );
  const intents = Array.from({ length: 20 }, (_, index) => ({
    kind: "delete-pod",
    uid: "another",
    templateHash: "t",
    cause: "C04",
    trouble: "CrashLoop",
    node: `elsewhere-${index}`,
    pod: `p${index}`,
    at: Date.now() - 600_000 + index * 1000,
  }));
  const annotations = {
    "operarius.openfero.io/intents": JSON.stringify(intents),
    "operarius.openfero.io/target": "DaemonSet/logging/shipper",
  };
  await person.create(leases, { metadata: { ...ref, annotations }, spec: {} });
}

async function untouched(stage: Stage): Promise<void> {
  const running = (await readPods(stage)).filter(({ ready }) => ready);
  if (running.length !== 3) throw new Error(`${running.length} of 3 pods run`);
}

/** The pace at which budgets count, with short waits. */
const atNormalPace = (): string[] => ["--pace", "normal", "--dwell", "1s", "--soak", "4s", "--min-age", "3s"];

/** Hours that are three days away, in UTC. */
function closedHours(): string {
  const day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][(new Date().getUTCDay() + 3) % 7];
  return `${day} 10:00-11:00`;
}

const hours = "operarius.openfero.io/writes-only-during";

export const guarded: readonly Scenario[] = [
  {
    id: "G01",
    title: "bad image in the node's network path: not rolled back unasked, even under auto",
    initial: mounting("/opt/cni/bin"),
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          reason: "CriticalClass",
          cause: "C01",
          writes: [],
          says: () => ["class path: mounts /opt/cni/bin", "kubectl rollout undo"],
        },
      },
    ],
    async end(stage) {
      if (!(await templateText(stage)).includes("app:bad-2")) throw new Error("the template is not what it was");
    },
  },
  {
    id: "G02",
    title: "a driver crashes on one node: its pod is deleted by a person only",
    needs: ["node-faults"],
    initial: mounting("/var/lib/kubelet/plugins"),
    fault: (stage) => crashOnN4(stage, "crash"),
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          reason: "CriticalClass",
          cause: "C04",
          writes: [],
          says: () => ["class driver", "by hand: kubectl delete pod"],
        },
      },
    ],
    end: untouched,
  },
  {
    id: "G03",
    title: "a log shipper crashes on one node: it keeps what it has not sent",
    needs: ["node-faults"],
    initial: mounting("/var/log"),
    fault: (stage) => crashOnN4(stage, "crash"),
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          reason: "CriticalClass",
          cause: "C04",
          writes: [],
          says: () => ["class buffer: mounts /var/log", "only Failed pods"],
        },
      },
    ],
    end: untouched,
  },
  {
    id: "G04",
    title: "what its network depends on crashes on the same node: that comes first",
    needs: ["node-faults"],
    fault: bothCrashOnN4,
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          reason: "DependencyUnhealthy",
          cause: "C04",
          writes: [],
          says: (stage) => [`${stage.namespace}/${network} (class path`, stage.node(4)],
        },
      },
    ],
    end: untouched,
  },
  {
    id: "G05",
    title: "twenty pods were deleted in the cluster within the hour: a person looks first",
    needs: ["node-faults", "whole-cluster"],
    async fault(stage) {
      await useUpTheBudget(stage);
      await crashOnN4(stage, "crash");
      // No Ready pod is younger than the normal pace's least age for one that is to go.
      await untilPod(stage, "a crash that lasts", ({ createdAt, ready }) => !ready && Date.now() - createdAt > 4000);
    },
    runs: [
      {
        flags: atNormalPace,
        expect: {
          exit: 4,
          verdict: "declined",
          reason: "ClusterBudgetExhausted",
          cause: "C04",
          writes: [],
          says: () => [/\d+ of 20 deletions were made in this cluster within an hour; the next one may be at 20/],
        },
      },
    ],
    end: untouched,
  },
  {
    id: "G06",
    title: "outside the hours in which writes are allowed nothing is written, within them it is repaired",
    needs: ["node-faults"],
    async fault(stage) {
      await annotateNamespace(stage, { [hours]: closedHours() });
      await crashOnN4(stage, "crashonce");
    },
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          reason: "OutsideMaintenanceWindow",
          cause: "C04",
          writes: [],
          says: () => [hours, "10:00-11:00"],
        },
      },
      {
        before: (stage) => annotateNamespace(stage, { [hours]: "00:00-24:00" }),
        expect: { exit: 0, verdict: "recovered", cause: "C04", writes: ["delete pod on n4"] },
      },
    ],
    async end(stage) {
      await setFaults(stage, stage.node(4), "");
      await untilRolledOut(stage, "app:ok-2");
    },
  },
];
