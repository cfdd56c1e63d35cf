/** One pass over one Remediation: read the truth, decide, act. Any replica may run it at any time. */
import { isConflict, isNotFound } from "../kube/errors.ts";
import { jobs, pods } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { isTerminal, remediations } from "../operarius/remediation.ts";
import { applyTransition } from "./apply.ts";
import { beginAttempt, resumeAttempt } from "./begin.ts";
import type { ControlContext } from "./context.ts";
import { decide } from "./decide.ts";
import { noteExecution } from "./execution.ts";
import { follow } from "./follow.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { jobState, nodeOf, reportOf } from "./job-outcome.ts";
import { lookAt, lookPatch } from "./look-at.ts";
import type { Decision, StatusPatch } from "./transition.ts";
import { instant } from "./transition.ts";
import { lastIntentAt } from "./written.ts";

/** How soon a pass that changed something, or met somebody else's change, is followed by the next one. */
const AGAIN_MS = 100;

/**
 * Brings the Remediation `name` one step further. Resolves with when to look again if nothing changes before; rejects
 * when the API server could not be asked or refused for now, and the caller's back-off applies.
 */
export async function reconcile(context: ControlContext, name: string): Promise<{ requeueAfterMs?: number }> {
  const remediation = await read(context, name);
  if (remediation === undefined) return {};
  try {
    return isTerminal(remediation.status?.phase)
      ? await follow(context, remediation)
      : await advance(context, remediation);
  } catch (error) {
    // Somebody has changed the record since it was read: what to do follows from what it is now.
    if (isConflict(error)) return { requeueAfterMs: AGAIN_MS };
    throw error;
  }
}

async function advance(context: ControlContext, remediation: Live<Remediation>): Promise<{ requeueAfterMs?: number }> {
  const { settings, now } = context;
  const job = await observeJob(context, remediation);
  const facts = { remediation, limits: settings.limits, ...(job === undefined ? {} : { job }) };
  const first = decide({ ...facts, now: now() });
  if (first.kind === "start") return beginAttempt(context, remediation, first);
  if (first.kind !== "look") return carryOut(context, remediation, first, job);
  const look = await lookAt(context, remediation);
  if (look.kind === "later") return { requeueAfterMs: look.ms };
  const seen = lookPatch(remediation, look, settings.limits.lookEveryMs);
  const decision = decide({ ...facts, look, now: now() });
  if (decision.kind === "start") return beginAttempt(context, remediation, decision);
  return carryOut(context, remediation, withLook(decision, seen), job);
}

type Settled = Exclude<Decision, { kind: "start" }>;

/** What was seen goes on the record together with what follows from it. */
function withLook(decision: Settled, seen: StatusPatch | undefined): Settled {
  if (seen === undefined) return decision;
  if (decision.kind === "rest") {
    const again = decision.recheckAfterMs === undefined ? {} : { recheckAfterMs: decision.recheckAfterMs };
    return { kind: "transition", status: seen, ...again };
  }
  if (decision.kind !== "transition") return decision;
  const conditions = [...(decision.status.conditions ?? []), ...(seen.conditions ?? [])];
  return { ...decision, status: { ...seen, ...decision.status, ...(conditions.length > 0 ? { conditions } : {}) } };
}

async function carryOut(
  context: ControlContext,
  remediation: Live<Remediation>,
  decision: Settled,
  job: JobOutcome | undefined,
): Promise<{ requeueAfterMs?: number }> {
  switch (decision.kind) {
    case "look":
      return { requeueAfterMs: AGAIN_MS };
    case "rest":
      if (job?.kind === "active" && job.hasRunningPods) await noteRunning(context, remediation);
      return decision.recheckAfterMs === undefined ? {} : { requeueAfterMs: decision.recheckAfterMs };
    case "resume":
      return resumeAttempt(context, remediation, decision);
    case "transition":
      await applyTransition(context, remediation, decision);
      return { requeueAfterMs: decision.recheckAfterMs ?? AGAIN_MS };
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
async function observeJob(context: ControlContext, remediation: Live<Remediation>): Promise<JobOutcome | undefined> {
  const attempt = remediation.status?.attempts?.at(-1);
  if (attempt === undefined || attempt.finishedAt !== undefined) return undefined;
  if (attempt.startedAt === undefined && attempt.suspended !== true) return undefined;
  const outcome = await outcomeOf(context, remediation.metadata.namespace ?? "", attempt.jobName);
  const isSilent = outcome.kind === "missing" || (outcome.kind === "finished" && outcome.report === undefined);
  if (!isSilent || remediation.spec.operarius.ours !== true) return outcome;
  // By the API server's clock: that of the replica that started it may be another one.
  const wroteAt = await lastIntentAt(context, remediation.spec.target, instant(remediation.metadata.creationTimestamp));
  return wroteAt === undefined ? outcome : { ...outcome, wroteAt };
}

async function outcomeOf({ kube }: ControlContext, namespace: string, name: string): Promise<JobOutcome> {
  try {
    const state = jobState(await kube.get(jobs, { namespace, name }));
    if (state.kind !== "finished") return state;
    const { items } = await kube.list(pods, { namespace, labelSelector: `job-name=${name}` });
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
