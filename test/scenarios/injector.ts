/** A mutating webhook that gives every new pod of one namespace one more container. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { selfSigned } from "../../sandbox/kubelet/certificate.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import type { Resource } from "../../src/kube/types.ts";
import type { Stage } from "./stage.ts";

interface WebhookConfiguration {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  webhooks: object[];
}

const webhookConfigurations: Resource<WebhookConfiguration> = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "mutatingwebhookconfigurations",
  kind: "MutatingWebhookConfiguration",
  namespaced: false,
};

interface Review {
  apiVersion: string;
  kind: string;
  request: { uid: string };
}

/** Answers every review with that container added. */
async function startInjector(container: object): Promise<{ url: string; caPem: string; stop: () => Promise<void> }> {
  const { certPem, keyPem } = await selfSigned("127.0.0.1");
  const patch = Buffer.from(JSON.stringify([{ op: "add", path: "/spec/containers/-", value: container }]));
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { apiVersion, kind, request: asked } = JSON.parse(Buffer.concat(chunks).toString()) as Review;
      const answer = { uid: asked.uid, allowed: true, patchType: "JSONPatch", patch: patch.toString("base64") };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ apiVersion, kind, response: answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}/mutate`,
    caPem: certPem,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** From now on new pods of the stage's namespace get the container; until the stage is left. */
export async function injectContainer(stage: Stage, container: object): Promise<void> {
  const { person, namespace } = stage;
  const injector = await startInjector(container);
  stage.undo.push(async () => {
    await person.delete(webhookConfigurations, { name: namespace }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    await injector.stop();
  });
  await person.create(webhookConfigurations, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: namespace },
    webhooks: [
      {
        name: "inject.example.com",
        clientConfig: { url: injector.url, caBundle: Buffer.from(injector.caPem).toString("base64") },
        rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        failurePolicy: "Fail",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 5,
      },
    ],
  });
}
