/** Carries a transition out: the status first, under the resourceVersion it was decided on, then everybody is told, once. */
import { isNotFound } from "../kube/errors.ts";
import { jobs } from "../kube/resources.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { recordEvent } from "../reporting/events.ts";
import { errorText } from "../reporting/log.ts";
import type { ControlContext } from "./context.ts";
import { noteExecution } from "./execution.ts";
import { withNotification } from "./notifications.ts";
import { replacing } from "./replacing.ts";
import type { StatusPatch, Transition } from "./transition.ts";
import { mergeConditions } from "./transition.ts";

/** Resolves with the object as it is afterwards; rejects with a conflict when it was changed meanwhile. */
export async function applyTransition(
  context: ControlContext,
  remediation: Live<Remediation>,
  { status, notice, tell, finishedJob, discardJob }: Transition,
): Promise<Live<Remediation>> {
  const { log, metrics, settings } = context;
  const isTold = tell !== undefined && settings.told?.includes(tell) === true;
  const queue = isTold ? withNotification({ ...remediation.status, ...status }, tell, context.now()) : undefined;
  const updated = await patchStatus(context, remediation, {
    ...status,
    ...(queue === undefined ? {} : { notifications: queue }),
  });
  const { phase, reason, message, attempts } = updated.status ?? {};
  const { name } = remediation.metadata;
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
  if (discardJob !== undefined) await discard(context, updated, discardJob);
  return updated;
}

/** Writes the fields that changed, conditions merged, and the first time the mode. Rejects like `Kube.patchStatus`; conflict = decide again. */
export async function patchStatus(
  { kube, settings }: ControlContext,
  remediation: Live<Remediation>,
  { conditions, look, ...fields }: StatusPatch,
): Promise<Live<Remediation>> {
  const { name, namespace = "", resourceVersion } = remediation.metadata;
  const merged = conditions ? mergeConditions(remediation.status?.conditions, conditions) : undefined;
  const mode = remediation.status?.mode ?? settings.mode;
  const status = {
    mode,
    ...fields,
    // A look has no part that holds on when a later one does not say it.
    ...(look === undefined ? {} : { look: replacing(remediation.status?.look, look) }),
    ...(merged === undefined ? {} : { conditions: merged }),
  };
  const body = { metadata: { resourceVersion }, status };
  return kube.patchStatus(remediations, { namespace, name }, { type: "merge", body });
}

/** A suspended Job that nobody let go. Garbage collection takes it with the record at the latest. */
async function discard({ kube, log }: ControlContext, remediation: Live<Remediation>, name: string): Promise<void> {
  const ref = { namespace: remediation.metadata.namespace ?? "", name };
  try {
    const { metadata, spec } = await kube.get(jobs, ref);
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === remediations.kind);
    if (spec?.suspend !== true || owner?.uid !== remediation.metadata.uid) return;
    const { uid, resourceVersion } = metadata;
    await kube.delete(jobs, ref, { preconditions: { uid, resourceVersion }, propagationPolicy: "Background" });
  } catch (error) {
    if (!isNotFound(error)) log.warn({ job: name, error: errorText(error) }, "suspended Job not deleted");
  }
}
