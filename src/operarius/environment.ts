import type { Container, EnvVar } from "kubernetes-types/core/v1";
import { escapeReferences } from "./expansion.ts";
import { shortHash } from "./names.ts";
import { targetNamespace } from "./target.ts";

/**
 * `OPENFERO_<LABEL>` for every label (CONTRACT §1, §3.3, §3.5): upper case, `-` as `_`. OPENFERO_NAMESPACE is the
 * namespace the alert is about; the raw label stays in OPENFERO_LABEL_NAMESPACE. A name that is no C identifier, or that
 * another label has already taken, gets a hash of the label's name appended. Values are data: `$(X)` is escaped.
 */
export function labelVariables(labels: Readonly<Record<string, string>>): EnvVar[] {
  const values = new Map<string, string>();
  // Only what the alert is about goes by this name: our remedy acts there.
  const namespace = targetNamespace(labels);
  if (namespace !== "") values.set("OPENFERO_NAMESPACE", namespace);
  const raw = labels.namespace ?? "";
  if (raw !== "") values.set("OPENFERO_LABEL_NAMESPACE", raw);
  for (const name of Object.keys(labels).toSorted(plainNamesFirst)) {
    if (name === "" || name === "namespace") continue;
    values.set(variableName(name, values), labels[name] ?? "");
  }
  return [...values].map(([name, value]) => ({ name, value: escapeReferences(value) }));
}

/** The container with `variables` in front of its own; a variable that it sets itself wins and is left alone. */
export function withVariables(container: Container, variables: readonly EnvVar[]): Container {
  const own = container.env ?? [];
  const taken = new Set(own.map(({ name }) => name));
  return { ...container, env: [...variables.filter(({ name }) => !taken.has(name)), ...own] };
}

function variableName(label: string, taken: ReadonlyMap<string, string>): string {
  const plain = `OPENFERO_${label.toUpperCase().replaceAll("-", "_")}`;
  const isFree = (name: string) => name !== "OPENFERO_NAMESPACE" && !taken.has(name);
  if (/^[A-Z0-9_]+$/.test(plain) && isFree(plain)) return plain;
  const legal = plain.replaceAll(/[^A-Z0-9_]/g, "_");
  const mangled = (length: number) => `${legal}_${shortHash([label], length).toUpperCase()}`;
  // Another label may be called like a mangled name; the hash has fifty characters to go on with.
  let length = 6;
  while (!isFree(mangled(length)) && length < 50) length += 1;
  return mangled(length);
}

/** Labels that are variable names already come first, so that they keep theirs when another one collides. */
function plainNamesFirst(a: string, b: string): number {
  const rank = (name: string) => (/^[a-z0-9_]+$/.test(name) ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}
