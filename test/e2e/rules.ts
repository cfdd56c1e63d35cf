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
 * What any kube-prometheus-stack fires beside ours when a pod crashes: in the same group, mostly earlier, and nobody's
 * business here. With honor_labels its `pod` and `container` are the crashing ones.
 */
const neighbour: Rule = {
  alert: "KubePodCrashLooping",
  expr: 'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff", job="kube-state-metrics"}[5s]) >= 1',
  for: "0s",
  labels: { severity: "warning" },
};

/**
 * A rule file for Prometheus from a PrometheusRule: `for` and the ranges are shortened, everything else stays as it is.
 * One more group has the neighbour that such alerts have in reality.
 * Errors: when the shipped rule waits for something else than 15m, or looks back over something else than 5m.
 */
export function shortened(prometheusRule: string, pace: Pace): string {
  const { groups } = (parse(prometheusRule) as PrometheusRule).spec;
  const ours = groups.map((group) => ({ ...group, rules: group.rules.map((rule) => shortenedRule(rule, pace)) }));
  return stringify({ groups: [...ours, { name: "kubernetes-apps", rules: [neighbour] }] });
}

function shortenedRule(rule: Rule, pace: Pace): Rule {
  if (rule.for !== "15m") throw new Error(`${rule.alert} waits for ${rule.for}, 15m was expected`);
  const ranges = rule.expr.match(/\[[^\]]*\]/g) ?? [];
  if (ranges.some((range) => range !== "[5m]")) {
    throw new Error(`${rule.alert} looks back over ${ranges.join(", ")}, [5m] was expected`);
  }
  return { ...rule, expr: rule.expr.replaceAll("[5m]", `[${pace.range}]`), for: pace.for };
}
