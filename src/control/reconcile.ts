/** One pass over one Remediation: read the truth, decide, act. Any replica may run it at any time. */
import { isConflict, isNotFound } from "../kube/errors.ts";
import { jobs, pods } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { isTerminal, remediations } from "../operarius/remediation.ts";
import { recordEvent } from "../reporting/events.ts";
import type { ControlContext } from "./context.ts";
import { decide } from "./decide.ts";
import { noteExecution } from "./execution.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { jobState, nodeOf, reportOf } from "./job-outcome.ts";
import { startAttempt } from "./start-attempt.ts";
import type { Transition } from "./transition.ts";

/** How soon a pass that changed something, or met somebody else's change, is followed by the next one. */
const AGAIN_MS = 100;

/**
 * Brings the Remediation `name` one step further. Resolves with when to look again if nothing changes before; rejects
 * when the API server could not be asked or refused for now, and the caller's back-off applies.
 */
export async function reconcile(context: ControlContext, name: string): Promise<{ requeueAfterMs?: number }> {
  const remediation = await read(context, name);
  if (remediation === undefined || isTerminal(remediation.status?.phase)) return {};
  const job = await observeJob(context, remediation);
  const decision = decide({ remediation, now: context.now(), ...(job === undefined ? {} : { job }) });
  try {
    switch (decision.kind) {
      case "rest":
        if (job?.kind === "active" && job.hasRunningPods) await noteRunning(context, remediation);
        return decision.recheckAfterMs === undefined ? {} : { requeueAfterMs: decision.recheckAfterMs };
      case "start": {
        const { attempt, approvedPlan } = decision;
        const apply = (before: Live<Remediation>, transition: Transition) =>
          applyTransition(context, before, transition);
        await startAttempt(context, { remediation, attempt, approvedPlan, apply });
        return { requeueAfterMs: AGAIN_MS };
      }
      case "transition":
        await applyTransition(context, remediation, decision);
        return { requeueAfterMs: AGAIN_MS };
    }
  } catch (error) {
    if (isConflict(error)) return { requeueAfterMs: AGAIN_MS };
    throw error;
  }
}

async function read({ kube, settings }: ControlContext, name: string): Promise<Live<Remediation> | undefined> {
  try {
    return await kube.get(remediations, { namespace: settings.namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The Job of the attempt in flight, asked of the API and not of a cache; the pods only once it is over. */
async function observeJob({ kube }: ControlContext, remediation: Live<Remediation>): Promise<JobOutcome | undefined> {
  const attempt = remediation.status?.attempts?.at(-1);
  if (attempt?.startedAt === undefined || attempt.finishedAt !== undefined) return undefined;
  const namespace = remediation.metadata.namespace ?? "";
  try {
    const state = jobState(await kube.get(jobs, { namespace, name: attempt.jobName }));
    if (state.kind !== "finished") return state;
    const { items } = await kube.list(pods, { namespace, labelSelector: `job-name=${attempt.jobName}` });
    const report = reportOf(items);
    const node = nodeOf(items);
    return { ...state, ...(report === undefined ? {} : { report }), ...(node === "" ? {} : { node }) };
  } catch (error) {
    if (isNotFound(error)) return { kind: "missing" };
    throw error;
  }
}

async function noteRunning(context: ControlContext, remediation: Live<Remediation>): Promise<void> {
  const attempt = remediation.status?.attempts?.at(-1);
  if (attempt !== undefined) {
    await noteExecution(context, remediation.spec.operarius.name, "Running", attempt.jobName);
  }
}

/** Writes the status against the resourceVersion it was decided on, then tells everybody else, once. */
async function applyTransition(
  context: ControlContext,
  remediation: Live<Remediation>,
  { status, notice, finishedJob }: Transition,
): Promise<Live<Remediation>> {
  const { kube, log, metrics } = context;
  const { name, namespace = "", resourceVersion } = remediation.metadata;
  const body = { metadata: { resourceVersion }, status };
  const updated = await kube.patchStatus(remediations, { namespace, name }, { type: "merge", body });
  const { phase, reason, message, attempts } = updated.status ?? {};
  if (phase !== undefined && phase !== remediation.status?.phase) {
    metrics.remediationTransitions.inc({ phase });
    log.info(
      { remediation: name, phase, reason, message, attempt: attempts?.length ?? 0 },
      "remediation changed phase",
    );
  }
  if (finishedJob !== undefined) {
    (finishedJob.succeeded ? metrics.jobsSucceeded : metrics.jobsFailed).inc();
    const outcome = finishedJob.succeeded ? "Successful" : "Failed";
    await noteExecution(context, remediation.spec.operarius.name, outcome, finishedJob.name);
  }
  if (notice !== undefined) await recordEvent(context, updated, notice);
  return updated;
}
