/** Opt-out: an annotation on the target or its namespace switches the remedy off, for good or until a date. */
import type { Guard } from "./guard.ts";
import { pass } from "./guard.ts";

const REMEDY_ANNOTATION = "operarius.openfero.io/remedy";

function judgeValue(value: string | undefined, at: number): { off: boolean; why: string } {
  if (value === undefined || value === "enabled") return { off: false, why: "" };
  if (value === "disabled") return { off: true, why: "disabled" };
  const until = /^disabled until (\S+)$/.exec(value)?.[1];
  const end = until ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(end))
    return {
      off: true,
      why: `${JSON.stringify(value)} is not readable (use "disabled" or "disabled until 2030-01-31T00:00:00Z")`,
    };
  return { off: at < end, why: value };
}

export const optOut: Guard = {
  name: "OptOut",
  judge({ facts, at }) {
    const own = judgeValue(facts.annotations[REMEDY_ANNOTATION], at);
    if (own.off)
      return {
        kind: "veto",
        reason: "OptedOut",
        message: `The target's annotation ${REMEDY_ANNOTATION} says ${own.why}.`,
      };
    if (facts.namespaceAnnotations === undefined) {
      return {
        kind: "not-evaluated",
        scope: "namespaces",
        message: "The namespace's annotations cannot be read with these rights.",
      };
    }
    const inherited = judgeValue(facts.namespaceAnnotations[REMEDY_ANNOTATION], at);
    return inherited.off
      ? {
          kind: "veto",
          reason: "OptedOut",
          message: `The namespace's annotation ${REMEDY_ANNOTATION} says ${inherited.why}.`,
        }
      : pass;
  },
};
