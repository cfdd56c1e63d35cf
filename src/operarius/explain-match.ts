/** Why an Operarius does or does not answer an alert, in words (pure). Decides nothing: match.ts does. */
import type { Alert } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import { answering, misses } from "./match.ts";
import type { Operarius, ReadOperarius } from "./operarius.ts";

/** A condition that is not met. `reason` is a CamelCase constant, `message` the end of a sentence about the Operarius. */
export interface Failing {
  reason: string;
  message: string;
}

/** What one Operarius has to say about an alert. */
export interface ExplainedOperarius {
  name: string;
  namespace: string;
  /** outranked: it fits, and another one that fits goes first. invalid: it answers nothing until it is corrected. */
  kind: "answers" | "outranked" | "misses" | "invalid";
  /** Empty when it fits. */
  failing: readonly Failing[];
}

/** Why nothing answers an alert. */
export interface Unmatched {
  reason: "NoOperarii" | "NoOperariusForAlertName" | "ConditionsNotMet";
  message: string;
  nearest?: { operarius: string; why: string };
}

export interface MatchExplanation {
  /** The Operarius that answers; the same as match() says. */
  answer?: Operarius;
  /** Only when nothing answers. */
  unmatched?: Unmatched;
  /** Every Operarius: the answering one first, then those that fit, then the others, the nearest first. */
  operarii: readonly ExplainedOperarius[];
}

/** What is explained, and what it takes to bring it into order. */
interface Candidate extends ExplainedOperarius {
  sameAlertName: boolean;
}

/**
 * Says of every Operarius whether it answers the alert and, if not, which conditions are not met. The nearest miss is
 * meant for the alert's name if any is, and has the fewest conditions that are not met.
 */
export function explainMatch(alert: Alert, operarii: readonly ReadOperarius[]): MatchExplanation {
  const usable = operarii.flatMap((read) => (read.kind === "operarius" ? [read.operarius] : []));
  const fitting = answering(alert, usable);
  const [answer] = fitting;
  const others = operarii
    .filter((read) => read.kind === "invalid" || !fitting.includes(read.operarius))
    .map((read) => candidate(read, alert))
    .toSorted(byNearness);
  const explained = [...fitting.map((operarius, index) => fits(operarius, index === 0)), ...others.map(plain)];
  return answer === undefined
    ? { unmatched: unmatched(alert, others), operarii: explained }
    : { answer, operarii: explained };
}

function fits({ metadata: { name, namespace } }: Operarius, isFirst: boolean): ExplainedOperarius {
  return { name, namespace, kind: isFirst ? "answers" : "outranked", failing: [] };
}

function candidate(read: ReadOperarius, alert: Alert): Candidate {
  if (read.kind === "invalid") {
    const { name, namespace, reason, message, alertname } = read;
    const failing = [{ reason, message: `it is invalid: ${message}` }];
    return { name, namespace, kind: "invalid", failing, sameAlertName: alertname === alertName(alert) };
  }
  const { metadata, spec } = read.operarius;
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    kind: "misses",
    failing: [...misses(read.operarius, alert)],
    sameAlertName: spec.alertSelector.alertname === alertName(alert),
  };
}

function plain({ name, namespace, kind, failing }: Candidate): ExplainedOperarius {
  return { name, namespace, kind, failing };
}

function byNearness(a: Candidate, b: Candidate): number {
  return (
    Number(b.sameAlertName) - Number(a.sameAlertName) ||
    distance(a) - distance(b) ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  );
}

/** What is invalid and meant for another alert, as far as can be read, is no miss at all. */
function distance({ kind, failing, sameAlertName }: Candidate): number {
  return kind === "invalid" && !sameAlertName ? 1000 : failing.length;
}

function unmatched(alert: Alert, candidates: readonly Candidate[]): Unmatched {
  const [nearest] = candidates;
  if (nearest === undefined) return { reason: "NoOperarii", message: "There is no Operarius." };
  const name = alertName(alert);
  const near = { operarius: nearest.name, why: nearest.failing.map(({ message }) => message).join("; ") };
  if (nearest.sameAlertName) {
    const message = `No Operarius for this alert fits; the nearest is ${near.operarius}: ${near.why}.`;
    return { reason: "ConditionsNotMet", message, nearest: near };
  }
  const message = name === "" ? "The alert has no name." : "No Operarius answers an alert of this name.";
  return { reason: "NoOperariusForAlertName", message, nearest: near };
}
