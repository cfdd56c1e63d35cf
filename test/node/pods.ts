/** The pods of the story that are not ours. */
import { agentName } from "../e2e/agent.ts";
import type { NodeCluster } from "./cluster.ts";
import { agentImage } from "./images.ts";

/** Once its cache is corrupt the program ends, and so does every other start with this cache: a new pod has a new one. */
const program = `
trap 'exit 0' TERM
while [ ! -e /cache/corrupt ]; do /bin/busybox sleep 1 & wait $!; done
echo 'the cache is corrupt'
exit 1
`;

/** Creates the namespace and the DaemonSet; resolves when kubectl says that it is rolled out. */
export async function createAgent({ kubectl }: NodeCluster, namespace: string): Promise<void> {
  const labels = { "app.kubernetes.io/name": agentName };
  const container = {
    name: agentName,
    image: agentImage,
    command: ["/bin/busybox", "sh", "-c", program],
    volumeMounts: [{ name: "cache", mountPath: "/cache" }],
  };
  const manifest = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { namespace, name: agentName, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 2, containers: [container], volumes: [{ name: "cache", emptyDir: {} }] },
      },
    },
  };
  await kubectl(["create", "namespace", namespace]);
  await kubectl(["apply", "-f", "-"], JSON.stringify(manifest));
  await rolledOut({ kubectl }, namespace);
}

/** `kubectl rollout status`. */
export async function rolledOut({ kubectl }: Pick<NodeCluster, "kubectl">, namespace: string): Promise<void> {
  await kubectl(["rollout", "status", `daemonset/${agentName}`, "-n", namespace, "--timeout=120s"]);
}

/** The program of this pod ends, and cannot start again. */
export async function corruptCache({ kubectl }: NodeCluster, namespace: string, pod: string): Promise<void> {
  await kubectl(["exec", pod, "-n", namespace, "--", "/bin/busybox", "touch", "/cache/corrupt"]);
}

export interface Sender {
  /** Posts one body to this URL, from inside a pod. Rejects unless the answer is 2xx. */
  post(url: string, body: string): Promise<void>;
}

/** Reads the body from its stdin. */
const post = `
const body = await new Response(process.stdin).text();
const headers = { "content-type": "application/json" };
const answer = await fetch(process.argv[1], { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
if (!answer.ok) throw new Error(answer.status + " " + (await answer.text()));
`;

/** A pod where Alertmanager would be; of our image, for its Node.js. */
export async function createSender({ kubectl, image }: NodeCluster): Promise<Sender> {
  const place = ["-n", "monitoring"];
  const wait = ["--command", "--", "node", "--eval", "setInterval(() => undefined, 60_000)"];
  await kubectl(["create", "namespace", "monitoring"]);
  await kubectl(["run", "alertmanager", ...place, `--image=${image}`, "--image-pull-policy=IfNotPresent", ...wait]);
  await kubectl(["wait", "pod/alertmanager", ...place, "--for=condition=Ready", "--timeout=120s"]);
  const script = ["node", "--input-type=module", "--eval", post];
  return {
    async post(url, body) {
      await kubectl(["exec", "-i", "alertmanager", ...place, "--", ...script, url], body);
    },
  };
}
