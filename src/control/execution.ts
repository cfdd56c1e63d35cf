/** `status` of an Operarius: what its last execution was and became (CONTRACT §1). */
import { isConflict, isNotFound, StatusError } from "../kube/errors.ts";
import type { Live } from "../kube/types.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { operariuses } from "../operarius/operarius.ts";
import type { Remediation } from "../operarius/remediation.ts";
import type { ExecutionStatus, OperariusStatus } from "../operarius/schema.ts";
import { errorText } from "../reporting/log.ts";
import type { ControlContext } from "./context.ts";
import { instant } from "./transition.ts";

const MAX_CONFLICTS = 8;

/**
 * A Job was started: counted once per Job name, whoever retries. `foundAt`: it was there already, made at that time; then
 * an execution that was noted since stands for it, too, so that no count is too high. Rejects when the API server was not there to be told,
 * so that the pass is repeated; a refusal is only logged.
 */
export async function noteStarted(
  context: ControlContext,
  operarius: string,
  { jobName, foundAt }: { jobName: string; foundAt?: number | undefined },
): Promise<void> {
  const failure = await update(context, operarius, (status) =>
    status.lastExecutedJobName === jobName || instant(status.lastExecutionTime) >= (foundAt ?? Number.POSITIVE_INFINITY)
      ? undefined
      : {
          lastExecutionTime: new Date(context.now()).toISOString(),
          executionCount: (status.executionCount ?? 0) + 1,
          lastExecutedJobName: jobName,
          lastExecutionStatus: "Pending",
        },
  );
  if (failure !== undefined && !(failure instanceof StatusError && failure.code < 500)) throw failure;
}

/**
 * Whether the Job was counted for this record. That of an earlier record of the same name, which somebody has deleted,
 * was counted before this one came.
 */
export function isCounted(
  { metadata, spec }: Live<Remediation>,
  jobName: string,
  { lastExecutedJobName, lastExecutionTime }: OperariusStatus,
): boolean {
  const came = Math.min(instant(spec.receivedAt), instant(metadata.creationTimestamp));
  return lastExecutedJobName === jobName && instant(lastExecutionTime) >= came;
}

/** The same, asked of its Operarius. Rejects when that cannot be read. */
export async function wasCounted(
  { kube, settings }: ControlContext,
  remediation: Live<Remediation>,
  jobName: string,
): Promise<boolean> {
  const ref = { namespace: settings.namespace, name: remediation.spec.operarius.name };
  try {
    return isCounted(remediation, jobName, (await kube.get<OperariusObject>(operariuses, ref)).status ?? {});
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Sets lastExecutionStatus; with `jobName` only while that Job is still the last one. */
export async function noteExecution(
  context: ControlContext,
  operarius: string,
  lastExecutionStatus: ExecutionStatus,
  jobName?: string,
): Promise<void> {
  await update(context, operarius, (status) =>
    status.lastExecutionStatus === lastExecutionStatus ||
    (jobName !== undefined && status.lastExecutedJobName !== jobName)
      ? undefined
      : { lastExecutionStatus },
  );
}

/**
 * Read, change, write under the resourceVersion read; again on conflict. Resolves with what went wrong: it informs
 * people, it decides nothing.
 */
async function update(
  context: ControlContext,
  name: string,
  change: (status: OperariusStatus) => OperariusStatus | undefined,
): Promise<Error | undefined> {
  const { kube, log, settings } = context;
  const ref = { namespace: settings.namespace, name };
  for (let tries = 1; ; tries++) {
    try {
      const object = await kube.get<OperariusObject>(operariuses, ref);
      const status = change(object.status ?? {});
      if (status === undefined) return undefined;
      const { resourceVersion } = object.metadata;
      await kube.patchStatus(operariuses, ref, { type: "merge", body: { metadata: { resourceVersion }, status } });
      return undefined;
    } catch (error) {
      if (isConflict(error) && tries < MAX_CONFLICTS) continue;
      log.warn({ operarius: name, error: errorText(error) }, "status of the Operarius not written");
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
