/** `npm run test:cluster` and `npm run test:conformance`, on a cluster of our own or on the user's. Called by run.mjs. */
import { resolve } from "node:path";
import { CommanderError, Command as Parser } from "commander";
import { checkName } from "../../scripts/cluster/foreign/guard.ts";
import { ClusterProblem } from "../../scripts/cluster/problem.ts";
import { runForeign } from "./foreign.ts";
import type { SuiteSettings } from "./settings.ts";
import { runVitest } from "./vitest.ts";

export interface MainContext {
  env: Readonly<Record<string, string | undefined>>;
  /** The checkout. */
  root: string;
  signal: AbortSignal;
  out: (line: string) => void;
  err: (line: string) => void;
  /** Absent without a terminal. */
  ask?: (question: string) => Promise<string>;
}

export interface Flags {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  yes?: true;
  allowOldKubernetes?: true;
}

/** The suites that know a cluster of the user's. */
export const suiteNames = ["cluster", "conformance"] as const;
export type SuiteName = (typeof suiteNames)[number];

/** Arguments: the suite, our flags, then whatever vitest takes. Returns the exit code: 0 passed, 1 failed, 2 usage, 3 interrupted. */
export async function main(args: readonly string[], context: MainContext): Promise<number> {
  const [name, ...rest] = args;
  const suite = suiteNames.find((each) => each === name);
  if (suite === undefined) {
    context.err(`there is no suite ${JSON.stringify(name)}; known are ${suiteNames.join(", ")}`);
    return 2;
  }
  try {
    const parser = parserOf(suite, context).parse(rest, { from: "user" });
    const flags: Flags = parser.opts();
    if (flags.kubeconfig === undefined) return await runOwn(suite, { flags, vitestArgs: parser.args, context });
    if (flags.namespace !== undefined) checkName(flags.namespace);
    return await runForeign(suite, { flags, vitestArgs: parser.args, context });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (context.signal.aborted) {
      context.err("interrupted");
      return 3;
    }
    if (!(error instanceof ClusterProblem)) throw error;
    context.err(error.message);
    return 1;
  }
}

async function runOwn(
  suite: SuiteName,
  { flags, vitestArgs, context }: { flags: Flags; vitestArgs: readonly string[]; context: MainContext },
): Promise<number> {
  const lonely = (["context", "namespace", "yes"] as const).find((flag) => flags[flag] !== undefined);
  if (lonely !== undefined) {
    context.err(`--${lonely} is about a cluster of yours: give it with --kubeconfig FILE.`);
    return 2;
  }
  const settings: SuiteSettings = { allowOld: flags.allowOldKubernetes === true };
  return runVitest({ suite, settings, args: vitestArgs, ...context });
}

function parserOf(suite: SuiteName, context: MainContext): Parser {
  return new Parser(`npm run test:${suite} --`)
    .description("Everything else is passed on to vitest, for example: -t S01")
    .option("--kubeconfig <file>", "play on a cluster of yours instead of one started here", (file) => resolve(file))
    .option("--context <name>", "of that file (default: its current context)")
    .option("--namespace <name>", "dedicated: everything of ours carries this name (default: operarius-test)")
    .option("--yes", "agree to what would be done there, without being asked; needs --namespace")
    .option("--allow-old-kubernetes", "also play on releases older than 1.27")
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.err(text.trimEnd()),
    });
}
