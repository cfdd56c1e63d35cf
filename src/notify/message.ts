/** What a person is told about a Remediation, as data; every channel words the same facts (pure). */
import { createHash } from "node:crypto";
import type { Live } from "../kube/types.ts";
import type { Remediation, RemediationNotification } from "../operarius/remediation.ts";

export const NOTIFICATION_EVENTS = [
  "ApprovalNeeded",
  "Declined",
  "Ineffective",
  "Failed",
  "Succeeded",
  "StormHeld",
  "Blocked",
] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** Where a message goes. `name` is what the record and the metric call it. */
export interface Channel {
  name: string;
  /** Never rejects, ends within its own time limit, and its words hold no secret. */
  send(message: Message): Promise<Delivery>;
}

export type Delivery = { kind: "sent" } | { kind: "failed"; message: string };

export interface Message {
  /** Equal for every try, so that a receiver can drop repeats. */
  id: string;
  event: NotificationEvent;
  /** RFC 3339: when there was something to tell. */
  at: string;
  /** The cluster's name, or the installation namespace where none is told. */
  source: string;
  data: MessageData;
}

/** The `data` of the CloudEvent; members may be added. */
export interface MessageData {
  remediation: string;
  namespace: string;
  target: { cluster: string; kind: string; namespace: string; name: string };
  alert: string;
  phase: string;
  reason: string;
  message: string;
  cause: string;
  incident: string;
  /** Further targets of the same incident that this message also tells of; at most ten are named. */
  others: string[];
  othersCount: number;
  planDigest?: string;
  /** To be copied; what is in them is checked, so that nothing of an alert reaches a shell. */
  commands: string[];
  approve?: string;
}

const MOST_NAMED = 10;
/** What may stand in a command that somebody copies. */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const DIGEST = /^[A-Za-z0-9][A-Za-z0-9:_-]{0,127}$/;

/** The message about one entry of the record's queue. `others` are the targets for which it stands too. */
export function composeMessage(
  record: Live<Remediation>,
  entry: RemediationNotification,
  from: { clusterName: string; others: readonly string[] },
): Message {
  const { spec, status = {}, metadata } = record;
  const { name, namespace = "" } = metadata;
  const digest = DIGEST.test(status.planDigest ?? "") ? status.planDigest : undefined;
  const awaits = status.phase === "AwaitingApproval" && digest !== undefined;
  return {
    id: messageId(metadata.uid, entry),
    event: entry.event as NotificationEvent,
    at: entry.at,
    source: from.clusterName === "" ? namespace : from.clusterName,
    data: {
      remediation: name,
      namespace,
      target: spec.target,
      alert: spec.alert.labels.alertname ?? "",
      phase: status.phase ?? "Pending",
      reason: status.reason ?? "",
      message: status.message ?? "",
      cause: status.cause ?? "none",
      incident: status.incident ?? "",
      others: from.others.slice(0, MOST_NAMED),
      othersCount: from.others.length,
      ...(awaits ? { planDigest: digest, approve: answer(record, "approve", digest) } : {}),
      commands: [
        `kubectl describe remediation ${name} -n ${namespace}`,
        ...(awaits ? [answer(record, "deny", digest)] : []),
        ...lookAtTarget(spec.target),
      ],
    },
  };
}

/** The `id` of the message about this entry: stable per record, event and what it is about. */
export function messageId(uid: string, { event, about = "" }: RemediationNotification): string {
  return createHash("sha256")
    .update(JSON.stringify([uid, event, about]))
    .digest("hex")
    .slice(0, 32);
}

function answer({ metadata }: Live<Remediation>, decision: "approve" | "deny", planDigest: string): string {
  const patch = JSON.stringify({ spec: { approval: { decision, planDigest } } });
  return `kubectl patch remediation ${metadata.name} -n ${metadata.namespace ?? ""} --type merge -p '${patch}'`;
}

function lookAtTarget({ kind, namespace, name }: MessageData["target"]): string[] {
  if (kind !== "DaemonSet" || !OBJECT_NAME.test(namespace) || !OBJECT_NAME.test(name)) return [];
  return [`operarius diagnose daemonset ${name} -n ${namespace}`];
}
