/** Label selectors, after apimachinery's metav1.LabelSelectorAsSelector. */
import type { LabelSelector } from "kubernetes-types/meta/v1";

type Labels = Readonly<Record<string, string>>;

/** True when `labels` satisfy `selector`. An absent selector selects nothing, an empty one everything. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  const have = labels ?? {};
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => have[key] === value);
  return exact && (selector.matchExpressions ?? []).every((rule) => matchesExpression(rule, have));
}

/** True when the selector has no requirement at all and would therefore select every object. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
}

/** One requirement (In, NotIn, Exists, DoesNotExist, Gt, Lt). An unknown operator matches nothing. */
export function matchesExpression(rule: { key: string; operator: string; values?: string[] }, have: Labels): boolean {
  const value = have[rule.key];
  const values = rule.values ?? [];
  switch (rule.operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
