// The DaemonSet of the demo, and the demo's own judgement of it: from its pods, never from its status.
import { until } from "./screen.mjs";

const NAME = "agent";
const COLLECTION = "/apis/apps/v1/namespaces/kube-system/daemonsets";
/** Edits are made in the name of kubectl: the demo plays the person at the keyboard, whose templates may be rolled back. */
const AS_PERSON = "?fieldManager=kubectl";
const PODS = "/api/v1/namespaces/kube-system/pods";

export const agentPath = `${COLLECTION}/${NAME}`;

export async function createAgent(kube, image) {
  const labels = { "app.kubernetes.io/name": NAME };
  await kube.create(COLLECTION + AS_PERSON, {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: NAME, namespace: "kube-system", labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 2, containers: [{ name: "app", image }] },
      },
    },
  });
}

export async function setImage(kube, image) {
  await kube.strategic(agentPath + AS_PERSON, {
    spec: { template: { spec: { containers: [{ name: "app", image }] } } },
  });
}

/** The pods that the DaemonSet's uid owns, by node, as the demo judges them. */
export async function readPods(kube) {
  const owner = (await kube.get(agentPath)).metadata.uid;
  const { items } = await kube.get(PODS);
  return items
    .filter((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === owner))
    .map((pod) => ({
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      node: pod.spec.nodeName ?? "",
      image: pod.spec.containers[0].image,
      ready: pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
      terminating: pod.metadata.deletionTimestamp !== undefined,
      waiting: pod.status?.containerStatuses?.[0]?.state?.waiting?.reason,
    }))
    .sort((a, b) => a.node.localeCompare(b.node));
}

/** True when each of the nodes runs exactly one pod: of that image, Ready, not about to go. */
export function healthy(pods, nodes, image) {
  return (
    pods.length === nodes.length && nodes.every((node) => pods.some((pod) => pod.node === node && fine(pod, image)))
  );
}

/** Resolves with the pods once all nodes run the image. */
export function untilHealthy(kube, nodes, image, signal) {
  return until({
    what: `${nodes.length}/${nodes.length} pods of ${image}`,
    signal,
    look: async () => {
      const pods = await readPods(kube);
      const progress = `${pods.filter((pod) => fine(pod, image)).length} of ${nodes.length} Ready`;
      return { value: healthy(pods, nodes, image) ? pods : undefined, progress };
    },
  });
}

/** Resolves with the first pod whose container waits for one of the reasons. */
export function untilWaiting(kube, reasons, signal) {
  return until({
    what: `a pod in ${reasons.join(" or ")}`,
    signal,
    look: async () => {
      const pods = await readPods(kube);
      const states = pods.map((pod) => `${pod.node} ${pod.waiting ?? (pod.ready ? "Ready" : "starting")}`);
      return { value: pods.find((pod) => reasons.includes(pod.waiting)), progress: states.join(", ") };
    },
  });
}

/** One line per pod, and whether it is the same pod as before. */
export function describe(pods, before = []) {
  const known = new Set(before.map(({ uid }) => uid));
  return pods.map(({ node, name, image, ready, uid }) => {
    const same = before.length === 0 ? "" : known.has(uid) ? "  same pod as before" : "  new pod";
    return `${node}  ${name}  ${image}  ${ready ? "Ready" : "not Ready"}  ${uid}${same}`;
  });
}

function fine(pod, image) {
  return pod.image === image && pod.ready && !pod.terminating;
}
