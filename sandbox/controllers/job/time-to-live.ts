import type { Job } from "kubernetes-types/batch/v1";
import { isFinished } from "./decide.ts";

/** Milliseconds until ttlSecondsAfterFinished is over (0 or less = remove it now); undefined = never. */
export function expiryMs(job: Job, now: number): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  if (seconds === undefined || !isFinished(job)) return undefined;
  const end = job.status?.conditions?.find((each) => each.type === "Complete" || each.type === "Failed");
  const since = Date.parse(end?.lastTransitionTime ?? "");
  return Number.isFinite(since) ? since + seconds * 1000 - now : 0;
}
