/** Alerts of no remedy of ours: what an Operarius of the user's answers with a short Job. */
import type { OperariusObject } from "../../src/operarius/operarius.ts";
import { alertLabels } from "../scenarios/decoys.ts";
import type { Delivery } from "./sender.ts";

/** Operarii answer to this alert name with a Job that ends by itself; a repeat within the hour opens no new episode. */
export function shortOperarius(name: string): OperariusObject {
  return {
    metadata: { name, namespace: "openfero" },
    spec: {
      alertSelector: { alertname: alertOf(name), status: "firing" },
      deduplication: { enabled: true, ttl: 3600 },
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          template: { spec: { restartPolicy: "Never", containers: [{ name: "job", image: "job:1" }] } },
        },
      },
    },
  };
}

function alertOf(operarius: string): string {
  return `Alert-${operarius}`;
}

/** Names of so many targets. */
export function targetNames(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(4, "0")}`);
}

/** Webhook bodies for an Operarius of `shortOperarius`, `perBody` targets in each. */
export function deliveriesFor(operarius: string, targets: readonly string[], perBody: number): Delivery[] {
  return groupsOf(targets, perBody).map((group) => ({
    targets: group,
    body: bodyOf(
      group.map((deployment) => ({
        alertname: alertOf(operarius),
        namespace: "shop",
        deployment,
        severity: "warning",
      })),
    ),
  }));
}

/** A webhook body about one DaemonSet, with the labels of kube-prometheus-stack. */
export function stuckDelivery(daemonSet: { namespace: string; name: string }): Delivery {
  return { targets: [daemonSet.name], body: bodyOf([alertLabels(daemonSet)]) };
}

function bodyOf(labels: readonly Readonly<Record<string, string>>[]): string {
  return JSON.stringify({
    version: "4",
    groupKey: '{}:{namespace="shop"}',
    truncatedAlerts: 0,
    status: "firing",
    receiver: "operarius",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager.example.com:9093",
    alerts: labels.map((each) => ({
      status: "firing",
      labels: each,
      annotations: { summary: "It does not work." },
      startsAt: "2026-01-15T08:30:00.000Z",
      endsAt: "0001-01-01T00:00:00Z",
    })),
  });
}

function groupsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, group) =>
    items.slice(group * size, (group + 1) * size),
  );
}
