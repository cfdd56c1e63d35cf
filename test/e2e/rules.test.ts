import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { shortened } from "./rules.ts";

const folder = join(import.meta.dirname, "..", "..", "deploy", "rules");

test.each(["guarded", "plain"])("the %s rule stays as it is, apart from its times", (form) => {
  const shipped = readFileSync(join(folder, `kube-daemonset-rollout-stuck.${form}.yaml`), "utf8");
  const [rule] = parse(shortened(shipped, { for: "7s", range: "3s" })).groups[0].rules;
  expect(rule.for).toBe("7s");
  expect(rule.expr.includes("[3s]")).toBe(form === "guarded");
  const restored = { ...rule, for: "15m", expr: rule.expr.replaceAll("[3s]", "[5m]") };
  expect(restored).toEqual(parse(shipped).spec.groups[0].rules[0]);
});

test("times that it does not know are not guessed", () => {
  const rule = (expr: string, wait: string): string =>
    JSON.stringify({ spec: { groups: [{ name: "g", rules: [{ alert: "A", expr, for: wait }] }] } });
  const pace = { for: "7s", range: "3s" };
  expect(() => shortened(rule("up == 0", "10m"), pace)).toThrow("A waits for 10m");
  expect(() => shortened(rule("changes(up[20m]) == 0", "15m"), pace)).toThrow("A looks back over [20m]");
});
