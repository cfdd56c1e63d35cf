/** How everything of ours is named and marked on a cluster that belongs to the user. Pure. */
import type { Taint } from "kubernetes-types/core/v1";

/** Label of everything that is not inside a namespace, and taint of the nodes; the value is the namespace. */
export const markKey = "operarius.openfero.io/test";

/** Names of nodes and namespaces are made from it, and they may have 63 characters. */
const longestName = 30;

/** Why this cannot be a namespace of our own, as the end of a sentence; undefined when it can. */
export function problemWithName(name: string): string | undefined {
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    return "is no name for it: lower-case letters, digits and hyphens, a letter first and no hyphen at the end";
  }
  if (name.length > longestName) return `is too long: at most ${longestName} characters, names are made from it`;
  if (name === "default" || name === "kube" || name.startsWith("kube-") || name.startsWith("openshift")) {
    return "belongs to Kubernetes itself";
  }
  return undefined;
}

/** The label of everything of ours. */
export function marksOf(namespace: string): Record<string, string> {
  return { [markKey]: namespace };
}

/** The same as a label selector. */
export function selectorOf(namespace: string): string {
  return `${markKey}=${namespace}`;
}

/** Keeps the pods of others away from our nodes. */
export function taintOf(namespace: string): Taint {
  return { key: markKey, value: namespace, effect: "NoSchedule" };
}

/** NAME-n1, NAME-n2, ...: in the order of their numbers also as text, a remedy takes nodes by name. */
export function nodeNames(namespace: string, count: number): string[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, index) => `${namespace}-n${String(index + 1).padStart(digits, "0")}`);
}

/** Whether a namespace, node or role of this name is inside what the user has given us. */
export function isUnder(namespace: string, name: string): boolean {
  return name === namespace || name.startsWith(`${namespace}-`);
}
