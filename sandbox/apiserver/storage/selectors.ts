/** Label and field selectors as they come in a query string. */

import type { KubeObject } from "../object.ts";
import { badRequest } from "../status.ts";

export type Matcher = (object: KubeObject) => boolean;

interface LabelRequirement {
  key: string;
  operator: "in" | "notin" | "exists" | "absent";
  values: string[];
}

const setBased = /^\s*([^\s=!,()]+)\s+(in|notin)\s*\(([^)]*)\)\s*(?:,|$)/;
const equality = /^\s*([^\s=!,()]+)\s*(==|=|!=)\s*([^\s=!,()]*)\s*(?:,|$)/;
const presence = /^\s*(!?)\s*([^\s=!,()]+)\s*(?:,|$)/;

/** Parses `a=b,c!=d,e in (f,g),h,!i`. Errors: 400 that quotes what cannot be read. */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const requirements: LabelRequirement[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const set = setBased.exec(rest);
    const equal = set === null ? equality.exec(rest) : null;
    const present = set === null && equal === null ? presence.exec(rest) : null;
    const match = set ?? equal ?? present;
    if (match === null) throw badRequest(`unable to parse requirement: found '${rest}', expected: a label selector`);
    if (set !== null) {
      const values = (set[3] ?? "").split(",").map((value) => value.trim());
      requirements.push({ key: set[1] ?? "", operator: set[2] === "in" ? "in" : "notin", values });
    } else if (equal !== null) {
      requirements.push({
        key: equal[1] ?? "",
        operator: equal[2] === "!=" ? "notin" : "in",
        values: [equal[3] ?? ""],
      });
    } else if (present !== null) {
      requirements.push({ key: present[2] ?? "", operator: present[1] === "!" ? "absent" : "exists", values: [] });
    }
    rest = rest.slice(match[0].length).trim();
  }
  return requirements;
}

function meets(requirement: LabelRequirement, labels: Record<string, string>): boolean {
  const value = labels[requirement.key];
  switch (requirement.operator) {
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "notin":
      return value === undefined || !requirement.values.includes(value);
  }
}

export function labelMatcher(text: string): Matcher {
  const requirements = parseLabelSelector(text);
  return (object) => requirements.every((one) => meets(one, object.metadata.labels ?? {}));
}

/**
 * Parses `a=b,c!=d` over the fields that the resource offers.
 * Errors: 400 in the words of kube-apiserver for a field that it does not offer.
 */
export function fieldMatcher(text: string, fieldsOf: (object: KubeObject) => Record<string, string>): Matcher {
  const known = Object.keys(fieldsOf({ apiVersion: "", kind: "", metadata: {} }));
  const terms = text
    .split(",")
    .filter((term) => term.trim() !== "")
    .map((term) => {
      const match = /^\s*([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(term);
      if (match === null) throw badRequest(`invalid field selector: '${term}'; can't understand it`);
      const [, field = "", operator, value = ""] = match;
      if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return { field, equal: operator !== "!=", value };
    });
  return (object) => {
    const fields = fieldsOf(object);
    return terms.every((term) => ((fields[term.field] ?? "") === term.value) === term.equal);
  };
}
