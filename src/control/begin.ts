/** Before an attempt: what may hold it up is gathered and judged, looking at the target last; then its Job is started. */
import { Stalled } from "../engine/errors.ts";
import { assertNotPaused } from "../engine/pause.ts";
import { isForbidden, isNotFound } from "../kube/errors.ts";
import { isObjectName } from "../kube/paths.ts";
import { namespaces } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { applyTransition } from "./apply.ts";
import type { ControlContext } from "./context.ts";
import { jobExists } from "./create-job.ts";
import { withdrawn } from "./decide.ts";
import { wasCounted } from "./execution.ts";
import type { Hold } from "./hold.ts";
import { judgeResolved } from "./judge-look.ts";
import { lookAt, lookPatch } from "./look-at.ts";
import type { Look } from "./looks.ts";
import { onlyObserving } from "./observe.ts";
import { matchesSelector } from "./selector.ts";
import { startAttempt } from "./start-attempt.ts";
import type { StartFacts, StartVerdict } from "./start-gate.ts";
import { judgeStart } from "./start-gate.ts";
import { toSummary } from "./summary.ts";
import { resumeJob } from "./suspended.ts";
import type { Decision, Transition } from "./transition.ts";
import { hold } from "./transition.ts";

type Start = Extract<Decision, { kind: "start" }>;

/** How soon a pass that changed something is followed by the next one. */
const AGAIN_MS = 100;

/** Starts the attempt or says on the record why not. Rejects when the API server could not be asked. */
export async function beginAttempt(
  context: ControlContext,
  remediation: Live<Remediation>,
  start: Start,
): Promise<{ requeueAfterMs?: number }> {
  const isReserved = remediation.status?.attempts?.some(({ n }) => n === start.attempt) === true;
  if (isReserved) return finishReserved(context, remediation, start);
  const facts = await gather(context, remediation, start);
  let verdict = judgeStart(facts);
  let look: Look | undefined;
  if (verdict.kind === "look") {
    const looked = await lookAt(context, remediation);
    if (looked.kind === "later") return { requeueAfterMs: looked.ms };
    look = looked;
    // Others may have begun while it was looked at.
    verdict = judgeStart({ ...facts, records: recordsWith(context, facts), look, now: context.now() });
  }
  if (verdict.kind !== "go") return carryOut(context, remediation, { start, verdict, look });
  // Said before anything is awaited: who is judged next must see it.
  const { incident = facts.record.incident } = verdict;
  context.standing.starting({ ...facts.record, incident }, start.attempt);
  return unlessItFails(context, remediation, () => carryOut(context, remediation, { start, verdict, look }));
}

/** What was reserved is finished when its Job is there already; a new Job is created only where one may begin now. */
async function finishReserved(
  context: ControlContext,
  remediation: Live<Remediation>,
  start: Start,
): Promise<{ requeueAfterMs?: number }> {
  const jobName = remediation.status?.attempts?.find(({ n }) => n === start.attempt)?.jobName ?? "";
  if (await jobExists(context, jobName)) return go(context, remediation, start);
  const dropped = notWantedAnyMore(context, remediation, start);
  // One that was counted has begun, though it is there no more: what it did is for the record's end to say.
  if (dropped !== undefined && !(await wasCounted(context, remediation, jobName))) {
    return carryOut(context, remediation, { start, verdict: dropped, look: undefined });
  }
  const held = await installationOrScopeHold(context, remediation);
  if (held === undefined) return go(context, remediation, start);
  return carryOut(context, remediation, { start, verdict: { kind: "hold", hold: held }, look: undefined });
}

/** A person has said no, the approval has lapsed, or the alert has resolved, before the Job could be made. */
function notWantedAnyMore(
  { settings: { limits }, now }: ControlContext,
  remediation: Live<Remediation>,
  { attempt, approvedPlan }: Start,
): Transition | undefined {
  const dropped = withdrawn(remediation, approvedPlan, now());
  if (dropped !== undefined || attempt > 1) return dropped;
  const resolved = judgeResolved({ record: toSummary(remediation), limits, now: now() });
  // Ours looks by itself whether anything is left to do.
  return resolved?.kind === "transition" ? resolved : undefined;
}

/** Lets the suspended Job of an approved attempt go, unless nothing may begin now: then the record says why and goes on waiting. */
export async function resumeAttempt(
  context: ControlContext,
  remediation: Live<Remediation>,
  resume: Extract<Decision, { kind: "resume" }>,
): Promise<{ requeueAfterMs?: number }> {
  const held = await installationOrScopeHold(context, remediation);
  if (held === undefined) {
    await resumeJob(context, remediation, resume);
    return { requeueAfterMs: AGAIN_MS };
  }
  const { reason } = held;
  if (remediation.status?.reason !== reason) {
    const message = `Approved, but not let go yet: ${held.message}`;
    await applyTransition(context, remediation, { kind: "transition", status: { reason, message } });
  }
  return { requeueAfterMs: context.settings.limits.recheckMs };
}

async function installationOrScopeHold(
  context: ControlContext,
  { spec }: Live<Remediation>,
): Promise<Hold | undefined> {
  const hold = (await installationHold(context)) ?? (await scopeHold(context, spec.target.namespace));
  return hold ?? (context.settings.mode === "observe" ? onlyObserving(context.settings.limits) : undefined);
}

async function unlessItFails<T>(
  { standing }: ControlContext,
  { metadata }: Live<Remediation>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    standing.notStarting(metadata.name);
    throw error;
  }
}

async function carryOut(
  context: ControlContext,
  remediation: Live<Remediation>,
  { start, verdict, look }: { start: Start; verdict: StartVerdict; look: Look | undefined },
): Promise<{ requeueAfterMs?: number }> {
  const { settings, now } = context;
  const seen = lookPatch(remediation, look, settings.limits.lookEveryMs);
  const apply = (before: Live<Remediation>, transition: Transition) => {
    const conditions = [...(transition.status.conditions ?? []), ...(seen?.conditions ?? [])];
    const status = { ...seen, ...transition.status, ...(conditions.length === 0 ? {} : { conditions }) };
    return applyTransition(context, before, { ...transition, status });
  };
  switch (verdict.kind) {
    case "look":
    case "wait":
      return { requeueAfterMs: verdict.kind === "wait" ? verdict.ms : AGAIN_MS };
    case "transition":
      await apply(remediation, verdict);
      return { requeueAfterMs: AGAIN_MS };
    case "hold": {
      const { transition, recheckAfterMs } = hold(remediation, verdict.hold, {
        now: now(),
        recheckMs: settings.limits.recheckMs,
      });
      if (transition !== undefined || seen !== undefined) {
        await apply(remediation, transition ?? { kind: "transition", status: { message: verdict.hold.message } });
      }
      return { requeueAfterMs: recheckAfterMs };
    }
    case "go": {
      const incident = verdict.incident === undefined ? {} : { incident: verdict.incident };
      const before =
        seen === undefined && verdict.incident === undefined
          ? remediation
          : await apply(remediation, { kind: "transition", status: incident });
      return go(context, before, start);
    }
  }
}

async function go(
  context: ControlContext,
  remediation: Live<Remediation>,
  { attempt, approvedPlan }: Start,
): Promise<{ requeueAfterMs?: number }> {
  const apply = (before: Live<Remediation>, transition: Transition) => applyTransition(context, before, transition);
  await startAttempt(context, { remediation, attempt, approvedPlan, apply });
  return { requeueAfterMs: AGAIN_MS };
}

async function gather(
  context: ControlContext,
  remediation: Live<Remediation>,
  { attempt, approvedPlan }: Start,
): Promise<StartFacts> {
  const { settings, now, standing } = context;
  const { mode, limits } = settings;
  const record = toSummary(remediation);
  const [standstill, outOfScope] = await Promise.all([
    installationHold(context),
    scopeHold(context, remediation.spec.target.namespace),
  ]);
  const at = now();
  const facts: StartFacts = {
    remediation,
    record,
    records: [],
    attempt,
    approved: approvedPlan !== undefined,
    storm: standing.storm(at),
    mode,
    limits,
    now: at,
    ...(standstill === undefined ? {} : { standstill }),
    ...(outOfScope === undefined ? {} : { outOfScope }),
  };
  return { ...facts, records: recordsWith(context, facts) };
}

/** The cached ones, with this one as it was just read. */
function recordsWith({ standing }: ControlContext, { record }: StartFacts): StartFacts["records"] {
  return [...standing.records().filter(({ name }) => name !== record.name), record];
}

/** Pause and the hours of the whole installation, fail closed. */
async function installationHold({ kube, settings, now }: ControlContext): Promise<Hold | undefined> {
  try {
    await assertNotPaused(kube, settings.namespace, now());
    return undefined;
  } catch (error) {
    if (!(error instanceof Stalled)) throw error;
    // The server itself writes to no workload: what its Jobs may not read either stops them.
    if (error.reason === "PauseUnreadable" && !isForbidden(error.cause)) throw error.cause;
    return { reason: error.reason, message: error.message, needsPerson: false };
  }
}

/** The namespaces that this installation is for. An unreadable one is none of ours. */
async function scopeHold({ kube, settings }: ControlContext, namespace: string): Promise<Hold | undefined> {
  const { namespaceSelector, limits } = settings;
  if (namespaceSelector === "") return undefined;
  const out = (why: string): Hold => ({
    reason: "OutOfScope",
    message: `${why} (--namespaceSelector ${namespaceSelector}); nothing is done here.`,
    recheckAfterMs: limits.lookEveryMs,
    needsPerson: false,
  });
  if (namespace === "") return out("The target is in no namespace, and this installation is for labelled ones");
  if (!isObjectName(namespace)) return out(`${JSON.stringify(namespace.slice(0, 100))} is no name of a namespace`);
  try {
    const { metadata } = await kube.get(namespaces, { name: namespace });
    return matchesSelector(namespaceSelector, metadata.labels ?? {})
      ? undefined
      : out(`Namespace ${namespace} is not among those that this installation is for`);
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return out(`Namespace ${namespace} cannot be read`);
    throw error;
  }
}
