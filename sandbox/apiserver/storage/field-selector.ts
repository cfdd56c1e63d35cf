/** Field selectors of a query string. */
import type { KubeObject } from "../object.ts";
import { badRequest } from "../status.ts";

/** How the kinds of a resource are asked for their fields. */
export interface SelectableFields {
  of: (object: KubeObject) => Record<string, string>;
  /** The words for a field that it does not offer. */
  unknown: (field: string) => string;
}

/** Parses `a=b,c!=d`. Errors: 400 for what cannot be read, and for a field that the resource does not offer. */
export function fieldMatcher(text: string, { of, unknown }: SelectableFields): (object: KubeObject) => boolean {
  const known = Object.keys(of({ apiVersion: "", kind: "", metadata: {} }));
  const terms = text
    .split(",")
    .filter((term) => term.trim() !== "")
    .map((term) => {
      const match = /^\s*([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(term);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = "", operator, value = ""] = match;
      if (!known.includes(field)) throw badRequest(unknown(field));
      return { field, equal: operator !== "!=", value };
    });
  return (object) => {
    const fields = of(object);
    return terms.every((term) => ((fields[term.field] ?? "") === term.value) === term.equal);
  };
}
