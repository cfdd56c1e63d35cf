/** The two ways a Job fails: too many failures, or too long. */
import type { JobStatus } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { JobView } from "./decide.ts";

/** Reason and message of the failure, in Kubernetes' words, or undefined while the Job may go on. */
export function failureOf(view: JobView, status: JobStatus): { reason: string; message: string } | undefined {
  const { job, now } = view;
  const limit = job.spec?.backoffLimit ?? 6;
  if ((status.failed ?? 0) > limit || restartsReach(limit, view)) {
    return { reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" };
  }
  const deadline = job.spec?.activeDeadlineSeconds;
  const started = Date.parse(status.startTime ?? "");
  if (deadline !== undefined && job.spec?.suspend !== true && started + deadline * 1000 <= now) {
    return { reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" };
  }
  return undefined;
}

/** Under restartPolicy OnFailure the containers restart in place; those restarts count against the limit. */
function restartsReach(limit: number, { job, pods }: JobView): boolean {
  if (job.spec?.template.spec?.restartPolicy !== "OnFailure") return false;
  const open = pods.filter((pod) => pod.status?.phase === "Running" || pod.status?.phase === "Pending");
  const restarts = open.reduce((sum, pod) => sum + restartsOf(pod), 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function restartsOf(pod: Pod): number {
  const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return all.reduce((sum, each) => sum + each.restartCount, 0);
}
