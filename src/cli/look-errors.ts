/** What keeps a command that only looks from its answer, in words: the thing, the cause, the way out; never a stack trace. */
import type { LookConfig } from "../config/look-config.ts";
import { Stalled } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { isForbidden, StatusError } from "../kube/errors.ts";
import { explainApiError } from "./connect.ts";
import type { CliContext } from "./context.ts";

/** Prints what is wrong with the flags; returns the exit code. */
export function printProblems(
  name: string,
  problems: readonly string[],
  { stderr }: Pick<CliContext, "stderr">,
): number {
  stderr.write(`${name} cannot start:\n${problems.map((problem) => `  - ${problem}\n`).join("")}`);
  stderr.write(`See ${name} --help.\n`);
  return EXIT.usage;
}

interface Failed {
  name: string;
  config: LookConfig;
  server: string;
  context: CliContext;
}

/** Prints what happened and returns the exit code; an error that is nobody's but ours is thrown on. */
export function explainLookError(error: unknown, failed: Failed): number {
  const { name, context, server } = failed;
  if (context.signal.aborted) {
    context.stderr.write(`${name}: interrupted before everything was read; nothing was written.\n`);
    return EXIT.interrupted;
  }
  const known = explain(error, failed) ?? explainApiError(error, server);
  if (!known) throw error;
  context.stderr.write(`${name}: ${known.message}\n${known.fix === "" ? "" : `fix: ${known.fix}\n`}`);
  return EXIT.usage;
}

function explain(error: unknown, { name, config: { scope } }: Failed): { message: string; fix: string } | undefined {
  if (error instanceof Stalled) return { message: error.message, fix: "" };
  const selector = scope.kind === "many" ? scope.labelSelector : undefined;
  if (error instanceof StatusError && error.code === 400 && selector !== undefined)
    return {
      message: `${JSON.stringify(selector)} is not a label selector: ${error.message}`,
      fix: `${name} -l KEY=VALUE   # or 'KEY in (A, B)', '!KEY', several separated by commas`,
    };
  if (!isForbidden(error)) return undefined;
  const wide = scope.kind === "many" && scope.namespace === undefined;
  return {
    message: `The API server refuses to list DaemonSets: ${error.message}`,
    fix: wide
      ? `${name} -n NAMESPACE   # where you have rights; kubectl auth can-i list daemonsets -A shows whether you have them everywhere`
      : `kubectl auth can-i --list -n ${scope.namespace}   # it needs list on daemonsets, pods and controllerrevisions there, and on nodes`,
  };
}
