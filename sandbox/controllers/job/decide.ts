/** What a Job needs next (pkg/controller/job): its new status, pods to create and to remove. Pure. */
import type { Job, JobCondition, JobStatus } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import { isPodReady, isTerminal, isTerminating } from "../rules/pods.ts";
import { withCondition } from "./conditions.ts";
import { failureOf } from "./failure.ts";

/** Kept on a Job's pods until their end is counted in its status. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";

export interface JobView {
  job: Live<Job>;
  /** Only pods controlled by the Job's UID. */
  pods: readonly Live<Pod>[];
  /** Milliseconds since the epoch. */
  now: number;
  backoff: { baseMs: number; capMs: number };
}

interface JobEvent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

export interface JobPlan {
  status: JobStatus;
  create: number;
  remove: Live<Pod>[];
  /** Pods whose end is counted once `status` is stored; they lose the tracking finalizer then. */
  release: Live<Pod>[];
  events: JobEvent[];
  /** When to look again by time alone. */
  recheckMs: number | undefined;
}

/** Whether a Job carries the condition Complete or Failed. */
export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    (each) => (each.type === "Complete" || each.type === "Failed") && each.status === "True",
  );
}

export function planJob(view: JobView): JobPlan {
  const { job, pods, now } = view;
  const counted = countEnded(view);
  const active = pods.filter((pod) => !isTerminal(pod) && !isTerminating(pod));
  const plan: JobPlan = {
    status: counted.status,
    create: 0,
    remove: [],
    release: counted.release,
    events: [],
    recheckMs: undefined,
  };
  if (isFinished(job)) {
    dropZeros(plan.status);
    return plan;
  }
  const isSuspended = job.spec?.suspend === true;
  if (!isSuspended) plan.status.startTime ??= iso(now);
  const outcome = decideOutcome(view, plan.status);
  if (outcome !== undefined) {
    finish({ plan, view, active, outcome });
  } else if (isSuspended) {
    suspend({ plan, view, active });
  } else {
    resume(plan, view);
    balance({ plan, view, active });
  }
  tally(plan, active, pods.filter((pod) => isTerminating(pod) && !isTerminal(pod)).length);
  return plan;
}

interface Work {
  plan: JobPlan;
  view: JobView;
  active: readonly Live<Pod>[];
}

/** Adds the pods that ended since the last look to the counters, each exactly once. */
function countEnded({ job, pods }: JobView): { status: JobStatus; release: Live<Pod>[] } {
  const already = new Set([
    ...(job.status?.uncountedTerminatedPods?.succeeded ?? []),
    ...(job.status?.uncountedTerminatedPods?.failed ?? []),
  ]);
  const release = pods.filter((pod) => hasFinalizer(pod) && (isTerminal(pod) || isTerminating(pod)));
  const fresh = release.filter((pod) => !already.has(pod.metadata.uid));
  const succeeded = fresh.filter((pod) => pod.status?.phase === "Succeeded").length;
  const uids = (phase: boolean): string[] =>
    release.filter((pod) => (pod.status?.phase === "Succeeded") === phase).map((pod) => pod.metadata.uid);
  const status: JobStatus = {
    ...job.status,
    succeeded: (job.status?.succeeded ?? 0) + succeeded,
    // A pod that is being deleted before it succeeded counts as failed (podReplacementPolicy TerminatingOrFailed),
    // except where the Job itself took it down: that is not a failure of its work.
    failed: (job.status?.failed ?? 0) + (job.spec?.suspend === true ? 0 : fresh.length - succeeded),
    uncountedTerminatedPods: release.length === 0 ? {} : { succeeded: uids(true), failed: uids(false) },
  };
  return { status, release };
}

interface Outcome {
  type: "Complete" | "Failed";
  reason: string;
  message: string;
}

/** The end of the Job, once decided; a target condition from an earlier pass stands. */
function decideOutcome(view: JobView, status: JobStatus): Outcome | undefined {
  const conditions = view.job.status?.conditions ?? [];
  const target = conditions.find(
    (each) => (each.type === "FailureTarget" || each.type === "SuccessCriteriaMet") && each.status === "True",
  );
  if (target !== undefined) {
    const type = target.type === "FailureTarget" ? "Failed" : "Complete";
    return { type, reason: target.reason ?? "", message: target.message ?? "" };
  }
  const failure = failureOf(view, status);
  if (failure !== undefined) return { type: "Failed", ...failure };
  const completions = view.job.spec?.completions;
  const succeeded = status.succeeded ?? 0;
  const isComplete =
    completions === undefined
      ? succeeded > 0 && view.pods.every((pod) => isTerminal(pod) || isTerminating(pod))
      : succeeded >= completions;
  if (!isComplete) return undefined;
  return { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

/** Takes down what still runs; the last condition is set only when nothing does (1.31+). */
function finish({ plan, view, active, outcome }: Work & { outcome: Outcome }): void {
  plan.remove.push(...active);
  const stillThere = view.pods.some((pod) => !isTerminal(pod));
  const target = outcome.type === "Failed" ? "FailureTarget" : "SuccessCriteriaMet";
  const { reason, message } = outcome;
  setCondition(plan, view, { type: target, status: "True", reason, message });
  if (stillThere) return;
  setCondition(plan, view, { type: outcome.type, status: "True", reason, message });
  if (outcome.type === "Complete") {
    plan.status.completionTime = iso(view.now);
    plan.events.push({ type: "Normal", reason: "Completed", message: "Job completed" });
  } else {
    plan.events.push({ type: "Warning", reason, message });
  }
}

function suspend({ plan, view, active }: Work): void {
  plan.remove.push(...active);
  if (
    setCondition(plan, view, { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" })
  ) {
    plan.events.push({ type: "Normal", reason: "Suspended", message: "Job suspended" });
  }
  delete plan.status.startTime;
}

function resume(plan: JobPlan, view: JobView): void {
  const wasSuspended = view.job.status?.conditions?.some((each) => each.type === "Suspended" && each.status === "True");
  if (wasSuspended !== true) return;
  setCondition(plan, view, { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" });
  plan.status.startTime = iso(view.now);
  plan.events.push({ type: "Normal", reason: "Resumed", message: "Job resumed" });
}

/** Creates missing pods, after the back-off that failures cost, and removes what is too many. */
function balance({ plan, view, active }: Work): void {
  const spec = view.job.spec;
  const parallelism = spec?.parallelism ?? 1;
  const succeeded = plan.status.succeeded ?? 0;
  const left = spec?.completions === undefined ? parallelism : Math.max(0, spec.completions - succeeded);
  const wanted =
    spec?.completions === undefined && succeeded > 0
      ? Math.min(active.length, parallelism)
      : Math.min(parallelism, left);
  if (active.length > wanted) plan.remove.push(...[...active].sort(leastWorkFirst).slice(0, active.length - wanted));
  const deadline = deadlineMs(view, plan.status);
  plan.recheckMs = deadline;
  if (active.length >= wanted) return;
  const wait = retryWaitMs(view);
  if (wait > 0) plan.recheckMs = Math.min(wait, deadline ?? wait);
  else plan.create = wanted - active.length;
}

function leastWorkFirst(a: Pod, b: Pod): number {
  return Number(isPodReady(a)) - Number(isPodReady(b));
}

function deadlineMs({ job, now }: JobView, status: JobStatus): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined || status.startTime === undefined) return undefined;
  return Math.max(1, Date.parse(status.startTime) + seconds * 1000 - now);
}

/** Time left of the back-off: base doubled per failure since the last success, from the newest failure's end. */
function retryWaitMs({ pods, now, backoff }: JobView): number {
  const ends = pods.filter((pod) => isTerminal(pod) || isTerminating(pod)).map((pod) => ({ pod, at: endOf(pod, now) }));
  const lastSuccess = Math.max(0, ...ends.filter(({ pod }) => pod.status?.phase === "Succeeded").map(({ at }) => at));
  const failures = ends.filter(({ pod, at }) => pod.status?.phase !== "Succeeded" && at > lastSuccess);
  if (failures.length === 0) return 0;
  const wait = Math.min(backoff.baseMs * 2 ** (failures.length - 1), backoff.capMs);
  return Math.max(...failures.map(({ at }) => at)) + wait - now;
}

function endOf(pod: Pod, now: number): number {
  const ends = (pod.status?.containerStatuses ?? []).map((each) =>
    Date.parse(each.state?.terminated?.finishedAt ?? ""),
  );
  const known = ends.filter(Number.isFinite);
  if (known.length > 0) return Math.max(...known);
  const deleted = Date.parse(pod.metadata?.deletionTimestamp ?? "");
  return Number.isFinite(deleted) ? Math.min(deleted, now) : now;
}

function tally(plan: JobPlan, active: readonly Live<Pod>[], terminating: number): void {
  const left = active.filter((pod) => !plan.remove.includes(pod));
  plan.status.active = left.length + plan.create;
  plan.status.ready = left.filter(isPodReady).length;
  plan.status.terminating = terminating;
  dropZeros(plan.status);
}

/** Zero is left out, as Kubernetes' own encoding does. */
function dropZeros(status: JobStatus): void {
  for (const field of ["active", "succeeded", "failed"] as const) if (status[field] === 0) delete status[field];
}

function setCondition(plan: JobPlan, view: JobView, condition: Omit<JobCondition, "lastTransitionTime">): boolean {
  const before = plan.status.conditions;
  plan.status.conditions = withCondition(before, condition, iso(view.now));
  return plan.status.conditions !== before;
}

function hasFinalizer(pod: Pod): boolean {
  return pod.metadata?.finalizers?.includes(trackingFinalizer) === true;
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
