import type { Alert } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import type { Operarius } from "./operarius.ts";

/**
 * The Operarius that answers an alert: enabled, same alert name and status, every label of its selector equal, every
 * matcher fitting; the highest priority wins, ties are settled by name (then namespace). Undefined when none matches.
 */
export function match(alert: Alert, operarii: readonly Operarius[]): Operarius | undefined {
  return answering(alert, operarii)[0];
}

/** All that would answer the alert, the one that does first. */
export function answering(alert: Alert, operarii: readonly Operarius[]): Operarius[] {
  return operarii.filter((candidate) => selects(candidate, alert)).toSorted(byPrecedence);
}

/** A condition of an Operarius that an alert does not meet. */
export interface Miss {
  reason: "OtherAlertName" | "Disabled" | "OtherStatus" | "LabelMissing" | "LabelDiffers" | "MatcherFails";
  message: string;
}

function selects(operarius: Operarius, alert: Alert): boolean {
  return misses(operarius, alert).next().done === true;
}

/** Every condition of the Operarius that the alert does not meet, one at a time; none = it would answer the alert. */
export function* misses({ spec, matchers }: Operarius, alert: Alert): Generator<Miss, undefined> {
  const { alertname, status, labels = {} } = spec.alertSelector;
  const name = alertName(alert);
  if (alertname !== name) {
    const own = name === "" ? "this alert has no name" : `this alert is ${shown(name)}`;
    yield { reason: "OtherAlertName", message: `it answers ${shown(alertname)}, ${own}` };
  }
  if (spec.enabled === false) yield { reason: "Disabled", message: "it is disabled (spec.enabled is false)" };
  if (status !== alert.status) {
    yield { reason: "OtherStatus", message: `it answers ${status} alerts, this one is ${alert.status}` };
  }
  for (const [label, wanted] of Object.entries(labels)) {
    const value = labelOf(alert, label);
    if (value === undefined) {
      yield { reason: "LabelMissing", message: `label ${label} is missing, it has to be ${shown(wanted)}` };
    } else if (value !== wanted) {
      yield { reason: "LabelDiffers", message: `label ${label} is ${shown(value)}, not ${shown(wanted)}` };
    }
  }
  for (const matcher of matchers) {
    const value = labelOf(alert, matcher.name);
    if (matcher.fits(value ?? "")) continue;
    const state = value === undefined ? "is missing" : `is ${shown(value)}`;
    yield { reason: "MatcherFails", message: `matcher ${matcher.source} fails: label ${matcher.name} ${state}` };
  }
}

function labelOf({ labels }: Alert, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** A value as part of a sentence; some are long, and they are foreign. */
function shown(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
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
