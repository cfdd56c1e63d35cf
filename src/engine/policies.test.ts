import { describe, expect, it } from "vitest";
import { lowerPolicies } from "./policies.ts";
import type { Policies } from "./types.ts";

const most: Policies = { strategy: "restart", rollback: "auto", delete: "on", forceDelete: ["uid-1"] };
const least: Policies = { strategy: "guided", rollback: "off", delete: "off", forceDelete: [] };
const key = (name: string) => `operarius.openfero.io/${name}`;
const ROLLBACKS = ["off", "suggest", "approve", "auto"] as const;

function lowered(flags: Policies, target: Record<string, string>, namespace: Record<string, string> | undefined = {}) {
  return lowerPolicies(flags, { annotations: target, namespaceAnnotations: namespace });
}

describe("annotations lower", () => {
  const cases = ROLLBACKS.flatMap((flag) => ROLLBACKS.map((annotation) => [flag, annotation] as const));
  it.each(cases)("rollback %s by %s, and never raise it", (flag, annotation) => {
    const want = ROLLBACKS[Math.min(ROLLBACKS.indexOf(flag), ROLLBACKS.indexOf(annotation))];
    const result = lowered({ ...most, rollback: flag }, { [key("rollback")]: annotation });
    expect(result).toMatchObject({ kind: "policies", policies: { rollback: want } });
    expect(result.kind === "policies" && result.notes.length).toBe(want === flag ? 0 : 1);
  });

  it.each<[string, string, Partial<Policies>]>([
    ["strategy", "guided", { strategy: "guided" }],
    ["delete", "off", { delete: "off" }],
  ])("%s to %s, by the target or by its namespace", (name, value, want) => {
    for (const result of [lowered(most, { [key(name)]: value }), lowered(most, {}, { [key(name)]: value })]) {
      expect(result).toMatchObject({ kind: "policies", policies: { ...most, ...want } });
    }
  });

  it("to the lower of both", () => {
    const result = lowered(most, { [key("rollback")]: "approve" }, { [key("rollback")]: "suggest" });
    expect(result).toMatchObject({
      policies: { rollback: "suggest" },
      notes: [
        "rollback lowered from auto to approve by the target's annotation",
        "rollback lowered from approve to suggest by the namespace's annotation",
      ],
    });
  });

  it("never raise anything", () => {
    const all = { [key("strategy")]: "restart", [key("rollback")]: "auto", [key("delete")]: "on" };
    expect(lowered(least, all, all)).toEqual({ kind: "policies", policies: least, notes: [] });
  });

  it("say nothing about approvals of single pods", () => {
    expect(lowered(most, {}, undefined)).toEqual({ kind: "policies", policies: most, notes: [] });
  });
});

describe("an unreadable value blocks", () => {
  it("says who wrote what and which words there are", () => {
    expect(lowered(most, { [key("delete")]: "off", [key("rollback")]: "no" })).toEqual({
      kind: "unreadable",
      message:
        'The target\'s annotation operarius.openfero.io/rollback is "no"; it must be one of off, suggest, approve, auto. Nothing is written until it is readable.',
    });
  });

  it.each([
    ["rollback", "Auto"],
    ["rollback", ""],
    ["rollback", "true"],
    ["delete", "no"],
    ["strategy", "restart\n"],
    ["delete", "constructor"],
  ])("%s: %j", (name, value) => {
    for (const [where, result] of [
      ["target", lowered(most, { [key(name)]: value })],
      ["namespace", lowered(most, {}, { [key(name)]: value })],
    ] as const) {
      expect(result.kind).toBe("unreadable");
      expect(result.kind === "unreadable" && result.message).toContain(
        `The ${where}'s annotation ${key(name)} is ${JSON.stringify(value)}`,
      );
    }
  });
});
