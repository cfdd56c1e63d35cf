/** What must never be touched: the exporter's own pod, whose name the alert's labels carry. */
import { isAlreadyExists, isNotFound } from "../../src/kube/errors.ts";
import { namespaces, pods, serviceAccounts } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { Cluster } from "../support/cluster.ts";
import { exporterPod } from "../support/cluster.ts";
import { until } from "../support/until.ts";

/** Creates it, running on the last node of the cluster. */
export async function createExporter({ person, grounds, exporter }: Cluster): Promise<void> {
  const nodeName = grounds.flat().at(-1);
  const ignoreExisting = (error: unknown): void => {
    if (!isAlreadyExists(error)) throw error;
  };
  await person
    .create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: exporter.namespace } })
    .catch(ignoreExisting);
  await untilDefaultAccount(person, exporter.namespace);
  await person
    .create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...exporter, labels: { "app.kubernetes.io/name": "kube-state-metrics" } },
      spec: {
        ...(nodeName === undefined ? {} : { nodeName }),
        tolerations: [{ operator: "Exists" }],
        containers: [{ name: "kube-state-metrics", image: "app:ok-1" }],
      },
    })
    .catch(ignoreExisting);
  await until("the exporter's pod to run", async () => (await person.get(pods, exporter)).status?.phase === "Running");
}

/** Resolves when pods can be created in a namespace that is new: not before it has its default account. */
export async function untilDefaultAccount(person: Kube, namespace: string): Promise<void> {
  await until(`the default ServiceAccount of ${namespace}`, () =>
    person.get(serviceAccounts, { namespace, name: "default" }).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    ),
  );
}

/** The labels of the alert as kube-prometheus-stack sends them, with the exporter's own pod among them. */
export function alertLabels(target: { namespace: string; name: string }): Record<string, string> {
  return {
    alertname: "KubeDaemonSetRolloutStuck",
    cluster: "test-cluster",
    container: "kube-state-metrics",
    daemonset: target.name,
    endpoint: "http",
    instance: "10.244.1.7:8080",
    job: "kube-state-metrics",
    namespace: target.namespace,
    pod: exporterPod,
    prometheus: "monitoring/kube-prometheus-stack-prometheus",
    service: "kube-prometheus-stack-kube-state-metrics",
    severity: "warning",
  };
}
