import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** The metrics of one server. The first five keep OpenFero's names; every instance has its own registry. */
export interface Metrics {
  registry: Registry;
  jobsCreated: Counter;
  jobsSucceeded: Counter;
  jobsFailed: Counter;
  operariusSyncErrors: Counter;
  operariusItemsLoaded: Gauge;
  alertsReceived: Counter<"status" | "outcome">;
  alertsTruncated: Counter;
  deliveries: Counter<"code">;
  deliverySeconds: Histogram;
  remediationTransitions: Counter<"phase">;
  notifications: Counter<"channel" | "result">;
}

/** The metrics of one server, in a registry of their own; names starting with openfero_ are the ones CONTRACT.md keeps. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  return {
    registry,
    jobsCreated: counter("openfero_jobs_created_total", "Jobs created."),
    jobsSucceeded: counter("openfero_jobs_succeeded_total", "Jobs that ended with condition Complete."),
    jobsFailed: counter("openfero_jobs_failed_total", "Jobs that ended with condition Failed."),
    operariusSyncErrors: counter("openfero_operarius_sync_errors_total", "Operarii that could not be read or listed."),
    operariusItemsLoaded: new Gauge({
      name: "openfero_operarius_items_loaded",
      help: "Operarii that are loaded and valid.",
      registers,
    }),
    alertsReceived: new Counter({
      name: "openfero_alerts_received_total",
      help: "Alerts received, by status and by what became of them.",
      labelNames: ["status", "outcome"],
      registers,
    }),
    alertsTruncated: counter(
      "openfero_alerts_truncated_total",
      "Alerts that Alertmanager left out of its deliveries because of max_alerts.",
    ),
    deliveries: new Counter({
      name: "openfero_webhook_deliveries_total",
      help: "Webhook deliveries, by HTTP status code.",
      labelNames: ["code"],
      registers,
    }),
    deliverySeconds: new Histogram({
      name: "openfero_webhook_delivery_seconds",
      help: "Seconds from receiving a delivery to its answer.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    remediationTransitions: new Counter({
      name: "openfero_remediation_transitions_total",
      help: "Changes of phase of Remediations, by the new phase.",
      labelNames: ["phase"],
      registers,
    }),
    notifications: new Counter({
      name: "openfero_notifications_total",
      help: "Tries to tell a person, by channel and result: sent, failed, given-up.",
      labelNames: ["channel", "result"],
      registers,
    }),
  };
}
