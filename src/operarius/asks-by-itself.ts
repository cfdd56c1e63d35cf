/** Whether a Job asks a person by itself before it writes, or has to be held back for that (pure). */
import type { Operarius } from "./operarius.ts";

/** What the server tells our remedy by; a variable of the template would take its place. */
const TOLD_BY: ReadonlySet<string> = new Set(["OPERARIUS_MODE", "OPERARIUS_APPROVED_PLAN"]);

/**
 * Our own remedy asks, with a plan. So the Job has to be that and nothing else: one container, started as its image
 * starts it, with nothing before it and nothing beside it that nobody knows, and no variable that tells it otherwise.
 */
export function asksByItself({ jobTemplate }: Operarius["spec"]): boolean {
  const { containers = [], initContainers = [] } = jobTemplate.spec.template.spec ?? {};
  const [only, ...others] = containers;
  if (only === undefined || others.length > 0 || initContainers.length > 0) return false;
  const { command = [], args = [], env = [], lifecycle } = only;
  const words = [...command, ...args];
  const [program = ""] = words;
  const heal = /(^|\/)operarius$/.test(program) ? 1 : 0;
  const isOurs = words[heal] === "heal" && words[heal + 1] === "daemonset";
  return isOurs && lifecycle === undefined && !env.some(({ name }) => TOLD_BY.has(name));
}
