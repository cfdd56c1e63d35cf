/** `operarius scorecard`: what became of the episodes of a while, and how often we were right; reads only. */
import { Command as Program } from "commander";
import type { ScorecardConfig, ScorecardFlags } from "../config/scorecard-config.ts";
import { readScorecardConfig } from "../config/scorecard-config.ts";
import { EXIT } from "../engine/outcome.ts";
import { isForbidden, isNotFound } from "../kube/errors.ts";
import type { Kube } from "../kube/types.ts";
import { remediations } from "../operarius/remediation.ts";
import type { Episode } from "../reporting/scorecard.ts";
import { episodeOf, scorecard } from "../reporting/scorecard.ts";
import { scorecardText } from "../reporting/scorecard-text.ts";
import { connect, explainApiError } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseProgram } from "./heal-flags.ts";
import { printProblems } from "./look-errors.ts";
import { textScreen } from "./screen.ts";

const NAME = "operarius scorecard";
const HELP = `
In mode observe nothing is repaired, and every episode keeps what would have been done and what happened without us.
This adds up how often the two agree; in the other modes, what was done. It lists remediations and nothing else.

Exit codes: 0 told, 2 usage, configuration, rights or no connection, 3 interrupted.`;

function scorecardProgram(): Program {
  return new Program(NAME)
    .description("Says what became of the episodes of a while, and how often we were right. Writes nothing.")
    .argument("[words...]")
    .option("--since <time>", "how far back: 30d, 12h, 1d12h (default 30d)")
    .option("-n, --namespace <namespace>", "episodes of targets in this namespace only")
    .option("-o, --output <format>", "text or json")
    .option("--installation-namespace <namespace>", "where the records are (or OPERARIUS_NAMESPACE, default openfero)")
    .option("--kubeconfig <file>", "kubeconfig to use instead of KUBECONFIG, the pod's own account or ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig")
    .addHelpText("after", HELP);
}

/** Exit code 0 told, 2 usage, configuration, rights or no connection, 3 interrupted. */
export const scorecardCommand: Command = async (args, context) => {
  const parsed = parseProgram(scorecardProgram(), args, context);
  if (parsed.kind === "exit") return parsed.code;
  const { program } = parsed;
  const read = readScorecardConfig(program.args, program.opts<ScorecardFlags>(), context.env);
  if ("problems" in read) return printProblems(NAME, read.problems, context);
  const { config } = read;
  let kube: Kube | undefined;
  try {
    kube = await connect({ ...config, remediation: "" }, context);
    const episodes = await episodesOf(kube, config, context.signal);
    const now = context.now();
    const card = scorecard(episodes, { since: now - config.sinceMs, now, namespace: config.namespace });
    context.stdout.write(
      config.output === "json"
        ? `${JSON.stringify(card, undefined, 2)}\n`
        : scorecardText(card, textScreen(context), config.since),
    );
    return EXIT.ok;
  } catch (error) {
    return explain(error, config, kube?.server ?? "", context);
  } finally {
    kube?.close();
  }
};

async function episodesOf(
  kube: Kube,
  { installationNamespace: namespace }: ScorecardConfig,
  signal: AbortSignal,
): Promise<Episode[]> {
  const episodes: Episode[] = [];
  for await (const { items, first } of kube.pages(remediations, { namespace, signal })) {
    if (first) episodes.length = 0;
    // Only what is counted is kept: alerts may be large.
    for (const item of items) episodes.push(episodeOf(item));
  }
  return episodes;
}

function explain(error: unknown, config: ScorecardConfig, server: string, context: CliContext): number {
  const { signal, stderr } = context;
  if (signal.aborted) {
    stderr.write(`${NAME}: interrupted before everything was read.\n`);
    return EXIT.interrupted;
  }
  const known = unreadable(error, config) ?? explainApiError(error, server);
  if (known === undefined) throw error;
  stderr.write(`${NAME}: ${known.message}\nfix: ${known.fix}\n`);
  return EXIT.usage;
}

function unreadable(
  error: unknown,
  { installationNamespace: namespace }: ScorecardConfig,
): { message: string; fix: string } | undefined {
  if (isNotFound(error))
    return {
      message: "This cluster has no Remediations: Operarius is not installed here.",
      fix: "kubectl apply -f deploy/crds   # or give --context NAME",
    };
  if (!isForbidden(error)) return undefined;
  return {
    message: `The API server refuses to list Remediations in ${namespace}: ${(error as Error).message}`,
    fix: `kubectl auth can-i list remediations.openfero.io -n ${namespace}   # or give --installation-namespace NAMESPACE`,
  };
}
