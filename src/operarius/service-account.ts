/** Under which ServiceAccounts the Jobs of a namespace may run (pure). Its owner says so by an annotation. */
import type { Operarius } from "./operarius.ts";

/** On the namespace of the Operarii: names, comma-separated; `*` at the end of one stands for any ending. */
export const SERVICE_ACCOUNTS_ANNOTATION = "operarius.openfero.io/service-accounts";

/**
 * Why the Job of this Operarius may not run under the account it names, with the way out; undefined when it may. Without
 * the annotation every account may but the server's own, which never may: it can answer approvals.
 */
export function serviceAccountProblem(
  operarius: Operarius,
  namespaceAnnotations: Readonly<Record<string, string>> | undefined,
  ownServiceAccount: string | undefined,
): string | undefined {
  const { name, namespace } = operarius.metadata;
  const account = accountOf(operarius);
  const where = "spec.jobTemplate.spec.template.spec.serviceAccountName";
  if (account === ownServiceAccount) {
    return `Operarius ${name} names ServiceAccount ${account}, the server's own, under which no Job may run; give it one with the rights of the repair in ${where}.`;
  }
  const list = namespaceAnnotations?.[SERVICE_ACCOUNTS_ANNOTATION];
  if (list === undefined || list.split(",").some((pattern) => isNamedBy(pattern.trim(), account))) return undefined;
  return `Operarius ${name} names ServiceAccount ${account}, and namespace ${namespace} allows only ${JSON.stringify(list)} (annotation ${SERVICE_ACCOUNTS_ANNOTATION}); change ${where}, or let the owner of the namespace add it.`;
}

/** As the API server understands a pod: the old name of the field counts where the new one is empty. */
function accountOf({ spec }: Operarius): string {
  const { serviceAccountName, serviceAccount } = spec.jobTemplate.spec.template.spec ?? {};
  return serviceAccountName || serviceAccount || "default";
}

function isNamedBy(pattern: string, account: string): boolean {
  return pattern.endsWith("*") ? account.startsWith(pattern.slice(0, -1)) : account === pattern;
}
