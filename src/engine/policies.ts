/** Flags are the ceiling; annotations on the target or its namespace can only lower it (pure). */
import type { GuardFacts, Policies } from "./types.ts";

const PREFIX = "operarius.openfero.io/";
/** From least to most. */
const LEVELS = {
  strategy: ["guided", "restart"],
  rollback: ["off", "suggest", "approve", "auto"],
  delete: ["off", "on"],
} as const;

type Name = keyof typeof LEVELS;

export type Lowered =
  | { kind: "policies"; policies: Policies; notes: readonly string[] }
  | { kind: "unreadable"; message: string };

/** The policies that hold for a target. An annotation with a value that is not one of the levels blocks everything. */
export function lowerPolicies(
  flags: Policies,
  facts: Pick<GuardFacts, "annotations" | "namespaceAnnotations">,
): Lowered {
  const chosen: Record<Name, string> = { strategy: flags.strategy, rollback: flags.rollback, delete: flags.delete };
  const notes: string[] = [];
  for (const [where, annotations] of [
    ["target", facts.annotations],
    ["namespace", facts.namespaceAnnotations ?? {}],
  ] as const) {
    for (const name of ["strategy", "rollback", "delete"] as const) {
      const value = annotations[PREFIX + name];
      if (value === undefined) continue;
      const levels: readonly string[] = LEVELS[name];
      if (!levels.includes(value)) {
        return {
          kind: "unreadable",
          message: `The ${where}'s annotation ${PREFIX}${name} is ${JSON.stringify(value)}; it must be one of ${levels.join(", ")}. Nothing is written until it is readable.`,
        };
      }
      if (levels.indexOf(value) < levels.indexOf(chosen[name])) {
        notes.push(`${name} lowered from ${chosen[name]} to ${value} by the ${where}'s annotation`);
        chosen[name] = value;
      }
    }
  }
  return {
    kind: "policies",
    notes,
    policies: {
      strategy: chosen.strategy === "restart" ? "restart" : "guided",
      rollback: LEVELS.rollback.find((level) => level === chosen.rollback) ?? "off",
      delete: chosen.delete === "on" ? "on" : "off",
      forceDelete: flags.forceDelete,
      ...(flags.mode === undefined ? {} : { mode: flags.mode }),
    },
  };
}
