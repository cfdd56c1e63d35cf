/** Under which ServiceAccount a Job may run is asked of its namespace before the Job is made. */
import { isForbidden, isNotFound } from "../kube/errors.ts";
import { namespaces } from "../kube/resources.ts";
import type { Operarius } from "../operarius/operarius.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { serviceAccountProblem } from "../operarius/service-account.ts";
import { errorText } from "../reporting/log.ts";
import type { ControlContext } from "./context.ts";
import type { Transition } from "./transition.ts";
import { end, instant } from "./transition.ts";

/** How long a namespace that the API server refuses to show is asked for again. */
const GIVE_UP_MS = 60 * 60 * 1000;

/** The end of the record whose Job may not run under its account. Rejects while the namespace cannot be asked. */
export async function accountForbidden(
  { kube, now, settings }: ControlContext,
  remediation: Remediation,
  operarius: Operarius,
): Promise<Transition | undefined> {
  const { namespace } = operarius.metadata;
  try {
    const { annotations } = (await kube.get(namespaces, { name: namespace })).metadata;
    const problem = serviceAccountProblem(operarius, annotations, settings.ownServiceAccount);
    return problem === undefined ? undefined : end(now(), "Failed", "ServiceAccountNotAllowed", problem);
  } catch (error) {
    const isRefused = isForbidden(error) || isNotFound(error);
    if (!isRefused || now() - instant(remediation.spec.receivedAt) <= GIVE_UP_MS) throw error;
    const message = `Namespace ${namespace} could not be read, so which ServiceAccounts it allows is not known: ${errorText(error)}`;
    return end(now(), "Failed", "NamespaceUnreadable", message);
  }
}
