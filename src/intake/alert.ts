/** What Alertmanager told us, in our words. Values are data: nothing here is ever evaluated or reaches a shell. */

export type AlertStatus = "firing" | "resolved";

/** One alert of a delivery, with the group's common labels and annotations already underneath its own. */
export interface Alert {
  status: AlertStatus;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** RFC 3339, as sent. Recorded, never part of a name or of deduplication. */
  startsAt?: string;
  endsAt?: string;
  fingerprint?: string;
  generatorURL?: string;
}

/** The envelope of a delivery; what `.HookMessage` means in an Operarius' templates. */
export interface HookMessage {
  version: string;
  groupKey: string;
  status: string;
  receiver: string;
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  commonAnnotations: Record<string, string>;
  externalURL: string;
}

/** A well-formed webhook body. */
export interface Delivery {
  hook: HookMessage;
  alerts: Alert[];
  /** Members of `alerts` that could not be read; the others count all the same. */
  rejected: { index: number; reason: string }[];
  /** How many alerts Alertmanager left out because of its max_alerts. */
  truncatedAlerts: number;
}

/** The alert's name, or "" when it has none. */
export function alertName(alert: Pick<Alert, "labels">): string {
  return alert.labels.alertname ?? "";
}
