/** Opt-out: an annotation on the target or its namespace switches the remedy off, for good or until a date. */
import type { GuardFacts } from "../types.ts";
import type { Guard } from "./guard.ts";
import { pass } from "./guard.ts";

const REMEDY_ANNOTATION = "operarius.openfero.io/remedy";

/** Why the value switches off at this time; undefined when it does not. */
function whyOff(value: string | undefined, at: number): string | undefined {
  if (value === undefined || value === "enabled") return undefined;
  if (value === "disabled") return "disabled";
  const until = /^disabled until (\S+)$/.exec(value)?.[1];
  const end = until ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(end))
    return `${JSON.stringify(value)}, which is not readable (use "disabled" or "disabled until 2030-01-31T00:00:00Z")`;
  return at < end ? value : undefined;
}

/** Who switched the remedy off and how, as one sentence; undefined when nobody that can be read has. */
export function optOutSentence(
  { annotations, namespaceAnnotations }: Pick<GuardFacts, "annotations" | "namespaceAnnotations">,
  at: number,
): string | undefined {
  for (const [where, own] of [
    ["target", annotations],
    ["namespace", namespaceAnnotations ?? {}],
  ] as const) {
    const why = whyOff(own[REMEDY_ANNOTATION], at);
    if (why) return `The ${where}'s annotation ${REMEDY_ANNOTATION} says ${why}.`;
  }
  return undefined;
}

export const optOut: Guard = {
  name: "OptOut",
  judge({ facts, at }) {
    const message = optOutSentence(facts, at);
    if (message) return { kind: "veto", reason: "OptedOut", message };
    return facts.namespaceAnnotations === undefined
      ? {
          kind: "not-evaluated",
          scope: "namespaces",
          message: "The namespace's annotations cannot be read with these rights.",
        }
      : pass;
  },
};
