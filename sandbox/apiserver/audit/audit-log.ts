/** The audit log: one audit.k8s.io/v1 Event per request, stage ResponseComplete, as one JSON line. */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import type { User } from "../authn/user.ts";
import type { RequestInfo } from "../http/request-info.ts";

export interface AuditRecord {
  requestUri: string;
  info: RequestInfo;
  user: User;
  sourceIp: string;
  userAgent: string;
  receivedAt: number;
  /** What was written; absent for reads and for what must not be kept (Secrets, tokens). */
  requestObject?: unknown;
  responseStatus: { code: number; status?: string; reason?: string; message?: string };
  annotations?: Record<string, string>;
}

export interface AuditLog {
  /** Written before it returns, so that whoever sees the answer can read the entry. */
  write(record: AuditRecord): void;
  close(): void;
}

/** Past this size the file moves to `<file>.1`, which replaces the one before. */
const rotateBytes = 100 * 1024 * 1024;

function micro(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

function eventOf(record: AuditRecord): object {
  const { info, user } = record;
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: record.requestObject === undefined ? "Metadata" : "Request",
    auditID: randomUUID(),
    stage: "ResponseComplete",
    requestURI: record.requestUri,
    verb: info.verb,
    user: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    sourceIPs: [record.sourceIp],
    userAgent: record.userAgent,
    ...(info.isResource
      ? {
          objectRef: {
            resource: info.resource,
            ...(info.namespace === "" ? {} : { namespace: info.namespace }),
            ...(info.name === "" ? {} : { name: info.name }),
            ...(info.group === "" ? {} : { apiGroup: info.group }),
            apiVersion: info.version,
            ...(info.subresource === "" ? {} : { subresource: info.subresource }),
          },
        }
      : {}),
    responseStatus: { metadata: {}, ...record.responseStatus },
    ...(record.requestObject === undefined ? {} : { requestObject: record.requestObject }),
    requestReceivedTimestamp: micro(record.receivedAt),
    stageTimestamp: micro(Date.now()),
    annotations: record.annotations ?? {},
  };
}

export function openAuditLog(file: string): AuditLog {
  let descriptor = openSync(file, "a", 0o600);
  let size = 0;
  return {
    write(record) {
      const line = `${JSON.stringify(eventOf(record))}\n`;
      size += writeSync(descriptor, line);
      if (size < rotateBytes) return;
      closeSync(descriptor);
      renameSync(file, `${file}.1`);
      descriptor = openSync(file, "a", 0o600);
      size = 0;
    },
    close: () => closeSync(descriptor),
  };
}
