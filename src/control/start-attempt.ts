/** One Job per (record, attempt): reserve the number, create the Job, note that it started. Safe to repeat at any point. */
import type { Job } from "kubernetes-types/batch/v1";
import { isConflict, isNotFound } from "../kube/errors.ts";
import type { Live } from "../kube/types.ts";
import { asksByItself } from "../operarius/asks-by-itself.ts";
import { misses } from "../operarius/match.ts";
import { jobName, targetHash } from "../operarius/names.ts";
import type { Operarius, OperariusObject } from "../operarius/operarius.ts";
import { operariuses, readOperarius } from "../operarius/operarius.ts";
import type { Remediation, RemediationAttempt } from "../operarius/remediation.ts";
import { isTerminal, remediations } from "../operarius/remediation.ts";
import { renderJob } from "../operarius/render-job.ts";
import type { OperariusStatus } from "../operarius/schema.ts";
import { approvalGiven, jobStarted } from "../reporting/events.ts";
import { nodesToAvoid } from "./conclude.ts";
import type { ControlContext } from "./context.ts";
import type { NamedJob } from "./create-job.ts";
import { createJob, findJob, jobExists, madeOnce, refused } from "./create-job.ts";
import { isCounted, noteStarted } from "./execution.ts";
import { accountForbidden } from "./job-account.ts";
import { awaitRelease, honoursSuspend, notHonoured, suspendedForm } from "./suspended.ts";
import type { Transition } from "./transition.ts";
import { end, instant, iso, replaceLast } from "./transition.ts";

/** How often the start is noted anew on a record that somebody else has just written. */
const MAX_CONFLICTS = 8;

/** Writes the status and returns the object as it is afterwards; rejects with a conflict when it was changed meanwhile. */
export type Apply = (remediation: Live<Remediation>, transition: Transition) => Promise<Live<Remediation>>;

export interface StartRequest {
  remediation: Live<Remediation>;
  attempt: number;
  approvedPlan?: string | undefined;
  apply: Apply;
}

/** Rejects when it should be tried again: conflict, transport, refused for now. */
export async function startAttempt(context: ControlContext, request: StartRequest): Promise<void> {
  const { apply, remediation } = request;
  const there = await madeBefore(context, request);
  if (there !== undefined) {
    const foundAt = instant(there.metadata.creationTimestamp);
    await noteMade(context, request, { job: there, foundAt, isHeldBack: there.spec?.suspend === true });
    return;
  }
  const found = await loadOperarius(context, remediation);
  if (found.kind === "transition") {
    await apply(remediation, found);
    return;
  }
  const forbidden = await accountForbidden(context, remediation, found.operarius);
  if (forbidden !== undefined) {
    await apply(remediation, forbidden);
    return;
  }
  const rendered = render(context, request, found.operarius);
  if (rendered.kind === "transition") {
    await apply(remediation, rendered);
    return;
  }
  const isHeldBack = needsRelease(context, request, found.operarius);
  const job = isHeldBack ? suspendedForm(rendered.job) : rendered.job;
  const reserved = await reserve(context, request, job);
  const unfit = isHeldBack ? await notSuspendable(context, reserved, job) : undefined;
  if (unfit !== undefined) {
    await apply(reserved, unfit);
    return;
  }
  const isGone = !isHeldBack && (await isStartedAndGone(context, request, { ...found, job }));
  const made = isGone ? madeOnce : await createJob(context, reserved, job);
  if (made.kind === "transition") {
    await apply(reserved, made);
    return;
  }
  // One that was made under another mode is there, suspended, or its template says so: it would wait for ever.
  const isSuspended = isHeldBack || made.suspended === true || job.spec?.suspend === true;
  await noteMade(
    context,
    { ...request, remediation: reserved },
    { job, foundAt: made.foundAt, isHeldBack: isSuspended },
  );
}

/** The Job of a pass that was interrupted before it noted the start: it is followed, whatever became of its Operarius. */
async function madeBefore(
  context: ControlContext,
  { remediation: { metadata, status }, attempt }: StartRequest,
): Promise<Live<Job> | undefined> {
  const reserved = status?.attempts?.find(({ n }) => n === attempt);
  const job = reserved === undefined ? undefined : await findJob(context, reserved.jobName);
  const owner = job?.metadata.ownerReferences?.find(({ kind }) => kind === remediations.kind);
  return owner?.uid === metadata.uid ? job : undefined;
}

/** The Job is there: it is counted, and the record says so, or asks a person to let it go. */
async function noteMade(
  context: ControlContext,
  request: StartRequest,
  {
    job,
    foundAt,
    isHeldBack,
  }: { job: Job & { metadata: { name: string } }; foundAt: number | undefined; isHeldBack: boolean },
): Promise<void> {
  const { apply, remediation } = request;
  const { name: jobName } = job.metadata;
  await noteStarted(context, remediation.spec.operarius.name, { jobName, foundAt });
  if (!isHeldBack) return noteRunning(context, request, jobName);
  const { approvalMs } = context.settings.limits;
  await apply(remediation, awaitRelease(remediation, { job, now: context.now(), approvalMs }));
}

/**
 * Deliveries write to the record at any time. Their conflict must not lead back to the creation of the Job: one that was
 * deleted, or has been cleared away, in between would be made a second time.
 */
async function noteRunning(
  { kube, now }: ControlContext,
  { remediation, attempt, apply }: StartRequest,
  jobName: string,
): Promise<void> {
  const { name, namespace = "", uid } = remediation.metadata;
  let record = remediation;
  for (let tries = 1; ; tries++) {
    const last = record.status?.attempts?.at(-1);
    const isSaid = last?.startedAt !== undefined || last?.suspended === true;
    if (last?.n !== attempt || isSaid || isTerminal(record.status?.phase)) return;
    try {
      await apply(record, {
        kind: "transition",
        status: {
          phase: "Running",
          reason: "JobStarted",
          message: `Job ${jobName}`,
          attempts: replaceLast(record, { ...last, startedAt: iso(now()) }),
        },
        notice: jobStarted(jobName, attempt),
      });
      return;
    } catch (error) {
      if (!isConflict(error) || tries >= MAX_CONFLICTS) throw error;
    }
    record = await kube.get(remediations, { namespace, name });
    if (record.metadata.uid !== uid) return;
  }
}

/**
 * The Job of a pass that was interrupted before it noted the start: counted on the Operarius, and there no more. What it
 * did is for the record's end to say; it is not made again.
 */
async function isStartedAndGone(
  context: ControlContext,
  { remediation, attempt }: StartRequest,
  { counted, job }: { counted: OperariusStatus; job: NamedJob },
): Promise<boolean> {
  const { name } = job.metadata;
  const isAgain = remediation.status?.attempts?.some(({ n }) => n === attempt) === true;
  return isAgain && isCounted(remediation, name, counted) && !(await jobExists(context, name));
}

/**
 * Mode approve: our own remedy asks by itself, with a plan; nobody knows what another Job would do. What counts is the
 * Operarius as it is now: it may have been another one when the record was made.
 */
function needsRelease({ settings }: ControlContext, { remediation }: StartRequest, { spec }: Operarius): boolean {
  return settings.mode === "approve" && !(remediation.spec.operarius.ours === true && asksByItself(spec));
}

/** The end of a record whose Job cannot be held back, or is refused already as a dry run. Rejects when it should be tried again. */
async function notSuspendable(
  context: ControlContext,
  reserved: Live<Remediation>,
  job: NamedJob,
): Promise<Transition | undefined> {
  try {
    return (await honoursSuspend(context, job)) ? undefined : notHonoured(context.now());
  } catch (error) {
    return refused(context, reserved, { name: job.metadata.name, error });
  }
}

async function loadOperarius(
  { kube, now, settings }: ControlContext,
  { spec: { alert, operarius: answering } }: Live<Remediation>,
): Promise<{ kind: "operarius"; operarius: Operarius; counted: OperariusStatus } | Transition> {
  const { name } = answering;
  try {
    const object = await kube.get<OperariusObject>(operariuses, { namespace: settings.namespace, name });
    const read = readOperarius(object);
    if (read.kind === "invalid") return end(now(), "Failed", "OperariusInvalid", `Operarius ${name}: ${read.message}`);
    if (read.operarius.spec.enabled === false) {
      return end(now(), "Cancelled", "OperariusDisabled", `Operarius ${name} was disabled before the Job was started.`);
    }
    // Somebody has narrowed it meanwhile, possibly just because of this record.
    const [miss] = misses(read.operarius, withoutUndefined(alert));
    if (miss === undefined) return { ...read, counted: object.status ?? {} };
    const why = `Operarius ${name} was changed before the Job was started and does not answer this alert any more: ${miss.message}.`;
    return end(now(), "Cancelled", "OperariusChanged", why);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return end(now(), "Failed", "OperariusGone", `Operarius ${name} was deleted before its Job was started.`);
  }
}

function render(
  { now, settings }: ControlContext,
  { remediation, attempt, approvedPlan }: StartRequest,
  operarius: Operarius,
): { kind: "job"; job: NamedJob } | Transition {
  const { target, sequence, alert, hook } = remediation.spec;
  const name = jobName(operarius.metadata.name, targetHash(target), sequence, attempt);
  const result = renderJob({
    operarius,
    alert: withoutUndefined(alert),
    hook,
    jobName: name,
    remediation: remediation.metadata,
    attempt,
    createdAt: iso(now()),
    installationNamespace: settings.namespace,
    pace: settings.pace,
    mode: settings.mode,
    approvedPlan,
    avoidNodes: nodesToAvoid(remediation.status?.attempts ?? []),
  });
  if (result.kind === "job") {
    const metadata = { ...result.job.metadata, name, namespace: operarius.metadata.namespace };
    return { kind: "job", job: { ...result.job, metadata } };
  }
  const problems = result.problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return end(now(), "Failed", "TemplateInvalid", `Operarius ${operarius.metadata.name}: ${problems}`.slice(0, 4000));
}

/** The number is written down before the Job is created, so that it is never given twice. */
async function reserve(
  { now }: ControlContext,
  { remediation, attempt, approvedPlan, apply }: StartRequest,
  job: NamedJob,
): Promise<Live<Remediation>> {
  const attempts = remediation.status?.attempts ?? [];
  if (attempts.some(({ n }) => n === attempt)) return remediation;
  const entry: RemediationAttempt = {
    n: attempt,
    jobName: job.metadata.name,
    reservedAt: iso(now()),
    ...(approvedPlan === undefined ? {} : { approvedPlan }),
  };
  return apply(remediation, {
    kind: "transition",
    status: {
      phase: "Pending",
      reason: "JobReserved",
      nextAttemptAt: null,
      blockedSince: null,
      attempts: [...attempts, entry],
    },
    ...(approvedPlan === undefined ? {} : { notice: approvalGiven(approvedPlan, remediation.spec.approval?.by) }),
  });
}

/** zod's inferred optional fields allow an explicit undefined; what the API server sent has none. */
function withoutUndefined(alert: Remediation["spec"]["alert"]) {
  const { startsAt, endsAt, fingerprint, generatorURL, ...rest } = alert;
  return {
    ...rest,
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(generatorURL === undefined ? {} : { generatorURL }),
  };
}
