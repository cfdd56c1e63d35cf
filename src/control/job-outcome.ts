/** What a Job and its pod say about an attempt. Reading only; decide.ts concludes. */
import type { Job } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { z } from "zod";
import type { TerminationMessage } from "../engine/termination.ts";
import { VERDICTS } from "../engine/termination.ts";
import { instant } from "./transition.ts";

export type JobOutcome =
  /** `wroteAt`: the ledger tells of a write of its, in milliseconds since the epoch. */
  | { kind: "missing"; wroteAt?: number }
  /** `suspendedSince`, in milliseconds since the epoch: it does not go on until somebody lets it; 0 = not said since when. */
  | { kind: "active"; hasRunningPods: boolean; suspendedSince?: number }
  | {
      kind: "finished";
      succeeded: boolean;
      reason: string;
      message: string;
      report?: TerminationMessage;
      /** Without a report: the ledger tells of a write of its, in milliseconds since the epoch. */
      wroteAt?: number;
      node?: string;
    };

const reportSchema = z.object({
  schema: z.literal("operarius.openfero.io/termination/v1"),
  verdict: z.enum(VERDICTS),
  reason: z.string().max(256),
  sentence: z.string().max(4096),
  cause: z.string().max(64),
  planDigest: z.string().max(256).optional(),
  recheckAfterSeconds: z.number().min(0).max(86_400).optional(),
  writes: z.array(z.string()).default([]),
  lastWriteAt: z.iso.datetime({ offset: true }).optional().catch(undefined),
  fingerprint: z.string().max(256).optional().catch(undefined),
  receiptDigest: z.string().optional(),
  receipt: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
    .optional()
    // It is only pointed to: a name that cannot be one must not cost the verdict.
    .catch(undefined),
  receiptProblem: z.string().optional(),
});

/** Only the Job's conditions say that it is over: a failed pod may be retried by backoffLimit. */
export function jobState(job: Pick<Job, "spec" | "status">): Exclude<JobOutcome, { kind: "missing" }> {
  for (const condition of job.status?.conditions ?? []) {
    if (condition.status !== "True" || (condition.type !== "Complete" && condition.type !== "Failed")) continue;
    const { reason = "", message = "" } = condition;
    return { kind: "finished", succeeded: condition.type === "Complete", reason, message };
  }
  const hasRunningPods = (job.status?.active ?? 0) > 0;
  if (job.spec?.suspend !== true) return { kind: "active", hasRunningPods };
  const since = job.status?.conditions?.find(({ type, status }) => type === "Suspended" && status === "True");
  return { kind: "active", hasRunningPods, suspendedSince: instant(since?.lastTransitionTime) };
}

/** What the pod that ended last left behind in its termination message; undefined for Jobs that are not ours. */
export function reportOf(pods: readonly Pick<Pod, "status">[]): TerminationMessage | undefined {
  const ended = pods
    .flatMap((pod) => [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])])
    .flatMap(({ state }) => (state?.terminated?.message === undefined ? [] : [state.terminated]))
    .toSorted((a, b) => String(b.finishedAt ?? "").localeCompare(String(a.finishedAt ?? "")));
  for (const { message = "" } of ended) {
    const report = parseReport(message);
    if (report !== undefined) return report;
  }
  return undefined;
}

/** Where the pod that was created last ran; "" when it was never bound. */
export function nodeOf(pods: readonly Pick<Pod, "metadata" | "spec">[]): string {
  const created = (pod: Pick<Pod, "metadata">): string => String(pod.metadata?.creationTimestamp ?? "");
  return pods.toSorted((a, b) => created(b).localeCompare(created(a)))[0]?.spec?.nodeName ?? "";
}

function parseReport(message: string): TerminationMessage | undefined {
  if (!message.trimStart().startsWith("{")) return undefined;
  try {
    const parsed = reportSchema.safeParse(JSON.parse(message));
    // zod's optional allows an explicit undefined; JSON cannot hold one, so the exact type is right.
    return parsed.success ? (parsed.data as TerminationMessage) : undefined;
  } catch {
    return undefined;
  }
}
