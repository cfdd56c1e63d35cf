/** Label selectors inside objects (metav1.LabelSelector): faults, and what they match. */
import { asList, asMap, asString, isMap, sameJson } from "../object.ts";
import type { Cause } from "../status.ts";
import { badValue, required } from "../status.ts";
import { labelsFaults } from "./names.ts";

/** Faults of a selector. */
export function selectorFaults(field: string, selector: unknown): Cause[] {
  if (!isMap(selector)) return [];
  const faults = labelsFaults(`${field}.matchLabels`, selector.matchLabels);
  asList(selector.matchExpressions).forEach((one, index) => {
    const operator = asString(asMap(one).operator);
    const values = asList(asMap(one).values);
    const at = `${field}.matchExpressions[${index}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        faults.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator !== "Exists" && operator !== "DoesNotExist") {
      faults.push(badValue(`${at}.operator`, operator, "not a valid selector operator"));
    }
  });
  return faults;
}

/** True when the selector has no requirement at all. */
export function isEmptySelector(selector: unknown): boolean {
  return (
    Object.keys(asMap(asMap(selector).matchLabels)).length === 0 &&
    asList(asMap(selector).matchExpressions).length === 0
  );
}

/** Whether the selector matches `labels`. */
export function selectorMatches(selector: unknown, labels: unknown): boolean {
  const have = asMap(labels);
  const wanted = asMap(asMap(selector).matchLabels);
  if (!Object.entries(wanted).every(([key, value]) => sameJson(have[key], value))) return false;
  return asList(asMap(selector).matchExpressions).every((one) => {
    const { key, operator, values } = asMap(one);
    const value = have[asString(key)];
    switch (operator) {
      case "In":
        return value !== undefined && asList(values).includes(value);
      case "NotIn":
        return value === undefined || !asList(values).includes(value);
      case "Exists":
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}
