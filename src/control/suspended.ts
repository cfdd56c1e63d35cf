/**
 * Approval of foreign Jobs: the Job is created suspended, a person reads it and lets it go. Only where the API server is
 * seen to honour `suspend` (Kubernetes 1.21 and later): one that drops the field would run the Job at once.
 */
import type { Job } from "kubernetes-types/batch/v1";
import { digest } from "../engine/digest.ts";
import { isAlreadyExists, isNotFound } from "../kube/errors.ts";
import { jobs } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { approvalGiven, approvalNeeded } from "../reporting/events.ts";
import { applyTransition } from "./apply.ts";
import type { ControlContext } from "./context.ts";
import type { Transition } from "./transition.ts";
import { end, iso, replaceLast } from "./transition.ts";

/** What an approval of this Job must name. */
export function jobDigest({ spec }: Pick<Job, "spec">): string {
  return digest(spec ?? {}, 16);
}

/** Whether a Job that is created suspended stays so here. Rejects like `Kube.create`; nothing is stored. */
export async function honoursSuspend({ kube }: ControlContext, job: Job): Promise<boolean> {
  try {
    const answer = await kube.create(jobs, suspendedForm(job), { dryRun: true });
    return answer.spec?.suspend === true;
  } catch (error) {
    // The Job of an interrupted pass, which was seen to be honoured before it was created; or one that is not ours.
    if (isAlreadyExists(error)) return true;
    throw error;
  }
}

/** The same Job, held back. */
export function suspendedForm<J extends Job>(job: J): J {
  return { ...job, spec: { template: job.spec?.template ?? {}, ...job.spec, suspend: true } };
}

/** The end of a record whose Job could not be held back. */
export function notHonoured(now: number): Transition {
  const message =
    "Mode approve, and this API server does not honour suspend on Jobs: the Job would run at once, so it was not created. Start it by hand, or update Kubernetes to 1.21 or later.";
  return end(now, "Declined", "SuspendNotHonoured", message);
}

/** The record waits for a person, who is told what the Job is. */
export function awaitRelease(
  remediation: Live<Remediation>,
  { job, now, approvalMs }: { job: Job & { metadata: { name: string } }; now: number; approvalMs: number },
): Transition {
  const last = remediation.status?.attempts?.at(-1);
  const { name, namespace = "" } = remediation.metadata;
  const { name: jobName } = job.metadata;
  const planDigest = jobDigest(job);
  const message = `Job ${jobName} is there, suspended. Read it with kubectl get job ${jobName} -n ${namespace} -o yaml, then approve or deny ${name}.`;
  return {
    kind: "transition",
    status: {
      phase: "AwaitingApproval",
      reason: "JobSuspended",
      message,
      planDigest,
      approvalExpiresAt: iso(now + approvalMs),
      nextAttemptAt: null,
      blockedSince: null,
      ...(last === undefined ? {} : { attempts: replaceLast(remediation, { ...last, suspended: true }) }),
    },
    notice: approvalNeeded(planDigest, message),
    tell: "ApprovalNeeded",
  };
}

/** Lets the suspended Job go, exactly the one that was approved. Rejects with a conflict when it changed meanwhile. */
export async function resumeJob(
  context: ControlContext,
  remediation: Live<Remediation>,
  { jobName, approvedPlan }: { jobName: string; approvedPlan: string },
): Promise<void> {
  const { kube, now } = context;
  const ref = { namespace: remediation.metadata.namespace ?? "", name: jobName };
  const found = await kube.get(jobs, ref).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const owner = found?.metadata.ownerReferences?.find(({ kind }) => kind === remediations.kind);
  if (found === undefined || owner?.uid !== remediation.metadata.uid) {
    const message = `The suspended Job ${jobName} is gone; nothing was run.`;
    await applyTransition(context, remediation, end(now(), "Failed", "JobGone", message));
    return;
  }
  if (found.spec?.suspend === true) {
    const { uid, resourceVersion } = found.metadata;
    // A merge patch with the uid and resourceVersion that were read: the Job that is let go is the one that was looked at.
    const body = { metadata: { uid, resourceVersion }, spec: { suspend: false } };
    await kube.patch(jobs, ref, { type: "merge", body });
  }
  const last = remediation.status?.attempts?.at(-1);
  if (last === undefined) return;
  const { suspended: _suspended, ...attempt } = last;
  await applyTransition(context, remediation, {
    kind: "transition",
    status: {
      phase: "Running",
      reason: "JobResumed",
      message: `Job ${jobName}`,
      approvalExpiresAt: null,
      attempts: replaceLast(remediation, { ...attempt, approvedPlan, startedAt: iso(now()) }),
    },
    notice: approvalGiven(approvedPlan, remediation.spec.approval?.by),
  });
}
