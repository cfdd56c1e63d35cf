/** The DaemonSet of a story and what a person does to it, by kubectl alone; and how it is judged: by its pods. */
import { daemonSets, pods } from "../../src/kube/resources.ts";
import type { PodView } from "../scenarios/pod-view.ts";
import { viewOf } from "../scenarios/pod-view.ts";
import type { Chain } from "./chain.ts";

const faults = "sandbox.operarius.openfero.io/faults";

/** Name of the DaemonSet, of its container and of its label. */
export const agentName = "agent";

/** `kubectl create namespace`, `kubectl apply -f`. */
export async function createAgent(chain: Chain, namespace: string, image: string): Promise<void> {
  const labels = { "app.kubernetes.io/name": agentName };
  const manifest = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { namespace, name: agentName, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 2, containers: [{ name: agentName, image }] },
      },
    },
  };
  await chain.kubectl(["create", "namespace", namespace]);
  await chain.kubectl(["apply", "-f", "-"], JSON.stringify(manifest));
}

/** `kubectl set image`. */
export async function setImage(chain: Pick<Chain, "kubectl">, namespace: string, image: string): Promise<void> {
  await chain.kubectl(["set", "image", `daemonset/${agentName}`, "-n", namespace, `${agentName}=${image}`]);
}

/** The next pod of that image that starts on the node crashes for good; the one after it runs. */
export async function crashOnce(chain: Chain, namespace: string, node: string, image: string): Promise<void> {
  await chain.kubectl(["annotate", "node", node, `${faults}=crashonce=${image}`]);
  const ofNode = ["--field-selector", `spec.nodeName=${node}`];
  await chain.kubectl(["delete", "pod", "-n", namespace, "-l", `app.kubernetes.io/name=${agentName}`, ...ofNode]);
}

/** Removes the node's faults. */
export async function soundNode(chain: Chain, node: string): Promise<void> {
  await chain.kubectl(["annotate", "node", node, `${faults}-`]);
}

/** The pods that the DaemonSet's UID owns. */
export async function readPods({ admin }: Pick<Chain, "admin">, namespace: string): Promise<PodView[]> {
  const { metadata } = await admin.get(daemonSets, { namespace, name: agentName });
  const { items } = await admin.list(pods, { namespace });
  return items
    .filter((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
    .map(viewOf)
    .sort((a, b) => a.node.localeCompare(b.node));
}

/** Each node runs exactly one pod: of that image, Ready, not about to go. */
export function isHealthy(all: readonly PodView[], nodes: readonly string[], image: string): boolean {
  return (
    all.length === nodes.length &&
    nodes.every((node) =>
      all.some(
        (pod) => pod.node === node && pod.ready && !pod.terminating && pod.image === image && pod.waiting === "",
      ),
    )
  );
}
