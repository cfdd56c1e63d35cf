/** Several things at once, as nights are: faults that hide each other, and people who act meanwhile. */
import { daemonSets, pods } from "../../../src/kube/resources.ts";
import { agent, containerName } from "../agent.ts";
import type { HealRun, Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import {
  deletePodOn,
  patchTemplate,
  readPods,
  replacePodsOn,
  setFaults,
  setImage,
  templateText,
  untilNode,
  untilPod,
  untilPods,
  untilRolledOut,
  untilStatus,
} from "../stage.ts";
import { pullFails } from "./refusals.ts";

const rollback = "patch daemonset (rollback)";

const rolledBack = (cause: string, more: Partial<HealRun["expect"]> = {}): HealRun => ({
  expect: { exit: 0, verdict: "recovered", cause, writes: [rollback], ...more },
});

/** What `kubectl rollout restart` does. */
async function restartByHand(stage: Stage, time: string): Promise<void> {
  await patchTemplate(stage, { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": time } } });
}

async function untilObserved(stage: Stage): Promise<void> {
  await untilStatus(
    stage,
    "the newest template observed",
    ({ metadata, status }) => status?.observedGeneration === metadata.generation,
  );
}

const untilBackOnOk1 = (stage: Stage): Promise<void> => untilRolledOut(stage, "app:ok-1");

/** In the order of their letters. */
export const combined: readonly Scenario[] = [
  {
    id: "M01",
    title: "bad image under maxSurge: nothing is down, and the rollback restarts nothing",
    async create(stage) {
      const manifest = agent(stage, {});
      const { spec } = manifest;
      if (spec === undefined) throw new Error("a DaemonSet has a spec");
      const updateStrategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
      await stage.person.create(daemonSets, { ...manifest, spec: { ...spec, updateStrategy } });
      await untilRolledOut(stage, "app:ok-1");
    },
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [rolledBack("C01")],
    end: untilBackOnOk1,
  },
  {
    id: "M02",
    title: "somebody restarted the broken rollout twice: back to the revision that runs, not to the one before",
    async fault(stage) {
      await pullFails(stage, "app:bad-2");
      await restartByHand(stage, "2026-01-01T00:00:00Z");
      await untilObserved(stage);
      await restartByHand(stage, "2026-01-01T00:01:00Z");
      await untilObserved(stage);
      await untilPod(stage, "a pod that cannot pull again", ({ waiting }) =>
        /^(ErrImagePull|ImagePullBackOff)$/.test(waiting),
      );
    },
    runs: [rolledBack("C01", { says: () => ["--to-revision=1"] })],
    end: untilBackOnOk1,
  },
  {
    id: "M03",
    title: "a dead node and a bad image: rolled back, and the node is named as what remains",
    needs: ["node-faults", "node-death"],
    initial: { toleratesAll: true, maxUnavailable: 2 },
    async fault(stage) {
      await setFaults(stage, stage.node(1), "dead");
      await untilNode(stage, stage.node(1), { type: "Ready", status: "Unknown" });
      // Until its pod is marked and counted, the rollout would take two more.
      await untilPod(stage, "the pod on n1 not Ready", ({ node, ready }) => node === stage.node(1) && !ready);
      await untilStatus(stage, "the pod on n1 counted out", ({ status }) => status?.numberAvailable === 3);
      await pullFails(stage, "app:bad-2");
    },
    runs: [
      {
        expect: {
          exit: 1,
          verdict: "partial",
          cause: "C01",
          writes: [rollback],
          says: (stage) => [stage.node(1)],
        },
      },
    ],
    async end(stage) {
      await untilPods(
        stage,
        "three pods of app:ok-1 on the nodes that live",
        (all) =>
          all.filter(({ ready, image, node }) => ready && image === "app:ok-1" && node !== stage.node(1)).length === 3,
      );
    },
  },
  {
    id: "M04",
    title: "two bad images in a row: back to the one that runs",
    async fault(stage) {
      await pullFails(stage, "app:bad-2");
      await pullFails(stage, "app:bad-3");
    },
    runs: [rolledBack("C01", { says: () => ["--to-revision=1"] })],
    end: untilBackOnOk1,
  },
  {
    id: "M05",
    title: "a second container that crashes: rolled back",
    async fault(stage) {
      await patchTemplate(stage, { spec: { containers: [{ name: "extra", image: "app:crash-2" }] } });
      await untilPod(stage, "a pod in CrashLoopBackOff", ({ waiting }) => waiting === "CrashLoopBackOff");
    },
    runs: [rolledBack("C05", { says: () => ["extra"] })],
    end: untilBackOnOk1,
  },
  {
    id: "M06",
    title: "every old pod was replaced by a bad image: nothing is proven, nothing is written",
    initial: { maxUnavailable: "100%" },
    async fault(stage) {
      await setImage(stage, "app:bad-2");
      await untilPods(
        stage,
        "four pods that cannot pull",
        (all) => all.length === 4 && all.every(({ waiting }) => /^(ErrImagePull|ImagePullBackOff)$/.test(waiting)),
      );
    },
    runs: [{ expect: { exit: 4, verdict: "declined", cause: "C01", reason: "NoProvenRevision", writes: [] } }],
    async end(stage) {
      if (!(await templateText(stage)).includes("app:bad-2")) throw new Error("the template is not what it was");
    },
  },
  {
    id: "M07",
    title: "somebody corrects the image during the dwell: nothing is written, and it is recovered",
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      {
        flags: () => ["--rollback", "auto", "--dwell", "8s"],
        async during(stage, program) {
          await program.printed(/looking again in 8 s/);
          await setImage(stage, "app:ok-3");
        },
        expect: {
          exit: 0,
          verdict: "recovered",
          reason: "NothingToDo",
          cause: "C01",
          writes: [],
          keepsHealthyPods: false,
        },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-3"),
  },
  {
    id: "M08",
    title: "two nodes crash with a revision that runs elsewhere: what they share is not known, nothing is written",
    needs: ["node-faults"],
    async fault(stage) {
      await setImage(stage, "app:ok-2");
      await untilRolledOut(stage, "app:ok-2");
      const sick = [stage.node(3), stage.node(4)];
      for (const node of sick) await setFaults(stage, node, "crash=app:ok-2");
      await replacePodsOn(stage, sick);
      await untilPods(
        stage,
        "two pods in CrashLoopBackOff",
        (all) => all.filter(({ node, waiting }) => sick.includes(node) && waiting === "CrashLoopBackOff").length === 2,
      );
    },
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          cause: "C42",
          reason: "SeveralNodes",
          writes: [],
          says: (stage) => [stage.node(3), stage.node(4)],
        },
      },
    ],
    async end(stage) {
      await untilPods(stage, "two of four ready", (all) => all.filter(({ ready }) => ready).length === 2);
    },
  },
  {
    id: "M09",
    title: "a host port that somebody else holds on one node: a person, the revision runs elsewhere",
    // Under OnDelete until the others are done: n2 comes last.
    initial: { strategy: "OnDelete" },
    async fault(stage) {
      const { person, namespace, name } = stage;
      const [n2, others] = [stage.node(2), [stage.node(1), stage.node(3), stage.node(4)]];
      const ports = [{ containerPort: 9100, hostPort: 9100 }];
      await person.create(pods, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace, name: "port-holder" },
        spec: {
          nodeName: n2,
          tolerations: [...stage.cluster.tolerations],
          containers: [{ name: "app", image: "app:ok-1", ports }],
        },
      });
      const before = new Set((await readPods(stage)).map(({ uid }) => uid));
      await patchTemplate(stage, { spec: { containers: [{ name: containerName, ports }] } });
      await untilObserved(stage);
      for (const node of others) await deletePodOn(stage, node);
      await untilPods(stage, "new pods on the other nodes", (all) =>
        others.every((node) => all.some((pod) => pod.node === node && pod.ready && !before.has(pod.uid))),
      );
      const body = { spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } } } };
      await person.patch(daemonSets, { namespace, name }, { type: "merge", body });
      await untilPod(stage, "an unschedulable pod on n2", ({ node, phase }) => node === n2 && phase === "Pending");
    },
    runs: [{ expect: { exit: 4, verdict: "declined", cause: "C13", writes: [], says: (stage) => [stage.node(2)] } }],
    async end(stage) {
      await stage.person.delete(pods, { namespace: stage.namespace, name: "port-holder" });
      await untilRolledOut(stage, "app:ok-1");
    },
  },
  {
    id: "M10",
    title: "the broken template is applied again after the rollback: not rolled back twice",
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      rolledBack("C01"),
      {
        before: (stage) => pullFails(stage, "app:bad-2"),
        expect: { exit: 4, verdict: "declined", cause: "C01", reason: "AlreadyRolledBack", writes: [] },
      },
    ],
    async end(stage) {
      if (!(await templateText(stage)).includes("app:bad-2")) throw new Error("the template is not what it was");
    },
  },
  {
    id: "M11",
    title: "a finalizer holds one pod and the image is bad: rolled back, the finalizer is left to its owner",
    initial: { maxUnavailable: 2 },
    async fault(stage) {
      const n3 = stage.node(3);
      const held = (await readPods(stage)).find(({ node }) => node === n3);
      if (held === undefined) throw new Error("there is no pod on n3");
      const place = { namespace: stage.namespace, name: held.name };
      const finalizers = (value: string[] | null) => ({
        type: "merge" as const,
        body: { metadata: { finalizers: value } },
      });
      stage.undo.push(async () => {
        await stage.person.patch(pods, place, finalizers(null));
      });
      await stage.person.patch(pods, place, finalizers(["example.com/hold"]));
      await deletePodOn(stage, n3);
      await pullFails(stage, "app:bad-2");
      await untilPod(
        stage,
        "the held pod past its deadline",
        ({ node, deadline }) => node === n3 && deadline !== undefined && deadline + 5000 < Date.now(),
      );
    },
    runs: [
      {
        // The held pod has ended (phase Failed): since 1.27.4 the controller no longer waits for it.
        expect: { exit: 0, verdict: "recovered", cause: "C01", writes: [rollback], says: () => ["stuck Terminating"] },
      },
    ],
    async end(stage) {
      await untilPod(
        stage,
        "the held pod still there",
        ({ node, terminating }) => node === stage.node(3) && terminating,
      );
    },
  },
  {
    id: "M12",
    title: "a crash loop under OnDelete: its deletion would change the template too, nothing is written",
    needs: ["node-faults"],
    initial: { strategy: "OnDelete" },
    async fault(stage) {
      const n4 = stage.node(4);
      await setFaults(stage, n4, "crash=app:ok-1");
      await replacePodsOn(stage, [n4]);
      await untilPod(stage, "a crash loop on n4", ({ node, waiting }) => node === n4 && waiting === "CrashLoopBackOff");
      await setImage(stage, "app:ok-2");
      await untilObserved(stage);
    },
    runs: [{ expect: { exit: 4, verdict: "declined", cause: "C24", writes: [], says: (stage) => [stage.node(4)] } }],
    async end(stage) {
      const images = (await readPods(stage)).map(({ image }) => image);
      if (images.some((image) => image !== "app:ok-1")) throw new Error(`pods were replaced: ${images.join(", ")}`);
    },
  },
  {
    id: "M13",
    title: "somebody sets another image while the rollback proves itself: theirs stands, nothing more is written",
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      {
        async during(stage, program) {
          await program.printed(/done: roll back/);
          await setImage(stage, "app:ok-3");
        },
        expect: { exit: 0, verdict: "recovered", cause: "C01", writes: [rollback], keepsHealthyPods: false },
      },
    ],
    end: (stage) => untilRolledOut(stage, "app:ok-3"),
  },
  {
    id: "M14",
    title: "the DaemonSet is deleted while the rollback proves itself: it ends with words",
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      {
        async during(stage, program) {
          await program.printed(/done: roll back/);
          await stage.person.delete(daemonSets, { namespace: stage.namespace, name: stage.name });
        },
        expect: {
          exit: 1,
          verdict: "failed",
          reason: "TargetGone",
          cause: "C01",
          writes: [rollback],
          keepsHealthyPods: false,
        },
      },
    ],
    end: async () => undefined,
  },
];
