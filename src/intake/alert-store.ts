import type { Alert } from "./alert.ts";
import { alertName } from "./alert.ts";

/** The Job an alert led to, as `GET /api/alerts` shows it. */
export interface JobInfo {
  operariusName: string;
  jobName: string;
  namespace: string;
  image: string;
}

export interface StoredAlert {
  alert: Pick<Alert, "labels" | "annotations" | "startsAt" | "endsAt">;
  status: string;
  /** When it arrived, RFC 3339. */
  timestamp: string;
  jobInfo?: JobInfo;
  /** Nothing answers it: why, and which Operarius comes nearest. */
  unmatched?: { reason: string; message: string; nearest?: { operarius: string; why: string } };
  /** An Operarius answers it, but nothing can be done: why. */
  rejected?: { reason: string; message: string };
}

/** The last alerts in memory, for people to look at. Decides nothing. */
export interface AlertStore {
  add(entry: StoredAlert): void;
  /** Newest first; `query` is a case-insensitive part of a name, status, label or annotation value, Operarius, Job or image. */
  search(query?: string): StoredAlert[];
}

/** The newest `capacity` alerts, in memory only: for people to look at, never to decide by. */
export function createAlertStore(capacity = 100): AlertStore {
  const entries: StoredAlert[] = [];
  return {
    add(entry) {
      entries.unshift(entry);
      entries.length = Math.min(entries.length, capacity);
    },
    search(query = "") {
      const wanted = query.toLowerCase();
      return entries.filter((entry) => wanted === "" || searchable(entry).some((text) => text.includes(wanted)));
    },
  };
}

function searchable({ alert, status, jobInfo }: StoredAlert): string[] {
  const texts = [alertName(alert), status, ...Object.values(alert.labels), ...Object.values(alert.annotations)];
  if (jobInfo !== undefined) texts.push(jobInfo.operariusName, jobInfo.jobName, jobInfo.image);
  return texts.map((text) => text.toLowerCase());
}
