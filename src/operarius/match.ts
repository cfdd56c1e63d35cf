import type { Alert } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import type { Operarius } from "./operarius.ts";

/**
 * The Operarius that answers an alert: enabled, same alert name and status, every label of its selector equal; the
 * highest priority wins, ties are settled by name (then namespace). Undefined when none matches.
 */
export function match(alert: Alert, operarii: readonly Operarius[]): Operarius | undefined {
  return operarii.filter((candidate) => selects(candidate, alert)).toSorted(byPrecedence)[0];
}

/** Whether this Operarius by itself would answer the alert. */
function selects(operarius: Operarius, alert: Alert): boolean {
  const { alertSelector, enabled } = operarius.spec;
  return (
    enabled !== false &&
    alertSelector.alertname === alertName(alert) &&
    alertSelector.status === alert.status &&
    Object.entries(alertSelector.labels ?? {}).every(([name, value]) => alert.labels[name] === value)
  );
}

function byPrecedence(a: Operarius, b: Operarius): number {
  return (
    (b.spec.priority ?? 0) - (a.spec.priority ?? 0) ||
    compare(a.metadata.name, b.metadata.name) ||
    compare(a.metadata.namespace ?? "", b.metadata.namespace ?? "")
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
