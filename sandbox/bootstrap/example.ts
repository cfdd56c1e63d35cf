/** The example of `sandbox up --example`: a healthy DaemonSet and the operarius for its alert. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "./objects.ts";
import { packageRoot, readManifests } from "./objects.ts";

const agent: Manifest = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "kube-system" },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: {
      metadata: { labels: { app: "agent" } },
      spec: {
        terminationGracePeriodSeconds: 2,
        containers: [{ name: "agent", image: "app:ok-1", readinessProbe: { httpGet: { path: "/ready", port: 8080 } } }],
      },
    },
  },
};

/** The DaemonSet, then what the operarius needs, as far as it is in the package. */
export function exampleManifests(): Manifest[] {
  const folder = join(packageRoot(), "deploy", "operarii", "kube-prometheus-stack", "KubeDaemonSetRolloutStuck");
  const files = ["rbac.yaml", "operarius.yaml"].map((name) => join(folder, name)).filter((file) => existsSync(file));
  return [agent, ...files.flatMap(readManifests)];
}
