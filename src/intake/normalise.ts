import type { Alert, AlertStatus, Delivery, HookMessage } from "./alert.ts";

export type Normalised = { kind: "ok"; delivery: Delivery } | { kind: "malformed"; reason: string };

type Fields = Record<string, unknown>;

/** Far above what Alertmanager sends; without it, two million brackets keep the parser busy for seconds. */
const MAX_DEPTH = 100;
/**
 * Common labels and annotations stand under those of every alert: a small body with many of both would fill the memory
 * many times over. A body of 4 MiB from a real Alertmanager comes to about 60,000.
 */
const MAX_INHERITED = 250_000;

const HOOK_FIELDS = [
  "version",
  "groupKey",
  "status",
  "receiver",
  "groupLabels",
  "commonLabels",
  "commonAnnotations",
  "externalURL",
  "truncatedAlerts",
  "alerts",
] as const;
const ALERT_FIELDS = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"] as const;

/** A part of the body that cannot be used; caught in this file, never seen outside. */
class Malformed extends Error {}

/**
 * Reads an Alertmanager webhook body (payload version 4; CONTRACT of the HTTP surface).
 * Keys are matched case-insensitively and unknown ones ignored, as Go's decoder does. An alert's own status, labels and
 * annotations override the group's. An empty `alerts` list stands for one alert made of the common labels.
 * `malformed` carries a sentence for the sender; one unreadable alert among readable ones is only `rejected`.
 */
export function normalise(body: string): Normalised {
  try {
    return { kind: "ok", delivery: toDelivery(parseJson(body)) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "malformed", reason: error.message };
    throw error;
  }
}

function parseJson(body: string): unknown {
  if (body.trim() === "") throw new Malformed("the body is empty; send an Alertmanager webhook payload (JSON)");
  if (isNestedDeeper(body, MAX_DEPTH)) throw new Malformed(`the body is nested deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Malformed(`the body is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : "unreadable"}`);
  }
}

/** Counts brackets outside of strings. */
function isNestedDeeper(json: string, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '"') inText = !inText;
    else if (inText) at += char === "\\" ? 1 : 0;
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") depth--;
    if (depth > limit) return true;
  }
  return false;
}

function toDelivery(value: unknown): Delivery {
  const fields = fold(object(value, "the body"), HOOK_FIELDS);
  const hook: HookMessage = {
    version: version(fields.version),
    groupKey: text(fields.groupKey, "groupKey"),
    status: text(fields.status, "status"),
    receiver: text(fields.receiver, "receiver"),
    groupLabels: textMap(fields.groupLabels, "groupLabels"),
    commonLabels: textMap(fields.commonLabels, "commonLabels"),
    commonAnnotations: textMap(fields.commonAnnotations, "commonAnnotations"),
    externalURL: text(fields.externalURL, "externalURL"),
  };
  const truncated = fields.truncatedAlerts;
  return {
    hook,
    ...readAlerts(fields.alerts, hook),
    truncatedAlerts: typeof truncated === "number" && truncated > 0 ? Math.floor(truncated) : 0,
  };
}

function readAlerts(value: unknown, hook: HookMessage): Pick<Delivery, "alerts" | "rejected"> {
  if (value !== undefined && value !== null && !Array.isArray(value)) throw new Malformed("alerts is not a list");
  const members: unknown[] = Array.isArray(value) ? value : [];
  if (members.length === 0) {
    if (Object.keys(hook.commonLabels).length === 0) {
      throw new Malformed("there is neither an alert in alerts nor a label in commonLabels");
    }
    return { alerts: [readAlert({}, hook)], rejected: [] };
  }
  const inherited = Object.keys(hook.commonLabels).length + Object.keys(hook.commonAnnotations).length;
  if (inherited * members.length > MAX_INHERITED) {
    throw new Malformed(
      `${members.length} alerts with ${inherited} common labels and annotations each are too much for one delivery; lower Alertmanager's max_alerts`,
    );
  }
  const alerts: Alert[] = [];
  const rejected: Delivery["rejected"] = [];
  for (const [index, member] of members.entries()) {
    try {
      alerts.push(readAlert(member, hook));
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      rejected.push({ index, reason: error.message });
    }
  }
  const first = rejected[0];
  if (alerts.length === 0 && first !== undefined) throw new Malformed(`alerts[${first.index}]: ${first.reason}`);
  return { alerts, rejected };
}

function readAlert(value: unknown, hook: HookMessage): Alert {
  const fields = fold(object(value, "the alert"), ALERT_FIELDS);
  const optional: Partial<Alert> = {};
  for (const key of ["startsAt", "endsAt", "fingerprint", "generatorURL"] as const) {
    const found = text(fields[key], key);
    if (found !== "") optional[key] = found;
  }
  return {
    status: status(fields.status, hook.status),
    labels: { ...hook.commonLabels, ...textMap(fields.labels, "labels") },
    annotations: { ...hook.commonAnnotations, ...textMap(fields.annotations, "annotations") },
    ...optional,
  };
}

function status(own: unknown, group: string): AlertStatus {
  const found = text(own, "status") || group;
  if (found === "firing" || found === "resolved") return found;
  throw new Malformed(
    found === "" ? "status is missing; it is firing or resolved" : `status "${short(found)}" is not firing or resolved`,
  );
}

function version(value: unknown): string {
  if (value === undefined || value === null || value === "") return "4";
  if (value === "4" || value === 4) return "4";
  throw new Malformed(
    `payload version ${short(JSON.stringify(value))} is not supported; version 4 (Alertmanager 0.6 and later) is`,
  );
}

/** Renames keys that equal a known field but for case; an exact spelling wins over another one. */
function fold(source: Fields, known: readonly string[]): Fields {
  const byFolded = new Map(known.map((key) => [key.toLowerCase(), key]));
  const folded: Fields = {};
  const exact = new Set<string>();
  for (const [key, value] of Object.entries(source)) {
    const name = byFolded.get(key.toLowerCase());
    if (name === undefined || exact.has(name)) continue;
    folded[name] = value;
    if (name === key) exact.add(name);
  }
  return folded;
}

function object(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Malformed(`${what} is not a JSON object`);
}

function text(value: unknown, what: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new Malformed(`${what} is not a string`);
}

function textMap(value: unknown, what: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(object(value, what)).map(([key, member]): [string, string] => [
    key,
    text(member, `${what}["${short(key)}"]`),
  ]);
  return Object.fromEntries(entries);
}

function short(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}...` : value;
}
