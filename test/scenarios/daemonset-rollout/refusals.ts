/** Somebody else must act: S16, S17, S19, S20. Nothing is written. */
import { isNotFound } from "../../../src/kube/errors.ts";
import { configMaps } from "../../../src/kube/resources.ts";
import type { Resource } from "../../../src/kube/types.ts";
import type { AgentOptions } from "../agent.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import {
  createAgent,
  readDaemonSet,
  readPods,
  setImage,
  templateText,
  untilPod,
  untilPods,
  untilRolledOut,
  untilStatus,
} from "../stage.ts";

interface WebhookConfiguration {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  webhooks: object[];
}

const webhookConfigurations: Resource<WebhookConfiguration> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingwebhookconfigurations",
  kind: "ValidatingWebhookConfiguration",
  namespaced: false,
};

/** Refuses every new pod of the stage's namespace, because nobody answers at its address. */
export async function createDeadWebhook(stage: Stage): Promise<void> {
  const { person, namespace } = stage;
  stage.undo.push(() => deleteDeadWebhook(stage));
  await person.create(webhookConfigurations, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: namespace },
    webhooks: [
      {
        name: "pods.policy.example.com",
        // Port 1 of the server's own machine: nobody listens there.
        clientConfig: { url: "https://127.0.0.1:1/validate" },
        rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        failurePolicy: "Fail",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 2,
      },
    ],
  });
}

export async function deleteDeadWebhook({ person, namespace }: Stage): Promise<void> {
  await person.delete(webhookConfigurations, { name: namespace }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

/** The controller stops, and then somebody changes the template: the spec runs ahead of what is observed. */
export async function changeWithoutController(stage: Stage): Promise<void> {
  stage.undo.push(await stage.cluster.stopDaemonSetController());
  await setImage(stage, "app:bad-3");
}

export async function pullFails(stage: Stage, image: string): Promise<void> {
  await setImage(stage, image);
  await untilPod(stage, `a pod that cannot pull ${image}`, ({ waiting }) =>
    /^(ErrImagePull|ImagePullBackOff)$/.test(waiting),
  );
}

/** A bad image on a DaemonSet whose template belongs to somebody. `byOwner` is what the words must name. */
function managed(letter: string, byOwner: string, initial: AgentOptions): Scenario {
  return {
    id: `S20${letter}`,
    title: `bad image on a template of ${byOwner}: not touched, the owner is named`,
    initial,
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      {
        expect: {
          exit: 4,
          verdict: "declined",
          reason: "ManagedByOthers",
          cause: "C01",
          writes: [],
          says: () => [byOwner],
        },
      },
    ],
    async end(stage) {
      if (!(await templateText(stage)).includes("app:bad-2")) throw new Error("the template is not what it was");
    },
  };
}

/** An operator's custom resource, here a ConfigMap, controls the DaemonSet. */
async function giveController(stage: Stage): Promise<void> {
  const { person, namespace } = stage;
  const owner = await person.create(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name: "agent-operator" },
  });
  await createAgent(stage, { controller: { name: "agent-operator", uid: owner.metadata.uid } });
}

/** In the order of FAILURES.md §6. */
export const refusals: readonly Scenario[] = [
  {
    id: "S16",
    title: "a dead webhook refuses new pods: nothing is deleted, and it completes once the webhook is gone",
    needs: ["namespace-names"],
    async fault(stage) {
      await createDeadWebhook(stage);
      await setImage(stage, "app:ok-2");
      await untilPods(stage, "a node without a pod", (all) => all.length === 3 && all.every((pod) => !pod.terminating));
    },
    runs: [{ expect: { exit: 4, verdict: "declined", cause: "C21", writes: [], says: () => [/webhook/] } }],
    async end(stage) {
      await deleteDeadWebhook(stage);
      await untilRolledOut(stage, "app:ok-2");
    },
  },
  {
    id: "S17",
    title: "OnDelete with an outdated template: a person decides",
    initial: { strategy: "OnDelete" },
    async fault(stage) {
      await setImage(stage, "app:ok-2");
      await untilStatus(
        stage,
        "the new template observed",
        ({ metadata, status }) => status?.observedGeneration === metadata.generation,
      );
    },
    runs: [{ expect: { exit: 4, verdict: "declined", cause: "C24", writes: [], says: () => ["kubectl delete pod"] } }],
    async end(stage) {
      const { status } = await readDaemonSet(stage);
      const images = (await readPods(stage)).map(({ image }) => image);
      if ((status?.updatedNumberScheduled ?? 0) !== 0 || images.some((image) => image !== "app:ok-1"))
        throw new Error(`pods were replaced: ${images.join(", ")}`);
      if (!(await templateText(stage)).includes("app:ok-2")) throw new Error("the template is not what it was");
    },
  },
  {
    id: "S19",
    title: "the controller is down: nothing is queued on top",
    needs: ["stop-controller"],
    fault: (stage) => pullFails(stage, "app:bad-2"),
    runs: [
      {
        before: changeWithoutController,
        expect: { exit: 4, verdict: "declined", cause: "C30", writes: [] },
      },
    ],
    async end(stage) {
      if (!(await templateText(stage)).includes("app:bad-3")) throw new Error("the template is not what it was");
    },
  },
  {
    ...managed("a", "ConfigMap/agent-operator", {}),
    create: giveController,
  },
  managed("b", "Argo CD", { ownAnnotations: { "argocd.argoproj.io/tracking-id": "apps:apps/DaemonSet:agent" } }),
  managed("c", "Helm", { ownLabels: { "app.kubernetes.io/managed-by": "Helm" } }),
];
