/** The small part of JSONPath that additionalPrinterColumns use: `.a.b`, `.a['b.c']`, `[0]`, `[?(@.type=="Ready")]`. */
import { asList, isMap } from "../object.ts";

const step =
  /^(?:\.([A-Za-z0-9_$-]+)|\.?\[['"]([^'"]+)['"]\]|\.?\[(\d+|\*)\]|\.?\[\?\(@\.([\w.]+)\s*==\s*['"]([^'"]*)['"]\)\])/;

function read(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((current, key) => (isMap(current) ? current[key] : undefined), value);
}

/** All values at `path`; empty when there are none or the path cannot be read. */
export function valuesAt(root: unknown, path: string): unknown[] {
  let rest = path.replace(/^\{|\}$/g, "").replaceAll("\\.", "\u0000");
  let values: unknown[] = [root];
  while (rest !== "") {
    const match = step.exec(rest);
    if (match === null) return [];
    const [whole, name, quoted, index, field, wanted] = match;
    const key = (name ?? quoted)?.replaceAll("\u0000", ".");
    if (key !== undefined) values = values.map((value) => (isMap(value) ? value[key] : undefined));
    else if (index === "*") values = values.flatMap(asList);
    else if (index !== undefined) values = values.map((value) => asList(value)[Number(index)]);
    else values = values.flatMap(asList).filter((value) => read(value, field ?? "") === wanted);
    rest = rest.slice(whole.length);
  }
  return values.filter((value) => value !== undefined && value !== null);
}
