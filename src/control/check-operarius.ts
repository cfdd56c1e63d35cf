/** Whether an Operarius would work at night, found out when it changes: its condition Ready (CONTRACT §3.7). */
import type { Job } from "kubernetes-types/batch/v1";
import { redact } from "../engine/redact.ts";
import { isConflict, isForbidden, isNotFound, StatusError, TransportError } from "../kube/errors.ts";
import { jobs, namespaces } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import { jobName, targetHash } from "../operarius/names.ts";
import type { Operarius, OperariusObject } from "../operarius/operarius.ts";
import { operariuses, readOperarius } from "../operarius/operarius.ts";
import { placeholderAlert } from "../operarius/placeholder-alert.ts";
import { renderJob } from "../operarius/render-job.ts";
import type { OperariusCondition } from "../operarius/schema.ts";
import { serviceAccountProblem } from "../operarius/service-account.ts";
import { errorText } from "../reporting/log.ts";
import type { ControlContext } from "./context.ts";

const READY = "Ready";
const ACCOUNT_NOT_ALLOWED = "ServiceAccountNotAllowed";
/** A message quotes what others wrote. */
const LONGEST_MESSAGE = 4000;
/** Owner of the Job that is never stored. */
const NOBODY = { name: "placeholder", uid: "00000000-0000-0000-0000-000000000000" };

interface Judged extends Pick<OperariusCondition, "status" | "reason" | "message"> {
  /** When it is worth asking again; absent: not before the Operarius changes. */
  requeueAfterMs?: number;
}

/**
 * Checks an Operarius once per generation and writes what came out as its condition Ready: True; False with the path of
 * the fault; Unknown when the API server could not say, with the time after which to call this again. The Job is created
 * as a dry run only. Rejects when the Operarius cannot be read or its status not be written.
 */
export async function checkOperarius(context: ControlContext, name: string): Promise<{ requeueAfterMs?: number }> {
  const { kube, settings, log, now } = context;
  const ref = { namespace: settings.namespace, name };
  const object = await kube.get(operariuses, ref).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return {};
  const { generation = 0, resourceVersion } = object.metadata;
  const conditions = object.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === READY);
  if (before?.observedGeneration === generation && isSettled(before)) return {};
  const { requeueAfterMs, ...judged } = await judge(context, object);
  const again = requeueAfterMs === undefined ? {} : { requeueAfterMs };
  if (before !== undefined && isSame(before, { ...judged, observedGeneration: generation })) return again;
  const changedAt = before?.status === judged.status ? before.lastTransitionTime : new Date(now()).toISOString();
  const ready = { type: READY, ...judged, observedGeneration: generation, lastTransitionTime: changedAt };
  const status = { conditions: [...conditions.filter(({ type }) => type !== READY), ready] };
  try {
    await kube.patchStatus(operariuses, ref, { type: "merge", body: { metadata: { resourceVersion }, status } });
  } catch (error) {
    // Changed meanwhile, and so perhaps no longer true: judged anew.
    if (isConflict(error)) return { requeueAfterMs: settings.limits.recheckMs };
    if (isNotFound(error)) return {};
    throw error;
  }
  const { reason, message } = judged;
  log[judged.status === "False" ? "warn" : "info"](
    { operarius: name, ready: judged.status, reason, message },
    "checked",
  );
  return again;
}

/** Only a change of the Operarius itself can change this. */
function isSettled({ status, reason }: OperariusCondition): boolean {
  return status !== "Unknown" && reason !== ACCOUNT_NOT_ALLOWED;
}

function isSame(before: OperariusCondition, after: Omit<OperariusCondition, "type" | "lastTransitionTime">): boolean {
  return (
    before.status === after.status &&
    before.reason === after.reason &&
    before.message === after.message &&
    before.observedGeneration === after.observedGeneration
  );
}

async function judge(context: ControlContext, object: Live<OperariusObject>): Promise<Judged> {
  const read = readOperarius(object);
  if (read.kind === "invalid") return no(read.reason, read.message);
  const rendered = placeholderJob(context, read.operarius);
  if (rendered.kind === "invalid") {
    return no("TemplateInvalid", rendered.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
  }
  const forbidden = await accountProblem(context, read.operarius);
  if (forbidden !== undefined) {
    return { ...no(ACCOUNT_NOT_ALLOWED, forbidden), requeueAfterMs: context.settings.limits.lookEveryMs };
  }
  try {
    await context.kube.create(jobs, rendered.job, { dryRun: true });
    return {
      status: "True",
      reason: "Valid",
      message: "Its templates can be filled, and the API server accepts its Job.",
    };
  } catch (error) {
    return refused(context, rendered.job, error);
  }
}

/** What the owner of the namespace has against the Job's account; where that cannot be read, the start of a Job asks again. */
async function accountProblem({ kube, settings }: ControlContext, operarius: Operarius): Promise<string | undefined> {
  try {
    const { metadata } = await kube.get(namespaces, { name: operarius.metadata.namespace });
    return serviceAccountProblem(operarius, metadata.annotations, settings.ownServiceAccount);
  } catch (error) {
    if (error instanceof StatusError || error instanceof TransportError) return undefined;
    throw error;
  }
}

/** The Job as an alert would make it, under a name that no real one has: no target is called so. */
function placeholderJob({ now, settings }: ControlContext, operarius: Operarius) {
  const { name, uid, generation } = operarius.metadata;
  const hash = targetHash({ cluster: "", kind: "Operarius", namespace: uid, name: String(generation) });
  return renderJob({
    operarius,
    ...placeholderAlert(operarius),
    jobName: jobName(name, hash, 0, 0),
    remediation: NOBODY,
    attempt: 1,
    createdAt: new Date(now()).toISOString(),
    installationNamespace: settings.namespace,
    pace: settings.pace,
  });
}

/** What an error of the dry run means: the Job is at fault, or nothing is known yet. */
function refused({ log, settings: { limits } }: ControlContext, job: Job, error: unknown): Judged {
  log.debug({ error: errorText(error) }, "dry run of a Job");
  if (!(error instanceof StatusError)) {
    return unknown("ApiUnreachable", "The API server did not answer the dry run of its Job.", limits.recheckMs);
  }
  const { code } = error;
  const message = redact(error.message, LONGEST_MESSAGE);
  if (/does not support dry run/i.test(message)) {
    return unknown("NotEvaluated", `A webhook refuses dry runs: ${message}`, limits.lookEveryMs);
  }
  // Admission answers 403 too, but it has looked at the Job; a full quota passes.
  const isDenied = /denied (?:the )?request|violates PodSecurity/i.test(message);
  if (code === 400 || code === 413 || code === 422 || (code === 403 && isDenied))
    return no("JobRejected", inTemplate(message, job));
  const reason = isForbidden(error) ? "Forbidden" : "ApiError";
  return unknown(reason, `The API server does not say whether it accepts the Job: ${message}`, limits.recheckMs);
}

/**
 * `Job.batch "x" is invalid: spec.template.spec.containers[0].image: Required value`, with the path that it has in the
 * Operarius. Variables go by name: ours stand before them in the Job.
 */
function inTemplate(message: string, job: Job): string {
  const podSpec = job.spec?.template.spec;
  return message
    .replaceAll(/(?<=^|[\s["])(?=(?:spec|metadata)\.[a-z])/g, "spec.jobTemplate.")
    .replaceAll(
      /\b(containers|initContainers)\[(\d+)\]\.env\[(\d+)\]/g,
      (path, list: string, at: string, index: string) => {
        const containers = list === "containers" ? podSpec?.containers : podSpec?.initContainers;
        const name = containers?.[Number(at)]?.env?.[Number(index)]?.name;
        return name === undefined ? path : `${list}[${at}].env[${name}]`;
      },
    );
}

function no(reason: string, message: string): Judged {
  return { status: "False", reason, message: message.slice(0, LONGEST_MESSAGE) };
}

function unknown(reason: string, message: string, requeueAfterMs: number): Judged {
  return { status: "Unknown", reason, message: message.slice(0, LONGEST_MESSAGE), requeueAfterMs };
}
