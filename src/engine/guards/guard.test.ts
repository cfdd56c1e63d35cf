import { expect, it } from "vitest";
import { aPlan, deletion, restart, rollback, touch } from "../../../test/support/guard-input.ts";
import type { ActPlan } from "./guard.ts";
import { patchesTarget, writesTemplate } from "./guard.ts";

it.each<[string, ActPlan, boolean, boolean]>([
  ["deletions", aPlan(deletion("n1"), deletion("n2")), false, false],
  ["a touch", aPlan(touch), false, true],
  ["a restart", aPlan(restart), true, true],
  ["a rollback", aPlan(rollback), true, true],
  ["a deletion and a restart", aPlan(deletion("n1"), restart), true, true],
  ["a deletion and a touch", aPlan(deletion("n1"), touch), false, true],
])("%s: writes the template %s, patches the target %s", (_name, plan, template, target) => {
  expect([writesTemplate(plan), patchesTarget(plan)]).toEqual([template, target]);
});
