/** Configurations as the kube-prometheus-stack chart and the Prometheus operator write them, with shorter times. Pure. */
import { stringify } from "yaml";

export interface ScrapeSettings {
  /** host:port of kube-state-metrics and of Alertmanager. */
  exporter: string;
  alertmanager: string;
  ruleFile: string;
  /** As the chart sets it: the exporter's own labels win. Without it they arrive as `exported_namespace`, `exported_pod`, ... */
  honorLabels: boolean;
  /** Further external labels; the chart sets none. */
  externalLabels: Readonly<Record<string, string>>;
}

const release = "kube-prometheus-stack";

/** What the chart's ServiceMonitor adds to every series of kube-state-metrics: labels of kube-state-metrics itself. */
export const exporterLabels = {
  namespace: "monitoring",
  pod: `${release}-kube-state-metrics-6f8d9b7c5d-x2v4q`,
  container: "kube-state-metrics",
  service: `${release}-kube-state-metrics`,
  endpoint: "http",
  job: "kube-state-metrics",
};

/** prometheus.yml. */
export function prometheusConfig(settings: ScrapeSettings): string {
  const { exporter, alertmanager, ruleFile, honorLabels, externalLabels } = settings;
  return stringify({
    global: {
      scrape_interval: "1s",
      scrape_timeout: "1s",
      evaluation_interval: "1s",
      external_labels: {
        prometheus: `monitoring/${release}-prometheus`,
        prometheus_replica: `prometheus-${release}-prometheus-0`,
        ...externalLabels,
      },
    },
    rule_files: [ruleFile],
    scrape_configs: [
      {
        job_name: `serviceMonitor/monitoring/${release}-kube-state-metrics/0`,
        honor_labels: honorLabels,
        static_configs: [{ targets: [exporter], labels: exporterLabels }],
      },
    ],
    alerting: {
      // Two replicas of Prometheus must send equal alerts.
      alert_relabel_configs: [{ action: "labeldrop", regex: "prometheus_replica" }],
      alertmanagers: [{ api_version: "v2", static_configs: [{ targets: [alertmanager] }] }],
    },
  });
}

/** How Alertmanager proves to the receiver who it is; the secret is in a file. */
export type SenderAuth =
  | { method: "none" }
  | { method: "basic"; user: string; passwordFile: string }
  | { method: "bearer"; tokenFile: string };

export interface Webhook {
  url: string;
  auth: SenderAuth;
  /** After how long a notification is repeated while nothing changes; the chart says 12h. */
  repeatInterval?: string;
}

/** alertmanager.yml, the chart's own but for group_wait (30s there) and group_interval (5m there). */
export function alertmanagerConfig({ url, auth, repeatInterval = "12h" }: Webhook): string {
  return stringify({
    global: { resolve_timeout: "5m" },
    inhibit_rules: [
      { source_matchers: ["severity = critical"], target_matchers: ["severity =~ warning|info"], equal },
      { source_matchers: ["severity = warning"], target_matchers: ["severity = info"], equal },
      {
        source_matchers: ["alertname = InfoInhibitor"],
        target_matchers: ["severity = info"],
        equal: ["namespace"],
      },
    ],
    route: {
      receiver: "operarius",
      group_by: ["namespace"],
      group_wait: "1s",
      group_interval: "2s",
      repeat_interval: repeatInterval,
      routes: [{ receiver: "null", matchers: ['alertname = "Watchdog"'] }],
    },
    receivers: [
      { name: "null" },
      { name: "operarius", webhook_configs: [{ url, send_resolved: true, http_config: httpConfig(auth) }] },
    ],
  });
}

const equal = ["namespace", "alertname"];

function httpConfig(auth: SenderAuth): object {
  switch (auth.method) {
    case "none":
      return {};
    case "basic":
      return { basic_auth: { username: auth.user, password_file: auth.passwordFile } };
    case "bearer":
      return { authorization: { credentials_file: auth.tokenFile } };
  }
}
