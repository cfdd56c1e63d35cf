/** Alerts as people keep them in files: a webhook body, one alert, or a list of alerts (pure). */
import type { Alert, HookMessage } from "./alert.ts";
import { normalise } from "./normalise.ts";

export interface FiledAlert {
  alert: Alert;
  hook: HookMessage;
}

export type ReadAlertFile =
  /** `rejected` has a sentence for each member that cannot be read. */
  { kind: "alerts"; alerts: FiledAlert[]; rejected: string[] } | { kind: "unreadable"; message: string };

type Fields = Record<string, unknown>;

/**
 * Reads a webhook body as the server would; an alert or a list of them as what Alertmanager sends of a group of one. An
 * alert without a status fires; a status that is an object, as Alertmanager's API has it, counts as none.
 */
export function readAlertFile(text: string): ReadAlertFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "unreadable", message: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (Array.isArray(value)) return bareAlerts(value);
  if (!isFields(value)) return { kind: "unreadable", message: "it is neither an alert nor a webhook body" };
  const keys = Object.keys(value).map((key) => key.toLowerCase());
  if (keys.includes("labels") && !keys.includes("alerts")) return bareAlerts([value]);
  const read = normalise(text);
  if (read.kind === "malformed") return { kind: "unreadable", message: read.reason };
  const { hook, alerts, rejected } = read.delivery;
  return {
    kind: "alerts",
    alerts: alerts.map((alert) => ({ alert, hook })),
    rejected: rejected.map(({ index, reason }) => `alerts[${index}]: ${reason}`),
  };
}

function bareAlerts(members: readonly unknown[]): ReadAlertFile {
  if (members.length === 0) return { kind: "unreadable", message: "the list of alerts is empty" };
  const alerts: FiledAlert[] = [];
  const rejected: string[] = [];
  for (const [index, member] of members.entries()) {
    const read = normalise(JSON.stringify(groupOfOne(member)));
    if (read.kind === "malformed") rejected.push(`alert ${index + 1}: ${read.reason.replace(/^alerts\[0\]: /, "")}`);
    else alerts.push(...read.delivery.alerts.map((alert) => ({ alert, hook: read.delivery.hook })));
  }
  const [first] = rejected;
  return alerts.length === 0 && first !== undefined
    ? { kind: "unreadable", message: first }
    : { kind: "alerts", alerts, rejected };
}

function groupOfOne(member: unknown): Fields {
  const fields = isFields(member) ? member : {};
  const { status, labels, annotations } = fields;
  const alert = isFields(member) && typeof status !== "string" ? { ...fields, status: undefined } : member;
  const alertname = isFields(labels) && typeof labels.alertname === "string" ? labels.alertname : "";
  return {
    version: "4",
    groupKey: `{}:{alertname=${JSON.stringify(alertname)}}`,
    status: typeof status === "string" ? status : "firing",
    receiver: "operarius",
    groupLabels: { alertname },
    ...(isFields(labels) ? { commonLabels: labels } : {}),
    ...(isFields(annotations) ? { commonAnnotations: annotations } : {}),
    alerts: [alert],
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
