/** One scenario for each cause that S01 to S22 leave out, where pods do not come up: C02, C03, C06, C08, C09, C11, C12, C28, C29, C42. */
import type { HealRun, Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { patchTemplate, replacePodsOn, setFaults, setImage, untilPod, untilPods, untilRolledOut } from "../stage.ts";

const rollback = "patch daemonset (rollback)";

/** Nothing is written, and a person is told. */
export function declines(cause: string, says: HealRun["expect"]["says"] = () => []): HealRun {
  return { expect: { exit: 4, verdict: "declined", cause, writes: [], says } };
}

function rolledBack(cause: string, says: HealRun["expect"]["says"] = () => []): HealRun {
  return { expect: { exit: 0, verdict: "recovered", cause, writes: [rollback], says } };
}

export async function faultsEverywhere(stage: Stage, faults: string): Promise<void> {
  for (const node of stage.nodes) await setFaults(stage, node, faults);
}

/** The rollout stops at the first pod: three of the older revision run on. */
export async function threeOfOk1(stage: Stage): Promise<void> {
  await untilPods(
    stage,
    "three pods of app:ok-1",
    (all) => all.filter(({ image, ready }) => image === "app:ok-1" && ready).length === 3,
  );
}

/** A new image that exists, and that the nodes cannot pull. */
function pullScenario(id: string, fault: string, title: string, says: HealRun["expect"]["says"]): Scenario {
  return {
    id,
    title,
    needs: ["node-faults"],
    async fault(stage) {
      await faultsEverywhere(stage, `${fault}=app:ok-2`);
      await setImage(stage, "app:ok-2");
      await untilPod(stage, "a pod that cannot pull app:ok-2", ({ waiting }) =>
        /^(ErrImagePull|ImagePullBackOff)$/.test(waiting),
      );
    },
    runs: [declines(id, says)],
    end: threeOfOk1,
  };
}

const prepare = (image: string): object => ({ spec: { initContainers: [{ name: "prepare", image }] } });

export const causesOfPods: readonly Scenario[] = [
  pullScenario(
    "C02",
    "pull-denied",
    "the registry denies the pull, as it would for the older image: not rolled back",
    () => ["the registry denies the pull", "the same registry and the same pull secrets"],
  ),
  pullScenario("C03", "pull-timeout", "the registry does not answer: nothing is written", () => [
    "the registry does not answer",
  ]),
  {
    id: "C06",
    title: "every pod is Ready for a while and ends again: no proven revision, so nothing is written",
    initial: { maxUnavailable: "100%" },
    async fault(stage) {
      await setImage(stage, "app:flap-2");
      await untilPods(
        stage,
        "four pods that have ended three times",
        (all) => all.length === 4 && all.every(({ image, restarts }) => image === "app:flap-2" && restarts >= 3),
      );
    },
    runs: [declines("C06", () => ["there is nothing safe to roll back to"])],
    async end(stage) {
      await untilPods(stage, "four pods still", (all) => all.length === 4);
    },
  },
  {
    id: "C08",
    title: "an init container of the new revision fails: rolled back",
    async fault(stage) {
      await patchTemplate(stage, prepare("app:exit-3"));
      await untilPod(stage, "a pod that is not initialised", ({ ready, terminating, phase }) => {
        return !ready && !terminating && phase === "Pending";
      });
    },
    runs: [rolledBack("C08", () => ["init container prepare keeps ending: exit code 3"])],
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
  },
  {
    id: "C08b",
    title: "an init container waits for something outside: nothing is written",
    async fault(stage) {
      await patchTemplate(stage, prepare("app:ok-1"));
      await untilPod(stage, "a pod that is not initialised", ({ ready, terminating, phase }) => {
        return !ready && !terminating && phase === "Pending";
      });
    },
    runs: [declines("C08", () => ["it waits for something outside"])],
    end: threeOfOk1,
  },
  {
    id: "C09",
    title: "the new revision runs out of memory: rolled back",
    async fault(stage) {
      await setImage(stage, "app:oom-2");
      await untilPod(stage, "a pod in CrashLoopBackOff", ({ waiting }) => waiting === "CrashLoopBackOff");
    },
    runs: [rolledBack("C09", () => ["OOMKilled"])],
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
  },
  {
    id: "C11",
    title: "the new revision mounts a Secret that does not exist: rolled back",
    async fault(stage) {
      await patchTemplate(stage, { spec: { volumes: [{ name: "certs", secret: { secretName: "absent" } }] } });
      await untilPod(stage, "a pod that waits for its volume", ({ waiting }) => waiting === "ContainerCreating");
    },
    runs: [rolledBack("C11", () => ['secret "absent" not found'])],
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
  },
  {
    id: "C12",
    title: "no network for new pods: revision or node is not known, so nothing is written",
    needs: ["node-faults"],
    async fault(stage) {
      await faultsEverywhere(stage, "no-sandbox");
      await setImage(stage, "app:ok-2");
      await untilPod(stage, "a pod without a sandbox", ({ waiting }) => waiting === "ContainerCreating");
    },
    runs: [declines("C12", () => ["no IP addresses available"])],
    end: threeOfOk1,
  },
  {
    id: "C28",
    title: "no build of the image for two nodes: pods that are well are not restarted",
    needs: ["node-faults"],
    initial: { maxUnavailable: 2 },
    async fault(stage) {
      for (const number of [3, 4] as const) await setFaults(stage, stage.node(number), "pull-platform=app:ok-2");
      await setImage(stage, "app:ok-2");
      await untilPods(
        stage,
        "two pods without an image",
        (all) => all.filter(({ waiting }) => /^(ErrImagePull|ImagePullBackOff)$/.test(waiting)).length === 2,
      );
    },
    runs: [declines("C28", () => ["has no build for this node", "a nodeSelector for kubernetes.io/arch"])],
    async end(stage) {
      await untilPods(stage, "two pods that are well", (all) => all.filter(({ ready }) => ready).length === 2);
    },
  },
  {
    id: "C29",
    title: "the clock of a node is ahead: its pod is Ready and not available, and not deleted",
    needs: ["node-faults"],
    initial: { minReadySeconds: 1 },
    async fault(stage) {
      const n4 = stage.node(4);
      await setFaults(stage, n4, "clock-ahead=600");
      await replacePodsOn(stage, [n4]);
      await untilPod(
        stage,
        "a Ready pod on n4",
        ({ node, ready, terminating }) => node === n4 && ready && !terminating,
      );
    },
    runs: [declines("C29", (stage) => [stage.node(4), /by a clock that is \d+ s ahead/])],
    async end(stage) {
      await untilPods(stage, "four Ready pods", (all) => all.filter(({ ready }) => ready).length === 4);
    },
  },
  {
    id: "C42",
    title: "two nodes say nothing about their pods: nothing is known, so nothing is written",
    needs: ["node-faults"],
    async fault(stage) {
      const silent = [stage.node(3), stage.node(4)];
      for (const node of silent) await setFaults(stage, node, "deaf");
      await replacePodsOn(stage, silent);
    },
    runs: [declines("C42", () => ["What these nodes share is not known"])],
    async end(stage) {
      await untilPods(stage, "two Ready pods", (all) => all.filter(({ ready }) => ready).length === 2);
    },
  },
];
