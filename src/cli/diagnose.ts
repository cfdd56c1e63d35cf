/** `operarius diagnose`: why DaemonSets are stuck and what `heal` would do; reads only, with the caller's own rights. */
import { Command as Program } from "commander";
import type { LookConfig, LookFlags } from "../config/look-config.ts";
import { readLookConfig } from "../config/look-config.ts";
import { EXIT } from "../engine/outcome.ts";
import type { Kube } from "../kube/types.ts";
import { diagnosisDocument, diagnosisListDocument } from "../reporting/diagnosis-document.ts";
import { diagnosisText, partlyText } from "../reporting/diagnosis-text.ts";
import { standingOf } from "../reporting/look.ts";
import { surveyText } from "../reporting/survey-text.ts";
import { connect } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseProgram, sharedFlags } from "./heal-flags.ts";
import type { Looked } from "./look.ts";
import { look } from "./look.ts";
import { explainLookError, printProblems } from "./look-errors.ts";
import { tableScreen, textScreen } from "./screen.ts";

const NAME = "operarius diagnose";
const HELP = `
Without the word daemonset every DaemonSet of the scope is looked at, and those that are stuck have a line each.

  operarius diagnose -A                                 every DaemonSet of the cluster
  operarius diagnose -n kube-system -l app=agent        those of a namespace with a label
  operarius diagnose daemonset agent -n kube-system     one, with its evidence and plan

It lists daemonsets, pods, nodes, controllerrevisions, namespaces and, where something is stuck, events; it watches
nothing and writes nothing. What your rights do not reach is said. Colours: NO_COLOR and FORCE_COLOR are obeyed.

Exit codes: 0 nothing is stuck (one DaemonSet: it is healthy), 1 something is stuck, could not be judged or, for one
DaemonSet, is still moving, 2 usage, configuration, rights or no connection, 3 interrupted.`;

function diagnoseProgram(): Program {
  const program = new Program(NAME)
    .description("Says why DaemonSet rollouts are stuck and what would be done. Writes nothing.")
    .argument("[words...]", "daemonset NAME: one DaemonSet; nothing: all of them")
    .option("-A, --all-namespaces", "look at every DaemonSet of the cluster")
    .option("-l, --selector <labels>", "look at the DaemonSets with these labels only, for example app=agent")
    .option("--details", "with -A or -n: evidence and plan of each that is stuck");
  return sharedFlags(program).addHelpText("after", HELP);
}

/** Exit code 0 nothing is stuck, 1 something is or may be, 2 usage, configuration or rights, 3 interrupted. */
export const diagnose: Command = async (args, context) => {
  const parsed = parseProgram(diagnoseProgram(), args, context);
  if (parsed.kind === "exit") return parsed.code;
  const { program } = parsed;
  const { env } = context;
  const read = readLookConfig({ words: program.args, flags: program.opts<LookFlags>(), env, command: NAME });
  if ("problems" in read) return printProblems(NAME, read.problems, context);
  const { config } = read;
  let kube: Kube | undefined;
  try {
    kube = await connect({ ...config, remediation: "" }, context);
    const looked = await look(kube, config, context);
    return config.scope.kind === "one" ? one(looked, config, context) : many(looked, config, context);
  } catch (error) {
    return explainLookError(error, { name: NAME, config, server: kube?.server ?? "", context });
  } finally {
    kube?.close();
  }
};

function one(looked: Looked, { output }: LookConfig, context: CliContext): number {
  const [only] = looked.looks;
  if (!only) throw new RangeError("a DaemonSet that was read has a look");
  if (output === "json") print(context, diagnosisDocument(only, looked, looked.observationOf(only)));
  else if (only.kind === "judged") context.stdout.write(diagnosisText({ look: only, ...looked }, textScreen(context)));
  else context.stdout.write(partlyText(only, looked.unread, textScreen(context)));
  return standingOf(only) === "healthy" ? EXIT.ok : EXIT.notRecovered;
}

function many(looked: Looked, { output, scope, details }: LookConfig, context: CliContext): number {
  const where = scope.namespace === undefined ? "in all namespaces" : `in namespace ${scope.namespace}`;
  const selected = scope.kind === "many" && scope.labelSelector !== undefined ? ` with ${scope.labelSelector}` : "";
  if (output === "json") print(context, diagnosisListDocument(looked, scope));
  else {
    const screens = { text: textScreen(context), table: tableScreen(context) };
    context.stdout.write(surveyText({ ...looked, where: `${where}${selected}`, details }, screens));
  }
  const isTrouble = looked.looks.some((each) => ["stuck", "unknown"].includes(standingOf(each)));
  return isTrouble ? EXIT.notRecovered : EXIT.ok;
}

function print({ stdout }: CliContext, document: object): void {
  stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
