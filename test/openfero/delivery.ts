/** Bodies as Alertmanager sends them. */

export interface AlertParts {
  status?: "firing" | "resolved";
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  startsAt?: string;
  fingerprint?: string;
}

/** One member of `alerts`. */
export function alertOf({ status = "firing", labels = {}, annotations = {}, ...parts }: AlertParts): object {
  return {
    status,
    labels,
    annotations,
    startsAt: parts.startsAt ?? "2026-01-15T08:30:00.000Z",
    endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : "2026-01-15T09:30:00.000Z",
    generatorURL: "http://prometheus.example.com:9090/graph",
    fingerprint: parts.fingerprint ?? "5e2a9c7d41b06f38",
  };
}

/** A whole body, version 4. `parts` replaces fields of the envelope. */
export function deliveryOf(alerts: readonly AlertParts[], parts: object = {}): object {
  return {
    version: "4",
    groupKey: "test-group",
    truncatedAlerts: 0,
    status: alerts[0]?.status ?? "firing",
    receiver: "openfero",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager.example.com:9093",
    alerts: alerts.map(alertOf),
    ...parts,
  };
}

/** A body with one firing alert. */
export function firing(alertname: string, labels: Readonly<Record<string, string>> = {}, parts: object = {}): object {
  return deliveryOf([{ labels: { alertname, ...labels } }], parts);
}
