/** The shipped alert rules, sooner. Pure. */
import { parse, stringify } from "yaml";

interface Rule {
  alert: string;
  expr: string;
  for: string;
  [field: string]: unknown;
}

interface PrometheusRule {
  spec: { groups: { name: string; rules: Rule[] }[] };
}

export interface Pace {
  /** In place of `for`. */
  for: string;
  /** In place of the range in the expression. */
  range: string;
}

/**
 * A rule file for Prometheus from a PrometheusRule: `for` and the ranges are shortened, everything else stays as it is.
 * Errors: when the shipped rule waits for something else than 15m, or looks back over something else than 5m.
 */
export function shortened(prometheusRule: string, pace: Pace): string {
  const { groups } = (parse(prometheusRule) as PrometheusRule).spec;
  return stringify({
    groups: groups.map((group) => ({ ...group, rules: group.rules.map((rule) => shortenedRule(rule, pace)) })),
  });
}

function shortenedRule(rule: Rule, pace: Pace): Rule {
  if (rule.for !== "15m") throw new Error(`${rule.alert} waits for ${rule.for}, 15m was expected`);
  const ranges = rule.expr.match(/\[[^\]]*\]/g) ?? [];
  if (ranges.some((range) => range !== "[5m]")) {
    throw new Error(`${rule.alert} looks back over ${ranges.join(", ")}, [5m] was expected`);
  }
  return { ...rule, expr: rule.expr.replaceAll("[5m]", `[${pace.range}]`), for: pace.for };
}
