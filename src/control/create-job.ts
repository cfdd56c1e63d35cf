/** The creation of an attempt's Job: its name is the lock, and what the API server refuses ends the record in time. */
import type { Job } from "kubernetes-types/batch/v1";
import { isAlreadyExists, isNotFound, StatusError } from "../kube/errors.ts";
import { jobs } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { errorText } from "../reporting/log.ts";
import type { ControlContext } from "./context.ts";
import type { Transition } from "./transition.ts";
import { end, instant } from "./transition.ts";

/** How long a Job that cannot be created now (quota, missing rights, an API server in trouble) is tried again. */
const GIVE_UP_MS = 60 * 60 * 1000;
/** Another try would be answered alike. */
const FINAL: ReadonlySet<number> = new Set([400, 422]);

export type NamedJob = Job & { metadata: { name: string; namespace: string } };

/** The Job exists and is ours; `foundAt`: since when, where it was there already. */
export type Made = { kind: "made"; foundAt?: number; suspended?: boolean };

/** Made by an earlier pass, and counted then. */
export const madeOnce: Made = { kind: "made" };

/** A transition when the Job never will exist. Rejects when it should be tried again. */
export async function createJob(
  context: ControlContext,
  remediation: Live<Remediation>,
  job: NamedJob,
): Promise<Made | Transition> {
  const { kube, log, metrics } = context;
  const { name, namespace } = job.metadata;
  try {
    await kube.create(jobs, job);
    metrics.jobsCreated.inc();
    log.info({ remediation: remediation.metadata.name, job: name }, "job created");
    return { kind: "made" };
  } catch (error) {
    if (isAlreadyExists(error)) return await claimed(context, remediation, { name, namespace });
    return await refused(context, remediation, { name, error });
  }
}

/** The end of a record whose Job cannot be created; rejects with the error as long as another try may be answered otherwise. */
export async function refused(
  context: ControlContext,
  remediation: Live<Remediation>,
  { name, error }: { name: string; error: unknown },
): Promise<Transition> {
  const isFinal = error instanceof StatusError && FINAL.has(error.code);
  if (!isFinal && triedFor(context, remediation) <= GIVE_UP_MS) throw error;
  // Of one whose answer was lost nobody knows whether it was carried out.
  if (!isFinal && (await jobExists(context, name))) throw error;
  return end(context.now(), "Failed", "JobRefused", `The API server refused Job ${name}: ${errorText(error)}`);
}

/** Milliseconds since the attempt was reserved: how long the record waited before that counts for nothing. */
function triedFor({ now }: ControlContext, { spec, status }: Live<Remediation>): number {
  return now() - instant(status?.attempts?.at(-1)?.reservedAt ?? spec.receivedAt);
}

/** A Job of that name is there: ours from an interrupted pass, or somebody else's. */
async function claimed(
  context: ControlContext,
  remediation: Live<Remediation>,
  ref: { name: string; namespace: string },
): Promise<Made | Transition> {
  const existing = await context.kube.get(jobs, ref);
  const owner = existing.metadata.ownerReferences?.find(({ kind }) => kind === remediations.kind);
  if (owner?.uid === remediation.metadata.uid) {
    const { metadata, spec } = existing;
    return { kind: "made", foundAt: instant(metadata.creationTimestamp), suspended: spec?.suspend === true };
  }
  // Somebody deleted the earlier record of this name; garbage collection takes its Job away soon.
  const leftOver = owner !== undefined || existing.metadata.deletionTimestamp !== undefined;
  if (leftOver && triedFor(context, remediation) < GIVE_UP_MS) {
    throw new Error(`Job ${ref.name} of a record that was deleted is still there`);
  }
  const message = `A Job named ${ref.name} exists and does not belong to this record; delete it and wait for the next alert.`;
  return end(context.now(), "Failed", "JobNameTaken", message);
}

/** Whether the installation has a Job of this name. */
export async function jobExists(context: ControlContext, name: string): Promise<boolean> {
  return (await findJob(context, name)) !== undefined;
}

/** The installation's Job of this name. */
export async function findJob({ kube, settings }: ControlContext, name: string): Promise<Live<Job> | undefined> {
  try {
    return await kube.get(jobs, { namespace: settings.namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
